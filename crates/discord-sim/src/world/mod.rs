//! The state of the simulated Discord and the rules by which it changes. It knows request bodies and
//! how things look on the wire, but neither HTTP nor sockets: what it causes piles up as facts (for
//! the journal) and events (for the gateway), which the owner of the lock takes away.

mod access;
mod channel;
mod check;
mod command;
mod command_rule;
mod edit;
mod effective;
mod guild;
mod install;
mod interaction;
mod mention;
mod message;
mod modify;
mod overwrite;
mod people;
mod pin;
mod ping;
mod post;
mod reaction;
mod role;
mod thread;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::clock::Clock;
use crate::config::{Nonces, SimConfig};
use crate::gateway::{Content, Event, EventKind, Place, SessionStarts};
use crate::ids::{
    AttachmentId, ChannelId, CommandId, GuildId, InteractionId, MessageId, RoleId, Snowflakes,
    UserId,
};
use crate::journal::{Fact, Violation, ViolationKind};
use crate::locale::Locale;
use crate::mistake::Mistake;
use crate::permission::{Permission, Permissions};
use crate::portal::PortalIntent;

pub use channel::ChannelKind;
pub(crate) use channel::{Channel, ChannelDraft};
pub(crate) use check::{
    check_channel_name, check_edit, check_localized, check_message, check_modal,
};
pub(crate) use command::{Command, CommandScope};
pub use command_rule::CommandSubject;
pub(crate) use command_rule::{CommandRule, Verdict};
pub(crate) use edit::Patch;
pub(crate) use guild::{Availability, Guild, Member};
pub(crate) use install::Owners;
pub(crate) use interaction::{Ack, Interaction, InteractionKind};
pub use interaction::{Choice, SlashError};
pub(crate) use mention::MentionDefault;
pub use message::MessageKind;
pub(crate) use message::{Attachment, Draft, Message, Reaction, Reference, Upload, flag};
pub use overwrite::Holder;
pub(crate) use overwrite::Overwrite;
pub(crate) use people::{DirectMessages, User, UserKind};
pub(crate) use role::{Mentionable, Role};
pub(crate) use thread::{ForumTag, Thread, ThreadDraft, Visibility};

/// All state.
#[derive(Debug)]
pub(crate) struct World {
    clock: Clock,
    ids: Snowflakes,
    /// Where attachments are served, for their URLs.
    pub(crate) base_url: String,
    pub(crate) bot: UserId,
    /// How often the bot may still IDENTIFY.
    pub(crate) starts: SessionStarts,
    /// What the bot's own role allows in a guild that it is added to.
    pub(crate) bot_permissions: Permissions,
    pub(crate) portal_intents: BTreeSet<PortalIntent>,
    /// The guild that tests mean when they name none.
    pub(crate) home: GuildId,
    pub(crate) guilds: BTreeMap<GuildId, Guild>,
    pub(crate) users: BTreeMap<UserId, User>,
    pub(crate) channels: BTreeMap<ChannelId, Channel>,
    pub(crate) files: BTreeMap<AttachmentId, Vec<u8>>,
    /// Files that belong to no message, and their content types: options of commands.
    pub(crate) loose_files: BTreeMap<AttachmentId, String>,
    pub(crate) commands: BTreeMap<CommandId, Command>,
    /// Who may use them, by the guild's settings.
    command_rules: BTreeMap<(GuildId, CommandId), Vec<CommandRule>>,
    /// Who has installed the application for himself.
    installed_for: BTreeSet<UserId>,
    /// When commands were made, for the limit of a day.
    created_commands: Vec<(CommandScope, i64)>,
    pub(crate) interactions: BTreeMap<InteractionId, Interaction>,
    pub(crate) nonces: Nonces,
    /// How long a first answer may take.
    first_answer_ms: i64,
    pub(crate) mistake: Option<Mistake>,
    facts: Vec<Fact>,
    events: Vec<Event>,
}

