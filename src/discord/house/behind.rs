//! The house as it is: the session engine.

use std::sync::Arc;

use async_trait::async_trait;

use super::House;
use crate::{
    access::{Action, Change, Changed, Forbidden, Permit, Refusal},
    clock::Millis,
    delivery::Question,
    session::{
        AccountView, Cancelled, Cleared, Control, Engine, Given, Health, Heard, Login, NoLogin,
        NotDecided, NotStarted, Projects, QueuePosition, Reach, Ruling, SessionError, SessionView,
        Settled, StartIn, StartOrder, Started, Stopped, Tuned, TuningWish, Waiting,
    },
    store::MembershipRow,
    words::{
        ApprovalId, Busy, ChannelId, DeliveryId, GrantId, MessageId, Person, Place, RunId,
        RuntimeKind, Tier, UserId,
    },
};

/// The engine in its own right: `hear` and `cancel` start tasks that hold on to it.
pub(in crate::discord) struct Behind(pub(in crate::discord) Arc<Engine>);

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

    async fn newest_mark(&self) -> Result<Option<MessageId>, SessionError> {
        Ok(self.0.store().newest_mark().await?)
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

    async fn control(&self, id: &str) -> Result<Option<Control>, SessionError> {
        self.0.control(id).await
    }

    async fn question(
        &self,
        permit: &Permit,
        id: ApprovalId,
    ) -> Result<Option<Question>, SessionError> {
        self.0.question(permit, id).await
    }

    async fn answerable(
        &self,
        permit: &Permit,
        person: &Person,
        question: ApprovalId,
        from: ChannelId,
    ) -> Result<Result<(), NotDecided>, SessionError> {
        self.0.answerable(permit, person, question, from).await
    }

    async fn decide(
        &self,
        permit: &Permit,
        person: &Person,
        question: ApprovalId,
        ruling: Ruling,
        from: ChannelId,
    ) -> Result<Result<Settled, NotDecided>, SessionError> {
        self.0.decide(permit, person, question, ruling, from).await
    }

    async fn note_refused_click(
        &self,
        person: UserId,
        question: Option<ApprovalId>,
        why: &str,
    ) -> Result<(), SessionError> {
        self.0.note_refused_click(person, question, why).await
    }

    async fn pending(
        &self,
        permit: &Permit,
        person: &Person,
        at: ChannelId,
    ) -> Result<Result<Vec<Waiting>, Refusal>, SessionError> {
        self.0.pending(permit, person, at).await
    }

    async fn grants(&self, permit: &Permit) -> Result<Vec<Given>, SessionError> {
        self.0.grants(permit).await
    }

    async fn revoke_grant(&self, permit: &Permit, grant: GrantId) -> Result<bool, SessionError> {
        self.0.revoke_grant(permit, grant).await
    }

    fn now(&self) -> Millis {
        self.0.clock().now()
    }

    async fn cancel(&self, permit: &Permit) -> Result<Cancelled, SessionError> {
        self.0.cancel(permit).await
    }

    async fn cancel_what_was(
        &self,
        permit: &Permit,
        asked: MessageId,
    ) -> Result<Cancelled, SessionError> {
        self.0.cancel_what_was(permit, asked).await
    }

    async fn is_ours(&self, delivery: DeliveryId) -> Result<bool, SessionError> {
        Ok(self.0.store().is_delivery(delivery).await?)
    }

    async fn warn_of_namesake(&self, channel: ChannelId) -> Result<(), SessionError> {
        self.0.warn_of_namesake(channel).await
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

    async fn tune_session(&self, permit: &Permit, wish: TuningWish) -> Result<Tuned, SessionError> {
        self.0.tune_session(permit, wish).await
    }

    async fn set_busy(
        &self,
        permit: &Permit,
        busy: Option<Busy>,
    ) -> Result<Option<Busy>, SessionError> {
        self.0.set_busy(permit, busy).await
    }

    async fn positions(&self, permit: &Permit) -> Result<Vec<QueuePosition>, SessionError> {
        self.0.positions(permit).await
    }

    fn projects(&self) -> &Projects {
        self.0.projects()
    }

    fn models(
        &self,
        permit: &Permit,
        of: Option<RuntimeKind>,
    ) -> Result<Vec<String>, SessionError> {
        self.0.models(permit, of)
    }

    async fn log_in(
        &self,
        permit: &Permit,
        kind: RuntimeKind,
    ) -> Result<Result<Login, NoLogin>, SessionError> {
        self.0.log_in(permit, kind).await
    }

    fn accounts(&self, permit: &Permit) -> Result<Vec<AccountView>, SessionError> {
        self.0.accounts_for(permit)
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
