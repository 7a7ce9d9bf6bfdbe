//! The handle on one running simulator.

mod commands;
mod follow;
mod gateway;
mod limits;
mod network;
mod places;
mod roles;
mod trouble;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::SimConfig;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::journal::{Entry, Violation, ViolationKind};
use crate::server;
use crate::shared::Shared;
use crate::world::UserKind;

use super::{Actor, MessageRef, MessageView, Outcome, WorldView, transcript};

/// A running simulator; dropping it ends the server and all its connections.
#[derive(Debug)]
pub struct Sim {
    shared: Arc<Shared>,
    kind: SimKind,
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        // A test that looks at nothing but one answer has still used many: wrong ones count.
        if self.kind == SimKind::OfTest && !std::thread::panicking() {
            self.assert_described();
        }
    }
}

/// Who started a simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SimKind {
    /// A test, which ends with a panic when Discord's description was not kept.
    OfTest,
    /// A program, which ends in peace.
    OfProgram,
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
            Ok(mut sim) => {
                sim.kind = SimKind::OfTest;
                sim
            }
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
            kind: SimKind::OfProgram,
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
        self.shared.act(|_| ());
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
    /// After 90 s, with all transcripts and the end of the journal.
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
    /// After 90 s; see [`Sim::wait_for`].
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
    /// After 90 s; see [`Sim::wait_for`].
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

    /// Fails when the traffic was not as Discord's description says (see [`SimConfig::openapi`]).
    fn assert_described(&self) {
        let found = self.violations();
        let found = found.iter().filter(|v| v.kind == ViolationKind::Schema);
        let list: Vec<String> = found.map(|v| format!("  {v}")).collect();
        assert!(
            list.is_empty(),
            "not as Discord describes it:\n{}",
            list.join("\n")
        );
    }
}
