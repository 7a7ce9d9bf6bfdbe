//! What this room asks of the house behind it.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    access::{Action, Change, Changed, Forbidden, Permit, Refusal},
    session::{
        Cancelled, Cleared, Engine, Health, Heard, NotStarted, Projects, QueuePosition, Reach,
        SessionError, SessionView, StartIn, StartOrder, Started, Stopped,
    },
    store::MembershipRow,
    words::{ChannelId, MessageId, Person, Place, RunId, Tier},
};

/// The rooms behind Discord, as far as Discord needs them. The one implementation is the session
/// engine; a trait, so that the order of events and the catch-up can be tested without agents.
#[async_trait]
pub(super) trait House: Send + Sync + 'static {
    /// Decides on a message, and marks it as decided on, in one transaction.
    async fn hear(&self, heard: Heard) -> Result<(), SessionError>;

    /// Marks a message that needs no decision, soon.
    async fn passed(&self, channel: ChannelId, message: MessageId);

    /// Marks a message that needs no decision, now.
    async fn decided(&self, channel: ChannelId, message: MessageId) -> Result<(), SessionError>;

    /// Says in a place that messages up to this one are left out, and marks them as decided on.
    async fn left_out(&self, channel: ChannelId, last: MessageId) -> Result<(), SessionError>;

    /// The channels of projects and the threads of sessions.
    async fn watched(&self) -> Result<Vec<ChannelId>, SessionError>;

    /// The last message that was decided on in a channel.
    async fn mark(&self, channel: ChannelId) -> Result<Option<MessageId>, SessionError>;

    /// The place of the session in a thread, if there is one.
    async fn session_place(&self, thread: ChannelId) -> Result<Option<Place>, SessionError>;

    /// May he?
    async fn authorize(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Result<Permit, Refusal>, SessionError>;

    /// Ends what is at work at the permit's place.
    async fn cancel(&self, permit: &Permit) -> Result<Cancelled, SessionError>;

    /// The sessions of the permit's channel or of all where the person may know of them, the last used
    /// first; also those at places that he cannot see.
    async fn sessions(
        &self,
        person: &Person,
        permit: &Permit,
        reach: Reach,
    ) -> Result<Vec<SessionView>, SessionError>;

    /// The session at the permit's place, or those of its channel that are called so, the best match
    /// first; also those at places that its person cannot see.
    async fn find_sessions(
        &self,
        permit: &Permit,
        name: Option<&str>,
    ) -> Result<Vec<SessionView>, SessionError>;

    /// What it takes to begin a session there, with this project if not the channel's.
    fn demanded(&self, place: Place, project: Option<&str>, start_in: StartIn) -> Action;

    /// Begins a session.
    async fn start_session(
        &self,
        permit: &Permit,
        order: StartOrder,
    ) -> Result<Result<Started, NotStarted>, SessionError>;

    /// Ends the session at the permit's place.
    async fn stop_session(&self, permit: &Permit) -> Result<Stopped, SessionError>;

    /// Begins the session at the permit's place anew.
    async fn clear_session(
        &self,
        permit: &Permit,
        command: MessageId,
    ) -> Result<Cleared, SessionError>;

    /// Where the requests of the permit's person stand.
    async fn positions(&self, permit: &Permit) -> Result<Vec<QueuePosition>, SessionError>;

    /// The projects of the settings.
    fn projects(&self) -> &Projects;

    /// What a person is at the permit's place, and the memberships that have a say in it.
    async fn standing(
        &self,
        permit: &Permit,
        person: &Person,
    ) -> Result<(Tier, Vec<MembershipRow>), SessionError>;

    /// Every membership.
    async fn memberships(&self, permit: &Permit) -> Result<Vec<MembershipRow>, SessionError>;

    /// Changes a membership for somebody who may.
    async fn change_membership(
        &self,
        permit: &Permit,
        actor: &Person,
        change: Change,
        known: &[Person],
    ) -> Result<Result<Changed, Forbidden>, SessionError>;

    /// How the server is.
    async fn health(&self, permit: &Permit) -> Result<Health, SessionError>;

    /// Where the session of a run posts now; `None` if there is no such run.
    async fn posts_in(&self, run: RunId) -> Result<Option<ChannelId>, SessionError>;

    /// Has the outbox post the live message of a run.
    async fn show_live(&self, run: RunId, text: String) -> Result<(), SessionError>;

    /// Has the outbox post another live message of a run in place of an old one.
    async fn renew_live(
        &self,
        run: RunId,
        old: MessageId,
        text: String,
    ) -> Result<(), SessionError>;

    /// The newest live message of a run, once it stands.
    async fn live_message(&self, run: RunId) -> Result<Option<MessageId>, SessionError>;

    /// The message in which a run is told its place in the queue, once it stands.
    async fn wait_message(&self, run: RunId) -> Result<Option<MessageId>, SessionError>;
}

