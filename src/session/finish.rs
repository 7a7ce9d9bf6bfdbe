//! The end of a run: its outcome, what people get, and the session's next run, in one transaction.

mod at_last;

use std::sync::Arc;

use super::{
    Engine, SessionError,
    in_parts::InParts,
    sentences,
    settle::{AGENT_GONE, RUN_OVER, STOPPED},
};
use crate::{
    admission::Ticket,
    observe::Reference,
    runtime::{ErrorClass, TurnEnd, Usage, runner::Seq},
    store::{NewDelivery, NewRun, Payload, RunEnd, SessionRow, StoreError, Tx, Used},
    words::{ApprovalState, RequestState, RunId, RunState, RunnerId, SessionId},
};

/// How a run ended.
#[derive(Clone)]
pub(super) enum Outcome {
    /// The agent answered.
    Answered(String),
    /// Something went wrong; a sentence for the person and what the log has.
    Failed { sentence: String, cause: String },
    /// A person stopped it.
    Cancelled,
    /// It was cancelled before it began.
    Withdrawn,
    /// It waited too long.
    Expired,
    /// Nobody in it was permitted any more; they were told.
    Refused,
    /// The agent or its runner died; a sentence for the person.
    Interrupted(&'static str),
    /// Somebody it worked for was blocked; the place was told. What others asked goes back into
    /// the mailbox.
    BrokenOff,
}

impl Outcome {
    const fn states(&self) -> (RunState, RequestState) {
        match self {
            Self::Answered(_) => (RunState::Completed, RequestState::Answered),
            Self::Failed { .. } => (RunState::Failed, RequestState::Failed),
            Self::Cancelled | Self::Withdrawn => (RunState::Cancelled, RequestState::Cancelled),
            Self::Expired => (RunState::Expired, RequestState::Expired),
            Self::Refused | Self::BrokenOff => (RunState::Cancelled, RequestState::Refused),
            Self::Interrupted(_) => (RunState::Interrupted, RequestState::Failed),
        }
    }

    /// How questions end that nobody has decided on when the run ends, and why.
    const fn of_questions(&self) -> (ApprovalState, &'static str) {
        match self {
            Self::Failed { .. } | Self::Interrupted(_) => (ApprovalState::Lost, AGENT_GONE),
            Self::Answered(_) | Self::Expired => (ApprovalState::Cancelled, RUN_OVER),
            Self::Cancelled | Self::Withdrawn | Self::Refused | Self::BrokenOff => {
                (ApprovalState::Cancelled, STOPPED)
            }
        }
    }

