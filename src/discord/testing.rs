//! What the tests of this room share: a house that writes down what it is told, and the ways to the
//! simulator.

use std::{collections::HashMap, path::Path, time::Duration};

use async_trait::async_trait;
use discord_sim::Sim;
use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::sync::Notify;

use super::{Connection, DiscordSettings, SecureSimulator, connect, house::House};
use crate::{
    access::{Action, Change, Changed, Forbidden, Gate, Owners, Permit, Refusal},
    admission::PerMinute,
    clock::Clock,
    config::CatchUp,
    session::{
        Cancelled, Cleared, Health, Heard, NotStarted, Projects, QueuePosition, Reach,
        SessionError, SessionView, StartIn, StartOrder, Started, Stopped,
    },
    store::{MembershipRow, Store, StoreError},
    words::{ChannelId, GuildId, MessageId, Person, Place, RunId, Tier},
};

/// Settings that lead to a simulator.
pub(super) fn settings(sim: &Sim) -> DiscordSettings {
    DiscordSettings {
        token: SecretString::from(sim.token()),
        guild: GuildId::new(sim.guild_id().get()),
        api_base: Some(sim.base_url()),
        secure: None,
        channels: Vec::new(),
        catch_up: CatchUp {
            max_age: Duration::from_hours(24),
            max_messages: 500,
        },
        commands: PerMinute::MAX,
    }
}

/// Settings that lead to a simulator as if it were Discord itself: TLS, real URLs, rate limits. The
/// directory is for the authority's file.
pub(super) fn secure_settings(sim: &Sim, directory: &Path) -> DiscordSettings {
    let authority = directory.join("ca.pem");
    std::fs::write(&authority, sim.ca_pem().unwrap()).unwrap();
    let address = sim.tls_addr().unwrap();
    DiscordSettings {
        api_base: Some(format!("https://{address}")),
        secure: Some(SecureSimulator { address, authority }),
        ..settings(sim)
    }
}

/// The bot's account at a simulator.
pub(super) async fn connected(sim: &Sim) -> Connection {
    connect(settings(sim)).await.unwrap()
}

/// The simulator's channel in our words.
pub(super) fn channel(sim: &Sim, name: &str) -> ChannelId {
    ChannelId::new(sim.channel(name).get())
}

/// Writes down what it is told.
#[derive(Default)]
pub(super) struct FakeHouse {
    pub(super) watched: Vec<ChannelId>,
    pub(super) marks: Mutex<HashMap<ChannelId, MessageId>>,
    pub(super) heard: Mutex<Vec<Heard>>,
    pub(super) left_out: Mutex<Vec<(ChannelId, MessageId)>>,
    pub(super) changed: Notify,
    /// How many of the next messages fail.
    pub(super) failures: Mutex<u32>,
    pub(super) live: Mutex<Vec<String>>,
    pub(super) live_message: Mutex<Option<MessageId>>,
    /// Live messages that had to be replaced, and by what.
    pub(super) renewed: Mutex<Vec<(MessageId, String)>>,
    /// Where permits come from: everybody is the owner. Without it everybody is refused.
    pub(super) store: Option<Store>,
    pub(super) sessions: Vec<SessionView>,
    /// How often it was asked whether somebody may do something.
    pub(super) judged: Mutex<u32>,
    pub(super) cancelled: Mutex<Vec<Place>>,
    pub(super) orders: Mutex<Vec<StartOrder>>,
    pub(super) projects: Projects,
    /// Where the session of every run posts, if that is known.
    pub(super) posts_in: Mutex<Option<ChannelId>>,
}

impl FakeHouse {
    pub(super) fn texts(&self) -> Vec<String> {
        self.heard
            .lock()
            .iter()
            .map(|heard| heard.text.clone())
            .collect()
    }

    /// Waits until so many messages were heard.
    pub(super) async fn until_heard(&self, count: usize) {
        loop {
            let changed = self.changed.notified();
            if self.heard.lock().len() >= count {
                return;
            }
            changed.await;
        }
    }

    /// Waits until something in a channel was decided on.
    pub(super) async fn until_marked(&self, channel: ChannelId) {
        loop {
            let changed = self.changed.notified();
            if self.marks.lock().contains_key(&channel) {
                return;
            }
            changed.await;
        }
    }

    /// Waits until everything in a channel up to a message was decided on.
    pub(super) async fn until_marked_up_to(&self, channel: ChannelId, message: MessageId) {
        loop {
            let changed = self.changed.notified();
            if self.marks.lock().get(&channel) >= Some(&message) {
                return;
            }
            changed.await;
        }
    }

    fn mark_now(&self, channel: ChannelId, message: MessageId) {
        let mut marks = self.marks.lock();
        let mark = marks.entry(channel).or_insert(message);
        *mark = message.max(*mark);
        drop(marks);
        self.changed.notify_waiters();
    }
}

