//! Runs that wait for a time, not for a slot: they stand in no line and do not expire. Nobody who waits for a slot is
//! in their way, but they leave no room for more of the same.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

use super::{
    Engine, SessionError,
    again::{Pause, Why},
    finish::{Account, Outcome, used_in},
    sentences,
    settle::AGENT_GONE,
};
use crate::{
    admission::{Caps, Full, Ticket},
    clock::Millis,
    store::{Counts, NewDelivery, Payload, RunRow, SessionRow},
    words::{ApprovalState, RunId},
};

/// When a run is looked at again that could not be queued.
const AGAIN: std::time::Duration = std::time::Duration::from_secs(30);

/// Who waits for which time.
#[derive(Default)]
pub(super) struct Parked(Mutex<HashMap<RunId, (Millis, Ticket)>>);

impl Parked {
    pub(super) fn put(&self, ticket: Ticket, until: Millis) {
        self.0.lock().insert(ticket.run, (until, ticket));
    }

    /// Takes a run out; whoever gets it decides on it.
    pub(super) fn take(&self, run: RunId) -> Option<Ticket> {
        self.0.lock().remove(&run).map(|(_, ticket)| ticket)
    }

    /// Until when a run waits.
    pub(super) fn until(&self, run: RunId) -> Option<Millis> {
        self.0.lock().get(&run).map(|(until, _)| *until)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Whether one more would not be too many if it had to wait for a time as well, as all have to while the account's
    /// limit is reached: they all come back at once.
    pub(super) fn has_room(&self, ticket: &Ticket, all: Caps, person: Caps) -> Result<(), Full> {
        let parked = self.0.lock();
        let his: Vec<&Ticket> = parked
            .values()
            .map(|(_, other)| other)
            .filter(|other| other.person == ticket.person)
            .collect();
        let here = his.iter().filter(|other| other.channel == ticket.channel);
        let kept = if his.is_empty() { 0 } else { all.kept() };
        if here.count() >= person.queued.max(1) {
            Err(Full::Person(person))
        } else if parked.len() >= all.queued.max(1) - kept {
            Err(Full::Parked(parked.len()))
        } else {
            Ok(())
        }
    }

    /// Takes out whose time has come and who may go, the oldest first.
    fn due(&self, now: Millis, may_go: impl Fn(RunId) -> bool) -> Vec<Ticket> {
        let mut due = Vec::new();
        self.0.lock().retain(|run, (until, ticket)| {
            let stays = *until > now || !may_go(*run);
            if !stays {
                due.push(ticket.clone());
            }
            stays
        });
        due.sort_by_key(|ticket| ticket.run);
        due
    }
}

/// The ticket of a stored run.
pub(super) fn ticket_of(run: &RunRow, session: &SessionRow) -> Ticket {
    Ticket {
        run: run.id,
        session: run.session_id,
        person: run.principal_id,
        channel: session.channel_id,
        project: Arc::from(session.project.as_str()),
        expires_at: run.expires_at,
    }
}

impl Engine {
    /// Parks a run; says whether it is. It is not if somebody wished its end meanwhile.
    pub(super) async fn park(
        &self,
        run: &RunRow,
        session: &SessionRow,
        pause: &Pause,
        account: Option<&Account>,
    ) -> Result<bool, SessionError> {
        // First: whoever wishes its end after it is stored has to find it here.
        self.parked.put(ticket_of(run, session), pause.until);
        let stored = self.store_pause(run, session, pause, account).await;
        if !matches!(stored, Ok(true)) {
            self.parked.take(run.id);
        }
        self.outbox.wake();
        self.changed.notify_one();
        stored
    }