    /// What the place is shown.
    pub(super) fn payload(self, session: &SessionRow, footer: String) -> Option<Payload> {
        let notice = |text: String| Payload::Notice {
            channel: None,
            reply_to: None,
            text,
        };
        match self {
            Self::Answered(markdown) => Some(Payload::Answer { markdown, footer }),
            Self::Failed { sentence, .. } => Some(notice(sentence)),
            Self::Cancelled if session.has_ended() => Some(notice(sentences::CUT_OFF.to_owned())),
            Self::Cancelled => Some(notice(sentences::CANCELLED.to_owned())),
            Self::Withdrawn => Some(notice(sentences::WITHDRAWN.to_owned())),
            Self::Expired => Some(notice(sentences::EXPIRED.to_owned())),
            Self::Interrupted(sentence) => Some(notice(sentence.to_owned())),
            Self::Refused | Self::BrokenOff => None,
        }
    }
}

/// What a turn left to be accounted for.
pub(super) struct Account {
    /// The runner of the turn.
    pub(super) runner: RunnerId,
    /// The last record that is taken into account.
    pub(super) seq: Seq,
    /// The turn's own account, if it came so far.
    pub(super) turn: Option<TurnEnd>,
}

impl Engine {
    /// Ends a run, if it is still open. Queues what people get, frees nothing: the slot is the
    /// driver's to give back.
    ///
    /// Tried once: for those whom the run still waits for when the database does not take its end.
    pub(super) async fn finish(
        self: &Arc<Self>,
        run: RunId,
        session: SessionId,
        outcome: Outcome,
        account: Option<&Account>,
    ) -> Result<(), SessionError> {
        let now = self.clock.now();
        let worked = self.store.run(run).await?.started_at;
        let follow_up = self.store.follow_up(run).await?;
        self.waits.forget(run);
        let mut tx = self.store.write().await?;
        // Only now: somebody may have ended it a moment ago.
        let session = self.store.session(session).await?;
        let outcome = self
            .unless_broken_off(&mut tx, run, &session, outcome)
            .await?;
        let parts = InParts::of(tx.parts_of(run).await?);
        let (outcome, before) = parts.with(outcome);
        let mut end = end_of(&mut tx, &outcome, account).await?;
        parts.count(&mut end);
        // What joined it and was not heard is still to be answered.
        tx.put_back_unheard(run).await?;
        let ends = tx.end_run(run, &end, now).await?;
        let next = if ends {
            let (questions, why) = outcome.of_questions();
            self.end_questions(&mut tx, run, questions, why).await?;
            let footer = footer(&end, account, &parts);
            let shown = match &follow_up {
                None => outcome.payload(&session, footer),
                Some(follow_up) => self.shown_of(follow_up, outcome, &session, footer).await?,
            };
            self.deliver_end(&mut tx, run, &session, before, shown)
                .await?;
            tx.touch_session(session.id, now).await?;
            self.queue_next(&mut tx, &session).await?
        } else {
            None
        };
        self.commit_leaving(tx, run).await?;
        tracing::info!(%run, state = %end.state, "the run has ended");
        if ends {
            self.metrics
                .run_ended(end.state, worked.map(|began| now.since(began)));
        }
        self.outbox.wake();
        self.turnstile.with(|queue| {
            if end.state == RunState::Completed
                && let Some(began) = worked
            {
                queue.took(now.since(began));
            }
            if let Some(ticket) = next {
                queue.restore_waiting(ticket);
            }
        });
        if follow_up.is_some()
            && let Some(leaving) = self.agents.leave(session.id)
        {
            // It has gone on, and nobody has followed it.
            self.close_in_its_time(leaving);
        }
        // The run may have been in the way of what the agent goes on with, and have ended without it.
        self.agents.tell_again(session.id);
        Ok(())
    }

    /// How a run ends if somebody was blocked whom it worked for, whatever it came to. Then those of
    /// its requests that can still be answered wait for another run.
    async fn unless_broken_off(
        &self,
        tx: &mut Tx,
        run: RunId,
        session: &SessionRow,
        outcome: Outcome,
    ) -> Result<Outcome, StoreError> {
        if !tx.is_broken_off(run).await? {
            return Ok(outcome);
        }
        let is_cancelled = self.store.run(run).await?.cancelled_by.is_some();
        if is_cancelled || session.has_ended() {
            return Ok(Outcome::Cancelled);
        }
        tx.put_back_requests(run).await?;
        Ok(Outcome::BrokenOff)
    }

    async fn deliver_end(
        &self,
        tx: &mut Tx,
        run: RunId,
        session: &SessionRow,
        before: Option<Payload>,
        shown: Option<Payload>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let delivery = |key: String, payload| NewDelivery {
            key,
            lane: session.thread_id,
            session: Some(session.id),
            run: Some(run),
            payload,
        };
        // A run whose turn never came leaves no word about its place in the queue.
        self.settle_wait(tx, run, session, None).await?;
        let live = tx.withdraw_live(run, now).await?;
        if let Some(payload) = before {
            tx.deliver(&delivery(format!("parts:{run}"), payload), now)
                .await?;
        }
        if let Some(payload) = shown {
            // One key for every kind of end: a run has one.
            tx.deliver(&delivery(format!("outcome:{run}"), payload), now)
                .await?;
        }
        if let Some(live) = live {
            let text = sentences::worked(tx.tool_calls(run).await?);
            let settle = Payload::Settle { live, text };
            tx.deliver(&delivery(format!("settle:{run}"), settle), now)
                .await?;
        }
        Ok(())
    }

