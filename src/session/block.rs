//! What a block does to agents at work: nobody who is blocked has one.
//!
//! What waits in the queue or in a mailbox is refused when its turn comes (`dispatch`). What an agent
//! works on is stopped here, whoever made the block and in whichever process.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::time::MissedTickBehavior;

use super::{Engine, SessionError, sentences, settle::STOPPED};
use crate::{
    access::{Change, Changed, Forbidden, Permit},
    words::{ApprovalState, Person, RequestState, RunId},
};

/// How often it is looked whether another process has changed memberships. Reading one number.
const LOOK: Duration = Duration::from_secs(1);

impl Engine {
    /// Changes a membership for somebody who may. When it is a block, the agents of whom it is about
    /// are told to stop before this returns.
    pub async fn change_membership(
        self: &Arc<Self>,
        permit: &Permit,
        actor: &Person,
        change: Change,
        known: &[Person],
    ) -> Result<Result<Changed, Forbidden>, SessionError> {
        let gate = &self.gate;
        let changed = gate.change_membership(permit, actor, change, known).await?;
        self.outbox.wake();
        if changed == Ok(Changed::Set)
            && let Err(error) = self.break_off_blocked().await
        {
            error.log(
                "runs could not be looked through after a change of memberships; trying again",
            );
        }
        Ok(changed)
    }

    /// Looks through the runs at work whenever a membership has changed, until the engine is stopped.
    pub(super) async fn watch_memberships(self: Arc<Self>) {
        let mut seen = None;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = look.tick() => {}
            }
            let looked = async {
                let changes = self.store.membership_changes().await?;
                if seen != Some(changes) {
                    // The other process may have left something for operators to be told.
                    self.outbox.wake();
                    self.break_off_blocked().await?;
                }
                Ok::<_, SessionError>(changes)
            };
            match looked.await {
                Ok(changes) => seen = Some(changes),
                Err(error) => {
                    error.log("whether somebody was blocked cannot be read; trying again");
                }
            }
        }
    }

    /// Stops every run at work that works for somebody who is blocked.
    async fn break_off_blocked(&self) -> Result<(), SessionError> {
        let at_work: Vec<RunId> = self.at_work.lock().keys().copied().collect();
        // Side by side: one whose roles cannot be had keeps none of the others at work.
        let looks = at_work
            .into_iter()
            .map(|run| self.break_off_if_blocked(run));
        join_all(looks).await.into_iter().collect()
    }

    async fn break_off_if_blocked(&self, run: RunId) -> Result<(), SessionError> {
        let row = self.store.run(run).await?;
        if row.state.is_final() {
            return Ok(());
        }
        let session = self.store.session(row.session_id).await?;
        let (mut blocked, mut others) = (Vec::new(), 0);
        for request in self.store.requests_behind(run).await? {
            if self.is_blocked_now(&request, &session).await? {
                blocked.push(request);
            } else {
                others += 1;
            }
        }
        if blocked.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        if !tx.break_off(run, now).await? {
            return Ok(());
        }
        self.end_questions(&mut tx, run, ApprovalState::Cancelled, STOPPED)
            .await?;
        let mut is_news = self.store.follow_up(run).await?.is_some();
        for request in &blocked {
            is_news |= tx
                .end_request(request.id, RequestState::Refused, now)
                .await?;
        }
        if is_news {
            let key = format!("broken-off:{run}");
            let text = sentences::broken_off(others);
            self.notice(&mut tx, key, session.id, session.thread_id, text)
                .await?;
        }
        tx.commit().await?;
        tracing::info!(%run, "a run was broken off: somebody it works for is blocked");
        self.outbox.wake();
        self.stop_run(run);
        Ok(())
    }
}
