//! A house that writes down what it is told.

use std::collections::HashMap;

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{
    access::{Action, Change, Changed, Forbidden, Gate, Owners, Permit, Refusal},
    clock::{Clock, Millis},
    delivery::Question,
    discord::house::House,
    session::{
        AccountView, Cancelled, Cleared, Control, Given, Health, Heard, Login, NoLogin, NotDecided,
        NotStarted, Projects, QueuePosition, Reach, Ruling, SessionError, SessionView, Settled,
        StartIn, StartOrder, Started, Stopped, Tuned, TuningWish, Waiting,
    },
    store::{MembershipRow, Store, StoreError},
    words::{
        ApprovalId, ApprovalState, Busy, ChannelId, DeliveryId, GrantId, MessageId, Person, Place,
        RunId, RuntimeKind, Tier, UserId,
    },
};

/// Writes down what it is told.
#[derive(Default)]
pub(in crate::discord) struct FakeHouse {
    pub(in crate::discord) watched: Vec<ChannelId>,
    pub(in crate::discord) marks: Mutex<HashMap<ChannelId, MessageId>>,
    pub(in crate::discord) heard: Mutex<Vec<Heard>>,
    pub(in crate::discord) left_out: Mutex<Vec<(ChannelId, MessageId)>>,
    /// How many marks were to be stored at once, each for itself.
    pub(in crate::discord) decided: Mutex<u32>,
    pub(in crate::discord) changed: Notify,
    /// How many of the next messages fail.
    pub(in crate::discord) failures: Mutex<u32>,
    /// At which text it panics.
    pub(in crate::discord) panics_at: Option<&'static str>,
    pub(in crate::discord) live: Mutex<Vec<String>>,
    pub(in crate::discord) live_message: Mutex<Option<MessageId>>,
    /// Live messages that had to be replaced, and by what.
    pub(in crate::discord) renewed: Mutex<Vec<(MessageId, String)>>,
    /// Where permits come from: everybody is the owner. Without it everybody is refused.
    pub(in crate::discord) store: Option<Store>,
    /// Who alone is the owner, if not everybody.
    pub(in crate::discord) owner: Option<UserId>,
    pub(in crate::discord) sessions: Vec<SessionView>,
    pub(in crate::discord) grants: Vec<Given>,
    /// Threads that sessions live in.
    pub(in crate::discord) homes: Vec<Place>,
    /// How often it was asked whether somebody may do something.
    pub(in crate::discord) judged: Mutex<u32>,
    /// Who that was about each time.
    pub(in crate::discord) judged_as: Mutex<Vec<Person>>,
    pub(in crate::discord) cancelled: Mutex<Vec<Place>>,
    /// What stands behind buttons, and what was decided with them.
    pub(in crate::discord) controls: Mutex<HashMap<String, Control>>,
    pub(in crate::discord) decided_as: Mutex<Vec<Ruling>>,
    /// Whether who asks for his place in the queue is answered, or meets a fault of Baton's.
    pub(in crate::discord) is_sound: bool,
    /// Where another server was heard.
    pub(in crate::discord) namesakes: Mutex<Vec<ChannelId>>,
    pub(in crate::discord) deliveries: Vec<DeliveryId>,
    pub(in crate::discord) orders: Mutex<Vec<StartOrder>>,
    pub(in crate::discord) projects: Projects,
    /// Where the session of every run posts, if that is known.
    pub(in crate::discord) posts_in: Mutex<Option<ChannelId>>,
}

impl FakeHouse {
    pub(in crate::discord) fn texts(&self) -> Vec<String> {
        self.heard
            .lock()
            .iter()
            .map(|heard| heard.text.clone())
            .collect()
    }

    /// Waits until so many messages were heard.
    pub(in crate::discord) async fn until_heard(&self, count: usize) {
        loop {
            let changed = self.changed.notified();
            if self.heard.lock().len() >= count {
                return;
            }
            changed.await;
        }
    }

    /// Waits until something in a channel was decided on.
    pub(in crate::discord) async fn until_marked(&self, channel: ChannelId) {
        loop {
            let changed = self.changed.notified();
            if self.marks.lock().contains_key(&channel) {
                return;
            }
            changed.await;
        }
    }