    /// Queues a run for what waits in a session's mailbox: the next messages of one tier, as many as
    /// one prompt may hold. Where the session has ended, they are turned away.
    pub(super) async fn queue_next(
        &self,
        tx: &mut Tx,
        session: &SessionRow,
    ) -> Result<Option<Ticket>, SessionError> {
        let now = self.clock.now();
        let waiting = tx.mailbox(session.id).await?;
        if !tx.is_session_open(session.id).await? {
            for request in &waiting {
                self.turn_away(tx, session, request).await?;
            }
            return Ok(None);
        }
        let Some(first) = waiting.first() else {
            return Ok(None);
        };
        let run = NewRun {
            id: RunId::fresh(),
            session: session.id,
            principal: first.person.id,
            tier: first.tier,
            expires_at: now.after(self.limits.expiry),
        };
        tx.insert_run(&run, now).await?;
        let mut bytes = 0;
        for request in waiting
            .iter()
            .take_while(|request| request.tier == first.tier)
        {
            bytes += request.text.len();
            if request.id != first.id && bytes > self.limits.prompt {
                break;
            }
            tx.take_request(request.id, run.id).await?;
        }
        Ok(Some(Ticket {
            run: run.id,
            session: session.id,
            person: run.principal,
            channel: session.channel_id,
            project: Arc::from(session.project.as_str()),
            expires_at: run.expires_at,
        }))
    }
}

async fn end_of(
    tx: &mut Tx,
    outcome: &Outcome,
    account: Option<&Account>,
) -> Result<RunEnd, StoreError> {
    let (state, requests) = outcome.states();
    let failure = match outcome {
        Outcome::Failed { cause, .. } => Some(cause.clone()),
        Outcome::Answered(_)
        | Outcome::Cancelled
        | Outcome::Withdrawn
        | Outcome::Expired
        | Outcome::Refused
        | Outcome::Interrupted(_)
        | Outcome::BrokenOff => None,
    };
    let mut end = RunEnd::unused(state, requests, failure);
    let used = used_in(tx, account).await?;
    end.input_tokens = used.input_tokens;
    end.output_tokens = used.output_tokens;
    end.cost_microusd = used.cost_microusd;
    Ok(end)
}

/// What a turn has used; from now on its records are applied and its costs counted.
pub(super) async fn used_in(tx: &mut Tx, account: Option<&Account>) -> Result<Used, StoreError> {
    let Some(account) = account else {
        return Ok(Used::default());
    };
    tx.apply_up_to(account.runner, account.seq.get()).await?;
    let Some(turn) = &account.turn else {
        return Ok(Used::default());
    };
    let total = turn.cost_total_microusd;
    Ok(Used {
        input_tokens: turn.usage.input,
        output_tokens: turn.usage.output,
        cost_microusd: tx.account_cost(account.runner, total).await?,
    })
}

fn footer(end: &RunEnd, account: Option<&Account>, parts: &InParts) -> String {
    turn_of(account).map_or_else(String::new, |turn| {
        let usage = Usage {
            input: end.input_tokens,
            output: end.output_tokens,
        };
        let used = sentences::footer(usage, end.cost_microusd, parts.took() + turn.took);
        match sentences::stopped(&turn.stopped) {
            Some(stopped) => format!("{used} · {stopped}"),
            None => used,
        }
    })
}

/// The turn's own account, if it came so far.
fn turn_of(account: Option<&Account>) -> Option<&TurnEnd> {
    account.and_then(|account| account.turn.as_ref())
}

/// A failure of a kind that has a sentence.
pub(super) fn failure(class: ErrorClass, detail: &str) -> Outcome {
    failed(class.sentence(), &format!("{class:?}: {detail}"))
}

/// A turn took longer than a turn may take.
pub(super) fn took_too_long() -> Outcome {
    failed(
        "This took longer than a turn may take and was ended. Send a message to go on.",
        "the turn took too long",
    )
}

/// A failure with a sentence for the person and a cause for the log.
pub(super) fn failed(sentence: &str, cause: &str) -> Outcome {
    let reference = Reference::fresh();
    tracing::warn!(%reference, %cause, "a run failed");
    Outcome::Failed {
        sentence: sentences::failed(sentence, &reference.to_string()),
        cause: cause.to_owned(),
    }
}
