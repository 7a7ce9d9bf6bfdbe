//! What somebody is told who waits for his turn: a message with his place in the queue, that it is his
//! turn, and in between every change of his place.
//!
//! The message and its end are durable. The changes are not: whoever shows them has the newest, and
//! the next server begins with what it knows.

use std::{
    collections::{HashMap, hash_map::Entry},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::watch;

use super::{Engine, SessionError, Shown, sentences};
use crate::{
    admission::{Outlook, Ticket},
    store::{NewDelivery, Payload, RunRow, Said, SessionRow, StoreError, Tx, wait_key},
    words::{ChannelId, RunId, RunState},
};

/// A wait that was shorter is not worth a word: the message about it goes, as the run's own comes.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

/// A run that waits for its turn, announced to whoever shows it.
#[derive(Debug)]
pub struct LiveWait {
    /// The run.
    pub run: RunId,
    /// What the message begins with; `None` if an earlier server has told that.
    pub first: Option<String>,
    /// Where its session posts.
    pub channel: ChannelId,
    /// What the message says in which it is told its place, from now on. It ends with the wait.
    pub text: watch::Receiver<String>,
}

/// Those who were told that they wait.
#[derive(Default)]
pub(super) struct Told(Mutex<HashMap<RunId, watch::Sender<String>>>);

impl Told {
    /// It waits no more. To be called before that is stored: nothing may be shown of the wait after
    /// its end.
    pub(super) fn forget(&self, run: RunId) {
        self.0.lock().remove(&run);
    }

    /// Tells all who wait their places; who was told nothing yet.
    fn update<'a>(&self, waiting: &'a [(Ticket, Outlook)]) -> Vec<&'a (Ticket, Outlook)> {
        let mut told = self.0.lock();
        told.retain(|run, _| waiting.iter().any(|(ticket, _)| ticket.run == *run));
        let news = waiting.iter().filter(|(ticket, outlook)| {
            let Some(shown) = told.get(&ticket.run) else {
                return true;
            };
            let text = sentences::waiting(*outlook);
            shown.send_if_modified(|shown| {
                let is_new = *shown != text;
                *shown = text;
                is_new
            });
            false
        });
        news.collect()
    }
}

impl Engine {
    /// Tells everybody who waits where he stands, if that is news.
    pub(super) async fn tell_waiting(&self) {
        let waiting = self.turnstile.with(|queue| queue.outlooks());
        for (ticket, _) in self.waits.update(&waiting) {
            if let Err(error) = self.tell_wait(ticket.run).await {
                error.log("a run that waits could not be told its place");
            }
        }
    }

    /// Tells the place of a run where he stands who asked for it, if it has to wait.
    pub(super) async fn tell_if_waiting(&self, run: RunId) -> Result<(), SessionError> {
        match self.turnstile.with(|queue| queue.outlook(run)) {
            Some(_) => self.tell_wait(run).await,
            None => Ok(()),
        }
    }

    async fn tell_wait(&self, run: RunId) -> Result<(), SessionError> {
        let row = self.store.run(run).await?;
        let session = self.store.session(row.session_id).await?;
        let mut tx = self.store.write().await?;
        // Ends of runs are stored one after the other with this: what stood there before may be over.
        let Some(outlook) = self.turnstile.with(|queue| queue.outlook(run)) else {
            return Ok(());
        };
        let text = sentences::waiting(outlook);
        let notice = NewDelivery {
            key: wait_key(run),
            lane: session.thread_id,
            session: Some(session.id),
            run: Some(run),
            payload: Payload::Notice {
                channel: None,
                reply_to: None,
                text: text.clone(),
            },
        };
        let Some(said) = tx.deliver_wait(&notice, run, self.clock.now()).await? else {
            return Ok(());
        };
        tx.commit().await?;
        self.outbox.wake();
        let first = match said {
            Said::Now => Some(text.clone()),
            Said::Before => None,
        };
        // Two may tell it at once: who hears the message, and who keeps the house.
        if let Entry::Vacant(untold) = self.waits.0.lock().entry(run) {
            let (shown, text) = watch::channel(text);
            untold.insert(shown);
            // Nobody showing it is fine.
            let _ = self.live.send(Shown::Wait(LiveWait {
                run,
                first,
                channel: session.post_channel_id,
                text,
            }));
        }
        Ok(())
    }

    /// The turn of a queued run has come, and its place is told so if it waited; says whether it was
    /// still queued.
    pub(super) async fn take_turn(&self, row: &RunRow) -> Result<bool, SessionError> {
        let now = self.clock.now();
        let session = self.store.session(row.session_id).await?;
        self.waits.forget(row.id);
        let mut tx = self.store.write().await?;
        let moved = tx
            .move_run(row.id, RunState::Queued, RunState::Starting, now)
            .await?;
        let waited = now.since(row.waits_since());
        if moved {
            let told = (waited >= WORTH_A_WORD).then_some(waited);
            self.settle_wait(&mut tx, row.id, &session, told).await?;
        }
        tx.commit().await?;
        if moved {
            self.metrics.admitted(waited);
            self.waited.lock().add(waited);
        }
        self.outbox.wake();
        Ok(moved)
    }

    /// Ends the message about the place of a run in the queue: it says that the turn has come after so
    /// long, or goes if the turn never came, or came soon.
    pub(super) async fn settle_wait(
        &self,
        tx: &mut Tx,
        run: RunId,
        session: &SessionRow,
        waited: Option<Duration>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(live) = tx.withdraw_wait(run, now).await? else {
            return Ok(());
        };
        let settled = NewDelivery {
            key: format!("began:{run}"),
            lane: session.thread_id,
            session: Some(session.id),
            run: Some(run),
            payload: Payload::Settle {
                live,
                text: waited.map(sentences::turn_has_come),
            },
        };
        tx.deliver(&settled, now).await.map(|_| ())
    }
}
