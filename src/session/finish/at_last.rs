//! The end of a run that nobody but its driver can store.

use std::{sync::Arc, time::Duration};

use super::{Account, InParts, Outcome, turn_of, used_in};
use crate::{
    session::{Engine, SessionError, insist::until_stored, sentences, settle::AGENT_GONE},
    store::{Part, RunEnd},
    words::{ApprovalState, RequestState, RunId, RunState, SessionId},
};

impl Engine {
    /// The same as [`finish`](Self::finish) for the driver of a run, who has nothing but this outcome: tried
    /// until the database takes it. What it never takes ends as a failure, so that nobody waits for it.
    pub(in crate::session) async fn finish_at_last(
        self: &Arc<Self>,
        run: RunId,
        session: SessionId,
        outcome: Outcome,
        account: Option<&Account>,
    ) {
        let stored = until_stored("the end of a run", || {
            self.finish(run, session, outcome.clone(), account)
        });
        let Err(error) = stored.await else {
            return;
        };
        // What cannot be stored either, the next server takes up.
        let _ = until_stored("that a run has failed", || {
            self.fail_barely(run, session, &error, &outcome, account)
        })
        .await;
    }

    /// Ends a run with no more than that it has failed, and why; and tells what it has answered, counts what it has
    /// cost, ends what people are asked and queues what waits behind it, as far as that can be read. It is one transaction: a
    /// server that dies before it leaves the run at work, and the next one takes that up and comes here again.
    async fn fail_barely(
        self: &Arc<Self>,
        run: RunId,
        session: SessionId,
        cause: &SessionError,
        outcome: &Outcome,
        account: Option<&Account>,
    ) -> Result<(), SessionError> {
        let now = self.clock.now();
        let cause_told = Some(cause.to_string());
        let mut end = RunEnd::unused(RunState::Failed, RequestState::Failed, cause_told);
        self.waits.forget(run);
        let row = readable(self.store.run(run).await)?;
        let worked = row.and_then(|row| row.started_at);
        let mut tx = self.store.write().await?;
        tx.put_back_unheard(run).await?;
        // The last of them is what it came to.
        let mut parts = readable(tx.parts_of(run).await)?.unwrap_or_default();
        parts.push(Part {
            answer: match outcome {
                Outcome::Answered(answer) => answer.clone(),
                Outcome::Failed { .. }
                | Outcome::Cancelled
                | Outcome::Withdrawn
                | Outcome::Expired
                | Outcome::Refused
                | Outcome::Interrupted(_)
                | Outcome::BrokenOff => String::new(),
            },
            used: readable(used_in(&mut tx, account).await)?.unwrap_or_default(),
            took: turn_of(account).map_or(Duration::ZERO, |turn| turn.took),
        });
        let parts = InParts::of(parts);
        parts.count(&mut end);
        let ends = tx.end_run(run, &end, now).await?;
        let mut next = None;
        if ends && let Some(session) = readable(self.store.session(session).await)? {
            let reference = cause.log("a run is ended without what it came to");
            let text = sentences::failed(&cause.sentence(), &reference.to_string());
            self.end_questions_barely(&mut tx, run, &session, ApprovalState::Lost, AGENT_GONE)
                .await?;
            let outcome = Outcome::Failed {
                sentence: text,
                cause: cause.to_string(),
            };
            let (outcome, before) = parts.with(outcome);
            let shown = outcome.payload(&session, String::new());
            self.deliver_end(&mut tx, run, &session, before, shown)
                .await?;
            next = readable(self.queue_next(&mut tx, &session).await)?.flatten();
        }
        self.commit_leaving(tx, run).await?;
        if ends {
            self.metrics
                .run_ended(end.state, worked.map(|began| now.since(began)));
        }
        self.tell_of_ends();
        if let Some(ticket) = next {
            self.turnstile.with(|queue| queue.restore_waiting(ticket));
        }
        self.agents.tell_again(session);
        Ok(())
    }
}

/// What can be read; `None` if it never can.
fn readable<T, E: Into<SessionError>>(read: Result<T, E>) -> Result<Option<T>, SessionError> {
    match read.map_err(Into::into) {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.may_pass() => Err(error),
        Err(error) => {
            error.log("what belongs to the end of a run cannot be read");
            Ok(None)
        }
    }
}