    /// Waits until everything in a channel up to a message was decided on.
    pub(in crate::discord) async fn until_marked_up_to(
        &self,
        channel: ChannelId,
        message: MessageId,
    ) {
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
        assert_ne!(self.panics_at, Some(&*heard.text), "as told");
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
        *self.decided.lock() += 1;
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

    async fn newest_mark(&self) -> Result<Option<MessageId>, SessionError> {
        Ok(self.marks.lock().values().max().copied())
    }

    async fn session_place(&self, thread: ChannelId) -> Result<Option<Place>, SessionError> {
        let home = self.homes.iter().find(|home| home.thread == Some(thread));
        Ok(home.copied())
    }

    async fn authorize(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Result<Permit, Refusal>, SessionError> {
        *self.judged.lock() += 1;
        self.judged_as.lock().push(person.clone());
        let (Some(store), person) = (&self.store, person) else {
            return Ok(Err(Refusal::NotAMember));
        };
        let owners = Owners {
            user: Some(self.owner.unwrap_or(person.id)),
            role: None,
        };
        let gate = Gate::new(store.clone(), owners, Clock::system());
        Ok(gate.authorize(person, place, action).await?)
    }

    async fn control(&self, id: &str) -> Result<Option<Control>, SessionError> {
        Ok(self.controls.lock().get(id).cloned())
    }

    async fn question(&self, _: &Permit, _: ApprovalId) -> Result<Option<Question>, SessionError> {
        Ok(None)
    }

    async fn answerable(
        &self,
        _: &Permit,
        _: &Person,
        _: ApprovalId,
        _: ChannelId,
    ) -> Result<Result<(), NotDecided>, SessionError> {
        Ok(Ok(()))
    }

    async fn decide(
        &self,
        _: &Permit,
        _: &Person,
        _: ApprovalId,
        ruling: Ruling,
        _: ChannelId,
    ) -> Result<Result<Settled, NotDecided>, SessionError> {
        self.decided_as.lock().push(ruling);
        Ok(Ok(Settled::Ended(ApprovalState::Denied)))
    }

    async fn note_refused_click(
        &self,
        _: UserId,
        _: Option<ApprovalId>,
        _: &str,
    ) -> Result<(), SessionError> {
        Ok(())
    }

    async fn pending(
        &self,
        _: &Permit,
        _: &Person,
        _: ChannelId,
    ) -> Result<Result<Vec<Waiting>, Refusal>, SessionError> {
        Ok(Ok(Vec::new()))
    }

    async fn grants(&self, _: &Permit) -> Result<Vec<Given>, SessionError> {
        Ok(self.grants.clone())
    }

    async fn revoke_grant(&self, _: &Permit, _: GrantId) -> Result<bool, SessionError> {
        Ok(false)
    }

    fn now(&self) -> Millis {
        Clock::system().now()
    }

    async fn cancel(&self, permit: &Permit) -> Result<Cancelled, SessionError> {
        self.cancelled.lock().push(permit.place());
        Ok(Cancelled::Stopping)
    }

    async fn cancel_what_was(
        &self,
        permit: &Permit,
        asked: MessageId,
    ) -> Result<Cancelled, SessionError> {
        assert!(asked.created_ms() > 0);
        self.cancel(permit).await
    }

    async fn is_ours(&self, delivery: DeliveryId) -> Result<bool, SessionError> {
        Ok(self.deliveries.contains(&delivery))
    }

    async fn warn_of_namesake(&self, channel: ChannelId) -> Result<(), SessionError> {
        self.namesakes.lock().push(channel);
        self.changed.notify_waiters();
        Ok(())
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

    async fn tune_session(&self, _: &Permit, _: TuningWish) -> Result<Tuned, SessionError> {
        Ok(Tuned::NextTurn)
    }

    async fn set_busy(&self, _: &Permit, busy: Option<Busy>) -> Result<Option<Busy>, SessionError> {
        Ok(busy)
    }

    async fn positions(&self, _: &Permit) -> Result<Vec<QueuePosition>, SessionError> {
        assert!(self.is_sound, "as told");
        Ok(Vec::new())
    }

    fn projects(&self) -> &Projects {
        &self.projects
    }

    fn models(&self, _: &Permit, of: Option<RuntimeKind>) -> Result<Vec<String>, SessionError> {
        let of = of.map_or("all", RuntimeKind::as_str);
        Ok(vec![format!("a model of {of}")])
    }

    async fn log_in(
        &self,
        _: &Permit,
        _: RuntimeKind,
    ) -> Result<Result<Login, NoLogin>, SessionError> {
        Ok(Err(NoLogin::NoNeed))
    }

    fn accounts(&self, _: &Permit) -> Result<Vec<AccountView>, SessionError> {
        Ok(Vec::new())
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