#[async_trait]
impl House for FakeHouse {
    async fn hear(&self, heard: Heard) -> Result<(), SessionError> {
        {
            let mut failures = self.failures.lock();
            if *failures > 0 {
                *failures -= 1;
                return Err(StoreError::Damaged("as told".into()).into());
            }
        }
        let (channel, message) = (heard.channel, heard.message);
        self.heard.lock().push(heard);
        self.mark_now(channel, message);
        self.changed.notify_waiters();
        Ok(())
    }

    async fn passed(&self, channel: ChannelId, message: MessageId) {
        self.mark_now(channel, message);
    }

    async fn decided(&self, channel: ChannelId, message: MessageId) -> Result<(), SessionError> {
        self.mark_now(channel, message);
        Ok(())
    }

    async fn left_out(&self, channel: ChannelId, last: MessageId) -> Result<(), SessionError> {
        self.left_out.lock().push((channel, last));
        self.mark_now(channel, last);
        Ok(())
    }

    async fn watched(&self) -> Result<Vec<ChannelId>, SessionError> {
        Ok(self.watched.clone())
    }

    async fn mark(&self, channel: ChannelId) -> Result<Option<MessageId>, SessionError> {
        Ok(self.marks.lock().get(&channel).copied())
    }

    async fn session_place(&self, _: ChannelId) -> Result<Option<Place>, SessionError> {
        Ok(None)
    }

    async fn authorize(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Result<Permit, Refusal>, SessionError> {
        *self.judged.lock() += 1;
        let (Some(store), person) = (&self.store, person) else {
            return Ok(Err(Refusal::NotAMember));
        };
        let owners = Owners {
            user: Some(person.id),
            role: None,
        };
        let gate = Gate::new(store.clone(), owners, Clock::system());
        Ok(gate.authorize(person, place, action).await?)
    }

    async fn cancel(&self, permit: &Permit) -> Result<Cancelled, SessionError> {
        self.cancelled.lock().push(permit.place());
        Ok(Cancelled::Stopping)
    }

    async fn sessions(
        &self,
        _: &Person,
        _: &Permit,
        _: Reach,
    ) -> Result<Vec<SessionView>, SessionError> {
        Ok(self.sessions.clone())
    }

    async fn find_sessions(
        &self,
        _: &Permit,
        _: Option<&str>,
    ) -> Result<Vec<SessionView>, SessionError> {
        Ok(self.sessions.clone())
    }

    fn demanded(&self, _: Place, _: Option<&str>, _: StartIn) -> Action {
        Action::StartSession
    }

    async fn start_session(
        &self,
        _: &Permit,
        order: StartOrder,
    ) -> Result<Result<Started, NotStarted>, SessionError> {
        self.orders.lock().push(order);
        Ok(Ok(Started::Opening))
    }

    async fn stop_session(&self, _: &Permit) -> Result<Stopped, SessionError> {
        Ok(Stopped::Ended)
    }

    async fn clear_session(&self, _: &Permit, _: MessageId) -> Result<Cleared, SessionError> {
        Ok(Cleared::Cleared)
    }

    async fn positions(&self, _: &Permit) -> Result<Vec<QueuePosition>, SessionError> {
        Ok(Vec::new())
    }

    fn projects(&self) -> &Projects {
        &self.projects
    }

    async fn standing(
        &self,
        _: &Permit,
        _: &Person,
    ) -> Result<(Tier, Vec<MembershipRow>), SessionError> {
        Ok((Tier::Owner, Vec::new()))
    }

    async fn memberships(&self, _: &Permit) -> Result<Vec<MembershipRow>, SessionError> {
        Ok(Vec::new())
    }

    async fn change_membership(
        &self,
        _: &Permit,
        _: &Person,
        _: Change,
        _: &[Person],
    ) -> Result<Result<Changed, Forbidden>, SessionError> {
        Ok(Ok(Changed::Nothing))
    }

    async fn health(&self, _: &Permit) -> Result<Health, SessionError> {
        Err(StoreError::Damaged("not asked here".into()).into())
    }

    async fn posts_in(&self, _: RunId) -> Result<Option<ChannelId>, SessionError> {
        Ok(*self.posts_in.lock())
    }

    async fn show_live(&self, _: RunId, text: String) -> Result<(), SessionError> {
        self.live.lock().push(text);
        Ok(())
    }

    async fn renew_live(&self, _: RunId, old: MessageId, text: String) -> Result<(), SessionError> {
        self.renewed.lock().push((old, text));
        *self.live_message.lock() = None;
        Ok(())
    }

    async fn live_message(&self, _: RunId) -> Result<Option<MessageId>, SessionError> {
        Ok(*self.live_message.lock())
    }

    async fn wait_message(&self, _: RunId) -> Result<Option<MessageId>, SessionError> {
        Ok(*self.live_message.lock())
    }
}
