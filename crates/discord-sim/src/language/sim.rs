//! The handle on one running simulator.

mod follow;
mod gateway;
mod limits;
mod network;
mod trouble;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::clock::Clock;
use crate::config::SimConfig;
use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::journal::{Entry, Violation};
use crate::permission::Permission;
use crate::server;
use crate::shared::Shared;
use crate::world::{ChannelKind, ThreadDraft, UserKind};

use super::{Actor, MessageRef, MessageView, Outcome, WorldView, transcript};

/// A running simulator; dropping it ends the server and all its connections.
#[derive(Debug)]
pub struct Sim {
    shared: Arc<Shared>,
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Sim {
    /// Starts a simulator on loopback.
    ///
    /// # Panics
    ///
    /// When no port can be bound; see [`Sim::try_start`].
    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    pub async fn start(config: SimConfig) -> Self {
        match Self::try_start(config).await {
            Ok(sim) => sim,
            Err(error) => panic!("the simulator could not start: {error}"),
        }
    }

    /// Starts a simulator on loopback.
    #[expect(
        clippy::unused_async,
        reason = "the listeners need a runtime, which a future always has"
    )]
    pub async fn try_start(config: SimConfig) -> io::Result<Self> {
        Ok(Self {
            shared: server::start(&config)?,
        })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.shared.ports.plain)
    }

    /// The bot's token.
    pub fn token(&self) -> &str {
        &self.shared.token
    }

    /// The bot.
    pub fn bot_id(&self) -> UserId {
        self.shared.look(|core| core.world.bot)
    }

    /// The guild.
    pub fn guild_id(&self) -> GuildId {
        self.shared.look(|core| core.world.home)
    }

    /// The clock that everything reads.
    pub fn clock(&self) -> Clock {
        self.shared.clock.clone()
    }

    /// Moves the clock forward.
    pub fn advance(&self, step: Duration) {
        self.shared.clock.advance(step);
    }

    /// A person of the guild, found by name or new.
    pub fn user(&self, name: &str) -> Actor {
        let id = self
            .shared
            .act(|core| core.world.user_or_new(name, UserKind::Person));
        Actor::new(Arc::clone(&self.shared), id)
    }

    /// Another bot of the guild, found by name or new.
    pub fn bot_user(&self, name: &str) -> Actor {
        let id = self
            .shared
            .act(|core| core.world.user_or_new(name, UserKind::Bot));
        Actor::new(Arc::clone(&self.shared), id)
    }

    /// A role of the guild, found by name or new.
    pub fn role(&self, name: &str) -> RoleId {
        self.shared.act(|core| core.world.role_or_new(name))
    }

    /// Deletes a role of the guild.
    pub fn delete_role(&self, role: RoleId) {
        self.shared
            .act(|core| core.world.delete_role(core.world.home, role));
    }

    /// Another guild that the bot is in, owned by a new person.
    pub fn create_guild(&self, name: &str) -> GuildId {
        self.shared.act(|core| {
            let owner = core
                .world
                .add_user(&format!("owner of {name}"), UserKind::Person);
            core.world.new_guild(name, owner)
        })
    }

    /// A channel or thread, by name.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    pub fn channel(&self, name: &str) -> ChannelId {
        match self.shared.look(|core| core.world.channel_named(name)) {
            Some(channel) => channel,
            None => panic!("there is no channel #{name}"),
        }
    }

    /// A new text channel of the guild.
    pub fn create_channel(&self, name: &str) -> ChannelId {
        self.create_channel_of(self.guild_id(), name, ChannelKind::Text)
    }

    /// A new channel of any guild and kind.
    pub fn create_channel_of(&self, guild: GuildId, name: &str, kind: ChannelKind) -> ChannelId {
        self.shared
            .act(|core| core.world.add_channel(guild, name, kind, None))
    }

    /// A new public thread that the guild's owner starts from no message.
    ///
    /// # Panics
    ///
    /// When the channel can have no threads.
    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    pub fn create_thread_in(&self, channel: impl Into<ChannelId>, name: &str) -> ChannelId {
        let channel = channel.into();
        let made = self.shared.act(|core| {
            let owner = core.world.user_or_new("owner", UserKind::Person);
            core.world
                .thread_without(owner, channel, &ThreadDraft::public(name))
        });
        made.unwrap_or_else(|error| panic!("no thread in {channel}: {error}"))
    }

    /// Takes permissions of the bot away in a channel and its threads; an empty list gives all back.
    pub fn deny(
        &self,
        channel: impl Into<ChannelId>,
        permissions: impl IntoIterator<Item = Permission>,
    ) {
        let denied: BTreeSet<Permission> = permissions.into_iter().collect();
        self.shared
            .act(|core| core.world.set_denied(channel.into(), denied));
    }

    /// Archives a thread, and locks it if told so.
    pub fn archive(&self, thread: impl Into<ChannelId>) {
        self.patch_thread(thread.into(), &json!({"archived": true}));
    }

    /// Archives a thread so that only moderators can open it again.
    pub fn archive_and_lock(&self, thread: impl Into<ChannelId>) {
        self.patch_thread(thread.into(), &json!({"archived": true, "locked": true}));
    }

    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    fn patch_thread(&self, thread: ChannelId, patch: &serde_json::Value) {
        let patched = self.shared.act(|core| {
            let patch = crate::body::read(patch)?.body;
            let owner = core.world.user_or_new("owner", UserKind::Person);
            core.world.patch_channel(thread, &patch, owner)
        });
        if let Err(error) = patched {
            panic!("the thread {thread} cannot be changed: {error}");
        }
    }

    /// Deletes a channel with its threads, or a thread.
    pub fn delete_channel(&self, channel: impl Into<ChannelId>) {
        // A channel that is gone already is what was asked for.
        let _ = self
            .shared
            .act(|core| core.world.delete_channel(channel.into()));
    }

    /// What people and bots said in a channel, oldest first, without Discord's own messages.
    pub fn messages(&self, channel: impl Into<ChannelId>) -> Vec<MessageView> {
        self.look(|world| world.messages(channel))
    }

    /// One message, if it is (still) there.
    pub fn message(&self, at: MessageRef) -> Option<MessageView> {
        self.look(|world| world.message(at))
    }

    /// The threads of a channel, oldest first.
    pub fn threads(&self, channel: impl Into<ChannelId>) -> Vec<ChannelId> {
        self.look(|world| world.threads(channel))
    }

    /// A channel as text for snapshots: no ids and no times, threads below their messages.
    pub fn transcript(&self, channel: impl Into<ChannelId>) -> String {
        self.shared
            .look(|core| transcript(&core.world, channel.into()))
    }

    /// Looks at the world as it is now.
    pub fn look<T>(&self, read: impl FnOnce(WorldView<'_>) -> T) -> T {
        self.shared.look(|core| read(WorldView::new(core)))
    }

    /// Waits until the condition holds (`true`, or `Some` of what is wanted); it is asked again after
    /// every change of the world. It runs under the world's lock: read only the view in it, and ask
    /// the `Sim` for ids before.
    ///
    /// # Panics
    ///
    /// After 30 s, with all transcripts and the end of the journal.
    pub async fn wait_for<O: Outcome>(&self, condition: impl Fn(WorldView<'_>) -> O) -> O::Value {
        self.shared
            .wait_for("a condition", |core| condition(WorldView::new(core)))
            .await
    }

    /// Waits until the condition holds, or for as long as `patience`; for programs that have
    /// something better to do than to panic.
    pub async fn wait_within<O: Outcome>(
        &self,
        patience: Duration,
        condition: impl Fn(WorldView<'_>) -> O,
    ) -> Option<O::Value> {
        self.shared
            .wait_within(patience, |core| condition(WorldView::new(core)))
            .await
    }

    /// Waits for a message in a channel.
    ///
    /// # Panics
    ///
    /// After 30 s; see [`Sim::wait_for`].
    pub async fn wait_for_message(
        &self,
        channel: impl Into<ChannelId>,
        wanted: impl Fn(&MessageView) -> bool,
    ) -> MessageView {
        let channel = channel.into();
        let find = |world: WorldView<'_>| world.messages(channel).into_iter().find(&wanted);
        self.shared
            .wait_for("a message", |core| find(WorldView::new(core)))
            .await
    }

    /// Waits until the bot has a gateway session with a connection.
    ///
    /// # Panics
    ///
    /// After 30 s; see [`Sim::wait_for`].
    pub async fn wait_until_connected(&self) {
        self.shared
            .wait_for("a gateway session", |core| core.hub.connected() > 0)
            .await;
    }

    /// All that happened, oldest first.
    pub fn journal(&self) -> Vec<Entry> {
        self.shared.look(|core| core.journal.since(0).to_vec())
    }

    /// The rules that the bot broke and that nobody has taken.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.look(|core| core.journal.violations())
    }

    /// Takes the violations so far, for tests that provoke one.
    pub fn take_violations(&self) -> Vec<Violation> {
        self.shared.act(|core| core.journal.take_violations())
    }

    /// Fails the test if the bot broke a rule.
    ///
    /// # Panics
    ///
    /// With the list of violations, if there are any.
    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    pub fn assert_clean(&self) {
        let violations = self.violations();
        if !violations.is_empty() {
            let list: Vec<String> = violations.iter().map(|v| format!("  {v}")).collect();
            panic!("the bot broke {} rules:\n{}", list.len(), list.join("\n"));
        }
    }
}
