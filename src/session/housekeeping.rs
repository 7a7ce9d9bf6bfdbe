//! Housekeeping by time: runs and questions that waited too long, runs that waited long enough, agents that
//! were idle for too long.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior},
};

use super::{
    Engine, SessionError,
    finish::Outcome,
    follow_up::GoesOn,
    shelf::{Leaving, Patience},
};
use crate::{clock::Millis, words::ApprovalState};

/// When a run or a question is looked at again whose end could not be stored.
const AGAIN: Duration = Duration::from_secs(30);

/// How often the clock is looked at while runs are parked or people are asked. It is the clock of the world
/// that they wait for, and that goes on while the machine sleeps, or is set.
const LOOK: Duration = Duration::from_secs(1);

impl Engine {
    /// Keeps house until the engine is stopped, then lets go of what it holds.
    pub async fn keep(self: Arc<Self>) {
        self.tasks.spawn(Arc::clone(&self).watch_memberships());
        self.tasks.spawn(Arc::clone(&self).wake_programs());
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut question, mut not_before) = (None, Instant::now());
        let mut signs = self.signs.lock().take();
        loop {
            if not_before <= Instant::now() {
                match self.store.next_approval_expiry().await {
                    Ok(due) => question = due,
                    Err(error) => {
                        SessionError::from(error)
                            .log("when a question ends cannot be read; trying again");
                        not_before = Instant::now() + AGAIN;
                    }
                }
            }
            let looks =
                !self.parked.is_empty() || question.is_some() || not_before > Instant::now();
            let due = self.next_due();
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = self.changed.notified() => self.tell_waiting().await,
                sign = next_of(&mut signs) => {
                    self.tasks.spawn(Arc::clone(&self).goes_on(sign));
                }
                () = sleep_until(due) => {
                    self.end_idle();
                    self.expire().await;
                }
                // Whoever parks a run or asks people says that something has changed.
                _ = look.tick(), if looks => {
                    if !self.parked.is_empty() {
                        self.unpark().await;
                    }
                    let is_due = question.is_some_and(|due: Millis| due <= self.clock.now());
                    if is_due
                        && not_before <= Instant::now()
                        && let Err(error) = self.expire_questions().await
                    {
                        error.log("questions whose time is up could not be ended; trying again");
                        not_before = Instant::now() + AGAIN;
                    }
                }
            }
        }
        self.tasks.close();
        self.tasks.wait().await;
        self.agents.dismiss().await;
    }

    fn next_due(&self) -> Option<Instant> {
        let now = self.clock.now();
        let expiry = self.turnstile.with(|queue| queue.next_expiry());
        let expiry = expiry.map(|at| Instant::now() + at.since(now));
        let idle = self.agents.next_overdue(self.patience());
        expiry.into_iter().chain(idle).min()
    }

    /// What an agent has left running may take as long as a turn.
    const fn patience(&self) -> Patience {
        Patience {
            idle: self.limits.idle,
            astir: self.limits.turn,
        }
    }

    /// Ends the questions to people whose time is up.
    /// One that cannot be ended, or not even be read, keeps no other one open.
    async fn expire_questions(&self) -> Result<(), SessionError> {
        let mut failed = Ok(());
        for due in self.store.approvals_due(self.clock.now()).await? {
            let why = "nobody decided in time";
            let ended = self.end_question_now(due, ApprovalState::Expired, why);
            if let Err(error) = ended.await {
                tracing::error!(question = %due, %error, "a question whose time is up could not be ended");
                failed = Err(error);
            }
        }
        failed
    }

    /// Ends what has been idle for too long. One that takes its time, or whose runner does not
    /// answer, holds up nobody else.
    fn end_idle(self: &Arc<Self>) {
        for leaving in self.agents.overdue(self.patience()) {
            self.close_in_its_time(leaving);
        }
    }

    /// Ends an agent that nobody can have any more, and holds up nobody.
    pub(super) fn close_in_its_time(self: &Arc<Self>, leaving: Leaving) {
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                // It has been told to end, and the next server looks after it.
                () = engine.stop.cancelled() => {}
                () = engine.agents.close_leaving(leaving) => {}
            }
        });
    }

    async fn expire(self: &Arc<Self>) {
        let now = self.clock.now();
        let expired = self.turnstile.with(|queue| queue.expire(now));
        for mut ticket in expired {
            let ended = self
                .finish(ticket.run, ticket.session, Outcome::Expired, None)
                .await;
            if let Err(error) = ended {
                error.log("a run whose time is up could not be ended; it keeps its place");
                ticket.expires_at = self.clock.now().after(AGAIN);
                self.turnstile.with(|queue| queue.come_back(ticket));
            }
        }
        self.pump();
    }
}

/// The next agent that goes on by itself.
async fn next_of(signs: &mut Option<mpsc::UnboundedReceiver<GoesOn>>) -> GoesOn {
    let next = match signs {
        Some(signs) => signs.recv().await,
        None => None,
    };
    match next {
        Some(sign) => sign,
        None => std::future::pending().await,
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
