//! What this room asks of the house behind it.

mod behind;

use async_trait::async_trait;

pub(super) use behind::Behind;

use crate::{
    access::{Action, Change, Changed, Forbidden, Permit, Refusal},
    clock::Millis,
    delivery::Question,
    session::{
        AccountView, Cancelled, Cleared, Control, Given, Health, Heard, Login, NoLogin, NotDecided,
        NotStarted, Projects, QueuePosition, Reach, Ruling, SessionError, SessionView, Settled,
        StartIn, StartOrder, Started, Stopped, Tuned, TuningWish, Waiting,
    },
    store::MembershipRow,
    words::{
        ApprovalId, Busy, ChannelId, DeliveryId, GrantId, MessageId, Person, Place, RunId,
        RuntimeKind, Tier, UserId,
    },
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

    /// The newest message of all that were decided on, wherever it stands; `None` before the first.
    async fn newest_mark(&self) -> Result<Option<MessageId>, SessionError>;

    /// The place of the session in a thread, if there is one.
    async fn session_place(&self, thread: ChannelId) -> Result<Option<Place>, SessionError>;

    /// May he?
    async fn authorize(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Result<Permit, Refusal>, SessionError>;

    /// What is behind a button, list or form; `None` for an id that nobody was given.
    async fn control(&self, id: &str) -> Result<Option<Control>, SessionError>;

    /// A question as it is shown to somebody who may decide at its place.
    async fn question(
        &self,
        permit: &Permit,
        id: ApprovalId,
    ) -> Result<Option<Question>, SessionError>;

    /// Whether the permit's person may decide on a question that he was asked in this channel.
    async fn answerable(
        &self,
        permit: &Permit,
        person: &Person,
        question: ApprovalId,
        from: ChannelId,
    ) -> Result<Result<(), NotDecided>, SessionError>;

    /// Decides on a question.
    async fn decide(
        &self,
        permit: &Permit,
        person: &Person,
        question: ApprovalId,
        ruling: Ruling,
        from: ChannelId,
    ) -> Result<Result<Settled, NotDecided>, SessionError>;

    /// Notes that somebody used a button, list or form in vain.
    async fn note_refused_click(
        &self,
        person: UserId,
        question: Option<ApprovalId>,
        why: &str,
    ) -> Result<(), SessionError>;

    /// The questions that wait for the person, the oldest first. He is told of them in this channel, and may call
    /// them up there. A guest who has none, and whom no project lets decide, is refused.
    async fn pending(
        &self,
        permit: &Permit,
        person: &Person,
        at: ChannelId,
    ) -> Result<Result<Vec<Waiting>, Refusal>, SessionError>;

    /// What is allowed for longer in the project of the permit's place.
    async fn grants(&self, permit: &Permit) -> Result<Vec<Given>, SessionError>;

    /// Takes one of those back; says whether it held.
    async fn revoke_grant(&self, permit: &Permit, grant: GrantId) -> Result<bool, SessionError>;

    /// The time.
    fn now(&self) -> Millis;

    /// Ends what is at work at the permit's place.
    async fn cancel(&self, permit: &Permit) -> Result<Cancelled, SessionError>;

    /// The same, unless something was asked for after this: what is at work is another thing then.
    async fn cancel_what_was(
        &self,
        permit: &Permit,
        asked: MessageId,
    ) -> Result<Cancelled, SessionError>;

    /// Whether a delivery is one of this server's.
    async fn is_ours(&self, delivery: DeliveryId) -> Result<bool, SessionError>;

    /// Tells the operators that another server uses this bot, which has said something in a channel.
    async fn warn_of_namesake(&self, channel: ChannelId) -> Result<(), SessionError>;

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

    /// Changes the model or the mode of the session at the permit's place.
    async fn tune_session(&self, permit: &Permit, wish: TuningWish) -> Result<Tuned, SessionError>;

    /// Chooses what messages do there that come while the agent works; answers what holds now, or `None`
    /// if there is no session.
    async fn set_busy(
        &self,
        permit: &Permit,
        busy: Option<Busy>,
    ) -> Result<Option<Busy>, SessionError>;

    /// Where the requests of the permit's person stand.
    async fn positions(&self, permit: &Permit) -> Result<Vec<QueuePosition>, SessionError>;

    /// The projects of the settings.
    fn projects(&self) -> &Projects;

    /// The models that people are offered for an agent program, or for all; in order.
    fn models(&self, permit: &Permit, of: Option<RuntimeKind>)
    -> Result<Vec<String>, SessionError>;

    /// Begins to log the account of an agent program in.
    async fn log_in(
        &self,
        permit: &Permit,
        kind: RuntimeKind,
    ) -> Result<Result<Login, NoLogin>, SessionError>;

    /// How the accounts of the agent programs are.
    fn accounts(&self, permit: &Permit) -> Result<Vec<AccountView>, SessionError>;

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