impl World {
    /// The default world: one guild with `#general` and `#project`, the roles `owner` and `member`,
    /// the users `owner`, `member` and `guest`, and the bot.
    pub(crate) fn new(config: &SimConfig, port: u16) -> Self {
        let mut ids = Snowflakes::default();
        let now = config.clock.now_ms();
        let home = config
            .guild_id
            .unwrap_or_else(|| GuildId::new(ids.next(now)));
        let bot = UserId::new(ids.next(now));
        let mut world = Self {
            clock: config.clock.clone(),
            nonces: config.nonces,
            first_answer_ms: config.first_answer_ms,
            mistake: config.mistake,
            ids,
            base_url: format!("http://127.0.0.1:{port}"),
            bot,
            starts: SessionStarts::new(config.rate_limits),
            bot_permissions: config.bot_permissions,
            portal_intents: config.portal_intents.clone(),
            home,
            guilds: BTreeMap::new(),
            users: BTreeMap::new(),
            channels: BTreeMap::new(),
            files: BTreeMap::new(),
            loose_files: BTreeMap::new(),
            commands: BTreeMap::new(),
            command_rules: BTreeMap::new(),
            installed_for: BTreeSet::new(),
            created_commands: Vec::new(),
            interactions: BTreeMap::new(),
            facts: Vec::new(),
            events: Vec::new(),
        };
        world.furnish(config);
        // Nobody was there to see the world being made.
        world.facts.clear();
        world.events.clear();
        world
    }

    fn furnish(&mut self, config: &SimConfig) {
        let bot = User {
            id: self.bot,
            name: config.bot_name.clone(),
            kind: UserKind::Bot,
            direct: DirectMessages::Open,
            locale: Locale::DEFAULT,
        };
        self.users.insert(self.bot, bot);
        let owner = self.add_user("owner", UserKind::Person);
        self.add_guild(self.home, &config.guild_name, owner);
        for name in ["member", "guest"] {
            self.add_user(name, UserKind::Person);
        }
        let people: Vec<UserId> = self.users.keys().copied().collect();
        for user in people {
            self.join(self.home, user);
        }
        self.add_bot_role(self.home, self.bot, self.bot_permissions);
        for name in ["owner", "member"] {
            let role = self.add_role(self.home, name);
            if let Some(user) = self.user_named(name) {
                self.give_role(self.home, user, role);
            }
        }
        for name in ["general", "project"] {
            self.add_channel(self.home, ChannelDraft::new(name, ChannelKind::Text));
        }
    }

    /// Unix milliseconds of the simulator's clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn next_id(&mut self) -> u64 {
        let now = self.now_ms();
        self.ids.next(now)
    }

    fn next_message_id(&mut self) -> MessageId {
        MessageId::new(self.next_id())
    }

    fn next_channel_id(&mut self) -> ChannelId {
        ChannelId::new(self.next_id())
    }

    fn next_role_id(&mut self) -> RoleId {
        RoleId::new(self.next_id())
    }

    /// Something for the journal.
    pub(crate) fn note(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    /// A broken rule for the journal.
    pub(crate) fn violate(&mut self, kind: ViolationKind, detail: impl Into<String>) {
        self.note(Fact::Violation(Violation {
            kind,
            detail: detail.into(),
        }));
    }

    /// Something for the gateway that a guild tells; the bot hears it only while it is in it.
    fn emit_for(&mut self, guild: GuildId, kind: EventKind, data: Value) {
        if self.hears(guild) {
            self.emit(kind, data);
        }
    }

    /// GUILD_CREATE.
    fn emit_guild(&mut self, guild: GuildId) {
        if self.hears(guild) {
            self.events.push(Event::guild_create(self, guild));
        }
    }

    fn hears(&self, guild: GuildId) -> bool {
        self.guilds.get(&guild).is_some_and(|found| {
            found.members.contains_key(&self.bot) && found.availability == Availability::Normal
        })
    }

    /// Something for the gateway that nothing in the world has caused.
    pub(crate) fn say(&mut self, kind: EventKind, data: Value) {
        self.emit(kind, data);
    }

    /// Something for the gateway that the bot hears wherever it is.
    fn emit(&mut self, kind: EventKind, data: Value) {
        self.events.push(Event {
            kind,
            data,
            place: Place::Guild,
            content: Content::Open,
        });
    }

    /// Something for the gateway that happened in a channel; the bot hears it only if it can see it.
    fn emit_in(&mut self, channel: ChannelId, kind: EventKind, data: Value, content: Content) {
        let Some(found) = self.channels.get(&channel) else {
            return;
        };
        if !self.can(self.bot, channel, Permission::ViewChannel) {
            return;
        }
        let place = if found.guild.is_some() {
            Place::Guild
        } else {
            Place::Direct
        };
        self.events.push(Event {
            kind,
            data,
            place,
            content,
        });
    }

    pub(crate) fn take_facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}