/// The engine in its own right: `hear` and `cancel` start tasks that hold on to it.
pub(super) struct Behind(pub(super) Arc<Engine>);

#[async_trait]
impl House for Behind {
    async fn hear(&self, heard: Heard) -> Result<(), SessionError> {
        self.0.hear(heard).await
    }

    async fn passed(&self, channel: ChannelId, message: MessageId) {
        self.0.passed(channel, message);
    }

    async fn decided(&self, channel: ChannelId, message: MessageId) -> Result<(), SessionError> {
        self.0.decided(channel, message).await
    }

    async fn left_out(&self, channel: ChannelId, last: MessageId) -> Result<(), SessionError> {
        self.0.left_out(channel, last).await
    }

    async fn watched(&self) -> Result<Vec<ChannelId>, SessionError> {
        self.0.watched().await
    }

    async fn mark(&self, channel: ChannelId) -> Result<Option<MessageId>, SessionError> {
        Ok(self.0.store().channel_mark(channel).await?)
    }

    async fn session_place(&self, thread: ChannelId) -> Result<Option<Place>, SessionError> {
        let session = self.0.store().session_in(thread).await?;
        Ok(session.map(|session| session.place()))
    }

    async fn authorize(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Result<Permit, Refusal>, SessionError> {
        self.0.authorize(person, place, action).await
    }

    async fn cancel(&self, permit: &Permit) -> Result<Cancelled, SessionError> {
        self.0.cancel(permit).await
    }

    async fn sessions(
        &self,
        person: &Person,
        permit: &Permit,
        reach: Reach,
    ) -> Result<Vec<SessionView>, SessionError> {
        self.0.sessions(person, permit, reach).await
    }

    async fn find_sessions(
        &self,
        permit: &Permit,
        name: Option<&str>,
    ) -> Result<Vec<SessionView>, SessionError> {
        self.0.find_sessions(permit, name).await
    }

    fn demanded(&self, place: Place, project: Option<&str>, start_in: StartIn) -> Action {
        self.0.demanded(place, project, start_in)
    }

    async fn start_session(
        &self,
        permit: &Permit,
        order: StartOrder,
    ) -> Result<Result<Started, NotStarted>, SessionError> {
        self.0.start_session(permit, order).await
    }

    async fn stop_session(&self, permit: &Permit) -> Result<Stopped, SessionError> {
        self.0.stop_session(permit).await
    }

    async fn clear_session(
        &self,
        permit: &Permit,
        command: MessageId,
    ) -> Result<Cleared, SessionError> {
        self.0.clear_session(permit, command).await
    }

    async fn positions(&self, permit: &Permit) -> Result<Vec<QueuePosition>, SessionError> {
        self.0.positions(permit).await
    }

    fn projects(&self) -> &Projects {
        self.0.projects()
    }

    async fn standing(
        &self,
        permit: &Permit,
        person: &Person,
    ) -> Result<(Tier, Vec<MembershipRow>), SessionError> {
        Ok(self.0.gate().standing(permit, person).await?)
    }

    async fn memberships(&self, permit: &Permit) -> Result<Vec<MembershipRow>, SessionError> {
        Ok(self.0.gate().memberships(permit).await?)
    }

    async fn change_membership(
        &self,
        permit: &Permit,
        actor: &Person,
        change: Change,
        known: &[Person],
    ) -> Result<Result<Changed, Forbidden>, SessionError> {
        self.0.change_membership(permit, actor, change, known).await
    }

    async fn health(&self, _: &Permit) -> Result<Health, SessionError> {
        self.0.health().await
    }

    async fn posts_in(&self, run: RunId) -> Result<Option<ChannelId>, SessionError> {
        Ok(self.0.store().posts_in(run).await?)
    }

    async fn show_live(&self, run: RunId, text: String) -> Result<(), SessionError> {
        self.0.show_live(run, text).await
    }

    async fn renew_live(
        &self,
        run: RunId,
        old: MessageId,
        text: String,
    ) -> Result<(), SessionError> {
        self.0.renew_live(run, old, text).await
    }

    async fn live_message(&self, run: RunId) -> Result<Option<MessageId>, SessionError> {
        Ok(self.0.store().live_message(run).await?)
    }

    async fn wait_message(&self, run: RunId) -> Result<Option<MessageId>, SessionError> {
        Ok(self.0.store().wait_message(run).await?)
    }
}
