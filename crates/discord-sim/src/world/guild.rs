//! Guilds and their members.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::gateway::EventKind;
use crate::ids::{GuildId, RoleId, UserId};
use crate::journal::Fact;
use crate::wire;

use super::role::EVERYONE;
use super::{CommandScope, Role, World};

/// A guild.
#[derive(Clone, Debug)]
pub(crate) struct Guild {
    pub(crate) id: GuildId,
    pub(crate) name: String,
    pub(crate) owner: UserId,
    pub(crate) created_ms: i64,
    pub(crate) roles: BTreeMap<RoleId, Role>,
    pub(crate) members: BTreeMap<UserId, Member>,
    pub(crate) availability: Availability,
    /// What it can do beyond others (Discord: resources/guild, "Guild Features").
    pub(crate) features: BTreeSet<String>,
}

/// Whether Discord can serve a guild.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    Normal,
    Outage,
}

/// A user's membership of a guild.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    pub(crate) joined_ms: i64,
    pub(crate) roles: BTreeSet<RoleId>,
}

impl World {
    /// Makes a guild with the role `@everyone`, whose id is the guild's.
    pub(crate) fn add_guild(&mut self, id: GuildId, name: &str, owner: UserId) {
        let everyone = RoleId::new(id.get());
        let mut role = Role::new(everyone, "@everyone", EVERYONE);
        role.position = 0;
        let guild = Guild {
            id,
            name: name.to_owned(),
            owner,
            created_ms: self.now_ms(),
            roles: BTreeMap::from([(everyone, role)]),
            members: BTreeMap::new(),
            availability: Availability::Normal,
            features: BTreeSet::new(),
        };
        self.guilds.insert(id, guild);
    }

    /// Makes another guild that the bot is in.
    pub(crate) fn new_guild(&mut self, name: &str, owner: UserId) -> GuildId {
        let id = GuildId::new(self.next_id());
        self.add_guild(id, name, owner);
        self.join(id, owner);
        self.bot_joins(id);
        id
    }

    /// Somebody adds the bot to a guild; the bot learns of it with everything that is there.
    pub(crate) fn bot_joins(&mut self, guild: GuildId) {
        let events = self.events.len();
        self.join(guild, self.bot);
        self.add_bot_role(guild, self.bot, self.bot_permissions);
        // Nobody tells the bot of itself: GUILD_CREATE has it all.
        self.events.truncate(events);
        self.emit_guild(guild);
    }

    /// Somebody removes the bot, or it leaves: its role and its commands there go with it.
    pub(crate) fn bot_leaves(&mut self, guild: GuildId) {
        let bot = self.bot;
        let Some(found) = self.guilds.get_mut(&guild) else {
            return;
        };
        if found.members.remove(&bot).is_none() {
            return;
        }
        found.roles.retain(|_, role| role.managed_by != Some(bot));
        self.commands
            .retain(|_, command| command.scope != CommandScope::Guild(guild));
        self.note(Fact::MemberChanged {
            user: bot,
            what: "left".to_owned(),
        });
        self.emit(EventKind::GuildDelete, json!({"id": guild}));
    }

    /// An outage of a guild, or its end.
    pub(crate) fn set_availability(&mut self, guild: GuildId, availability: Availability) {
        let Some(found) = self.guilds.get_mut(&guild) else {
            return;
        };
        found.availability = availability;
        match availability {
            Availability::Outage => {
                self.emit(EventKind::GuildDelete, wire::unavailable(guild));
            }
            Availability::Normal => {
                self.emit_guild(guild);
            }
        }
    }
}