    async fn store_pause(
        &self,
        run: &RunRow,
        session: &SessionRow,
        pause: &Pause,
        account: Option<&Account>,
    ) -> Result<bool, SessionError> {
        let now = self.clock.now();
        self.waits.forget(run.id);
        let mut tx = self.store.write().await?;
        let used = used_in(&mut tx, account).await?;
        let counts = match pause.why {
            Why::Limit { .. } | Why::Moves => Counts::Not,
            Why::Trouble(_) => Counts::AsRetry,
        };
        self.end_questions(&mut tx, run.id, ApprovalState::Lost, AGENT_GONE)
            .await?;
        if !tx.park_run(run.id, pause.until, counts, used, now).await? {
            return Ok(false);
        }
        let about = |key: String, payload| NewDelivery {
            key,
            lane: session.thread_id,
            session: Some(session.id),
            run: Some(run.id),
            payload,
        };
        self.settle_wait(&mut tx, run.id, session, None).await?;
        if let Some(live) = tx.withdraw_live(run.id, now).await? {
            let text = Some(sentences::PAUSED.to_owned());
            let key = format!("paused:{}:{}", run.id, run.attempt);
            tx.deliver(&about(key, Payload::Settle { live, text }), now)
                .await?;
        }
        if let Some(text) = sentences::parked(pause) {
            let told = Payload::Notice {
                channel: None,
                reply_to: None,
                text,
            };
            tx.deliver(&about(told_once(run.id, pause), told), now)
                .await?;
        }
        self.commit_leaving(tx, run.id).await?;
        tracing::info!(run = %run.id, until = %pause.until, why = ?pause.why, "the run is parked");
        Ok(true)
    }

    /// Has every run wait for a slot again whose time has come.
    pub(super) async fn unpark(self: &Arc<Self>) {
        let now = self.clock.now();
        // Its driver may still be clearing up.
        let is_out = |run| !self.turnstile.with(|queue| queue.knows(run));
        for mut ticket in self.parked.due(now, is_out) {
            ticket.expires_at = now.after(self.limits.expiry);
            match self.queue_again(&ticket).await {
                Ok(true) => self.turnstile.with(|queue| queue.come_back(ticket)),
                // Somebody has ended it.
                Ok(false) => {}
                Err(error) => {
                    error.log("a run whose time has come could not be queued; trying again");
                    self.parked.put(ticket, self.clock.now().after(AGAIN));
                }
            }
        }
        self.pump();
    }

    async fn queue_again(&self, ticket: &Ticket) -> Result<bool, SessionError> {
        let mut tx = self.store.write().await?;
        let now = self.clock.now();
        let queued = tx.queue_again(ticket.run, ticket.expires_at, now).await?;
        tx.commit().await?;
        Ok(queued)
    }

    /// Ends a parked run because somebody wished it; says whether it was parked.
    pub(super) async fn cancel_parked(self: &Arc<Self>, run: RunId) -> Result<bool, SessionError> {
        let Some(ticket) = self.parked.take(run) else {
            return Ok(false);
        };
        let ended = self
            .finish(run, ticket.session, Outcome::Cancelled, None)
            .await;
        if ended.is_err() {
            // The wish is in its row, and it ends so when its turn comes.
            self.parked.put(ticket, self.clock.now());
        } else {
            self.let_go_if_ended(ticket.session).await;
        }
        self.pump();
        ended.map(|()| true)
    }
}

/// What a run is told of one pause once. Where nobody knows how long it takes it may be parked often.
fn told_once(run: RunId, pause: &Pause) -> String {
    match pause.why {
        Why::Limit { is_told: false, .. } => format!("parked:{run}"),
        Why::Limit { is_told: true, .. } | Why::Moves | Why::Trouble(_) => {
            format!("parked:{run}:{}", pause.until)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{ChannelId, SessionId, UserId};

    const CAPS: Caps = Caps {
        active: 2,
        queued: 8,
    };

    fn of(person: u64, channel: u64) -> Ticket {
        Ticket {
            run: RunId::fresh(),
            session: SessionId::fresh(),
            person: UserId::new(person),
            channel: ChannelId::new(channel),
            project: Arc::from("play"),
            expires_at: Millis::new(1_000),
        }
    }

    #[test]
    fn who_has_much_parked_in_many_channels_leaves_room_for_others_and_nobody_parks_without_end() {
        let parked = Parked::default();
        let person = Caps {
            active: 2,
            queued: 2,
        };
        let room = |ticket: &Ticket| parked.has_room(ticket, CAPS, person);
        let mut refused = Vec::new();
        for channel in 1..=4 {
            for _ in 0..3 {
                let ticket = of(1, channel);
                match room(&ticket) {
                    Ok(()) => parked.put(ticket, Millis::new(5)),
                    Err(full) => refused.push(full),
                }
            }
        }
        let (his, all) = (Full::Person(person), Full::Parked(6));
        assert_eq!(refused, [his, his, his, all, all, all]);
        for other in [2, 3] {
            assert_eq!(room(&of(other, 1)), Ok(()));
            parked.put(of(other, 1), Millis::new(5));
        }
        assert_eq!(room(&of(4, 1)), Err(Full::Parked(8)));
    }
}
