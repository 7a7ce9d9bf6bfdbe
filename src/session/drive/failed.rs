//! A run that Baton itself could not see through.

use std::{sync::Arc, time::Duration};

use crate::{
    session::{Engine, SessionError, finish::Outcome, insist::until_stored, sentences},
    words::{RunId, RunState, SessionId},
};

/// How long a run is left alone that the database has kept from its turn.
pub(super) const DATABASE_AGAIN: Duration = Duration::from_secs(2);

impl Engine {
    /// Has a run wait again that the database has kept from its turn before anything of that was done; says
    /// whether nothing was.
    pub(super) async fn is_back_in_line(
        self: &Arc<Self>,
        run: RunId,
        error: &SessionError,
    ) -> bool {
        let stored = until_stored("that a run waits again", || async {
            match self.store.run(run).await?.state {
                RunState::Queued => Ok(true),
                // The prompt comes after the move to `running`.
                RunState::Starting => {
                    self.move_run(run, RunState::Starting, RunState::Queued)
                        .await
                }
                RunState::Running
                | RunState::Waiting
                | RunState::Parked
                | RunState::Completed
                | RunState::Failed
                | RunState::Cancelled
                | RunState::Expired
                | RunState::Interrupted => Ok(false),
            }
        });
        let is_back = stored.await.unwrap_or(false);
        if is_back {
            error.log("a run could not begin; trying again");
        }
        is_back
    }

    /// Ends a run that Baton itself could not see through.
    pub(super) async fn give_up(
        self: &Arc<Self>,
        run: RunId,
        session: SessionId,
        error: &SessionError,
    ) {
        let reference = error.log("a run could not be seen through");
        let sentence = sentences::failed(&error.sentence(), &reference.to_string());
        let outcome = Outcome::Failed {
            sentence,
            cause: error.to_string(),
        };
        self.finish_at_last(run, session, outcome, None).await;
    }
}
