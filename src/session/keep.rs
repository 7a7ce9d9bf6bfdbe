//! Housekeeping by time: runs that waited too long, agents that were idle for too long.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{Engine, finish::Outcome};

/// When a run is looked at again whose end could not be stored.
const AGAIN: Duration = Duration::from_secs(30);

impl Engine {
    /// Keeps house until the engine is stopped, then lets go of what it holds.
    pub async fn keep(self: Arc<Self>) {
        self.tasks.spawn(Arc::clone(&self).watch_memberships());
        loop {
            let due = self.next_due();
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = self.changed.notified() => self.tell_waiting().await,
                () = sleep_until(due) => {
                    self.end_idle();
                    self.expire().await;
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
        let idle = self
            .agents
            .oldest_idle()
            .map(|since| since + self.limits.idle);
        expiry.into_iter().chain(idle).min()
    }

    /// Ends what has been idle for too long. One that takes its time, or whose runner does not
    /// answer, holds up nobody else.
    fn end_idle(self: &Arc<Self>) {
        for leaving in self.agents.idle_for(self.limits.idle) {
            let engine = Arc::clone(self);
            self.tasks.spawn(async move {
                tokio::select! {
                    // It has been told to end, and the next server looks after it.
                    () = engine.stop.cancelled() => {}
                    () = engine.agents.close_leaving(leaving) => {}
                }
            });
        }
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
                self.turnstile.with(|queue| queue.restore_waiting(ticket));
            }
        }
        self.pump();
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
