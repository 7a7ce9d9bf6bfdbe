//! Ending what an agent does, because a person said so.

use std::sync::Arc;

use super::{Engine, SessionError, finish::Outcome};
use crate::{access::Permit, words::RunId};

/// What became of a wish to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// Nothing was going on there.
    Nothing,
    /// The run had not begun; it is gone.
    Withdrawn,
    /// The agent is being stopped; the place will say when it has.
    Stopping,
}

impl Engine {
    /// Cancels the run of the session at the permit's place. Messages in the mailbox stay: each is
    /// somebody's own.
    pub async fn cancel(self: &Arc<Self>, permit: &Permit) -> Result<Cancelled, SessionError> {
        let Some(thread) = permit.place().thread else {
            return Ok(Cancelled::Nothing);
        };
        let Some(session) = self.store.session_in(thread).await? else {
            return Ok(Cancelled::Nothing);
        };
        let Some(run) = self.store.open_run_of(session.id).await? else {
            return Ok(Cancelled::Nothing);
        };
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        tx.note_cancel(run.id, permit.person(), now).await?;
        tx.audit(
            now,
            Some(permit.person()),
            "cancel",
            &format!("run {}", run.id),
            "",
        )
        .await?;
        tx.commit().await?;
        let withdrawn = self.queue.lock().withdraw(run.id);
        if withdrawn {
            self.finish(run.id, session.id, Outcome::Withdrawn, None)
                .await?;
            self.pump();
            return Ok(Cancelled::Withdrawn);
        }
        Ok(self.stop_run(run.id))
    }

    fn stop_run(&self, run: RunId) -> Cancelled {
        match self.at_work.lock().get(&run) {
            Some(cancel) => {
                cancel.cancel();
                Cancelled::Stopping
            }
            // It ended between the look and the wish.
            None => Cancelled::Nothing,
        }
    }
}
