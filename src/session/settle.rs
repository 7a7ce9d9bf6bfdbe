//! The beginning and the end of a question to people, each in one transaction: its row, what happened in
//! the run, the audit trail, and the message.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Engine, SessionError};
use crate::{
    approval::shown,
    clock::Millis,
    delivery::{Lasting, choices},
    store::{
        ApprovalEnd, ApprovalRow, NewApproval, NewDelivery, Payload, SessionRow, StoreError, Tx,
    },
    words::{ApprovalId, ApprovalState, ChannelId, Choice, RunId, RunState},
};

/// The longest excerpt of a tool call's input in the audit trail, in characters.
const EXCERPT: usize = 300;

/// Why nobody needs an answer whose agent has ended.
pub(super) const AGENT_GONE: &str = "the agent's process has gone";

/// The same for a run that is over.
pub(super) const RUN_OVER: &str = "the agent's turn is over";

/// The same for a run that was stopped by a person.
pub(super) const STOPPED: &str = "the agent was told to stop";

/// What tells everybody that a question has ended.
fn told_of_end(id: ApprovalId, run: RunId, session: &SessionRow) -> NewDelivery {
    NewDelivery {
        key: format!("question-end:{id}"),
        lane: session.thread_id,
        session: Some(session.id),
        run: Some(run),
        payload: Payload::QuestionEnd { approval: id },
    }
}

/// What the operators' channel is told of a call: what was asked in private is not for everybody who sees that. By
/// the hash the line is found in the audit trail.
pub(super) fn hashed(tool: &str, hash: &str) -> String {
    format!("{} sha256 {hash}", shown(tool))
}

/// Gives each way to answer an id that says nothing: 244 random bits.
fn controls(choices: &[Choice]) -> Vec<(String, Choice)> {
    let id = || {
        let bytes = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    };
    choices.iter().map(|choice| (id(), *choice)).collect()
}

impl Engine {
    /// Stores a question with its buttons, and that the run waits for it.
    pub(super) async fn note_question(
        &self,
        tx: &mut Tx,
        new: &NewApproval,
        lane: ChannelId,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let lasting = match new.grant_rule {
            Some(_) => Lasting::Grantable,
            None => Lasting::EachTime,
        };
        let controls = controls(&choices(new.kind, lasting, &new.input));
        tx.insert_approval(new, &controls, now).await?;
        // It may wait for another one already.
        tx.move_run(new.run, RunState::Running, RunState::Waiting, now)
            .await?;
        let data = json!({
            "approval": new.id, "ask": new.ask, "tool": new.tool, "sha256": new.input_hash,
            "why": new.why, "rule": new.rule,
        });
        tx.run_event(new.run, now, "question", &data).await?;
        let excerpt = self.excerpt(&new.input_hash, &new.input);
        let detail = format!("{} by {}: {excerpt}", shown(&new.tool), new.rule);
        let object = format!("question {} of run {}", new.id, new.run);
        let told = hashed(&new.tool, &new.input_hash);
        tx.audit_telling(now, None, "question_asked", &object, &detail, &told)
            .await?;
        let delivery = NewDelivery {
            key: format!("question:{}", new.id),
            lane,
            session: Some(new.session),
            run: Some(new.run),
            payload: Payload::Question {
                approval: new.id,
                ways: Vec::new(),
            },
        };
        tx.deliver(&delivery, now).await.map(drop)
    }

    /// Ends a question that waits; says whether it was this that did. The run goes on when it waits for
    /// nothing else. Whoever calls this tells the turns when it is stored ([`Engine::tell_of_ends`]).
    pub(super) async fn end_question(
        &self,
        tx: &mut Tx,
        row: &ApprovalRow,
        end: &ApprovalEnd,
        now: Millis,
    ) -> Result<bool, StoreError> {
        if !tx.end_approval(row.id, end, now).await? {
            return Ok(false);
        }
        let data = json!({
            "approval": row.id, "ask": row.ask, "tool": row.tool, "sha256": row.input_hash,
            "state": end.state, "by": end.by, "reach": end.reach, "reason": end.reason,
        });
        tx.run_event(row.run, now, "question_ended", &data).await?;
        if !tx.has_pending_approval(row.run).await? {
            tx.move_run(row.run, RunState::Waiting, RunState::Running, now)
                .await?;
        }
        let action = format!("question_{}", end.state);
        let object = format!("question {} of run {}", row.id, row.run);
        let reach = end.reach.map_or("", |reach| reach.as_str());
        let excerpt = self.excerpt(&row.input_hash, &row.input);
        let detail = format!("{} {reach} {excerpt}", shown(&row.tool));
        let told = hashed(&row.tool, &row.input_hash);
        tx.audit_telling(now, end.by, &action, &object, &detail, &told)
            .await?;
        let session = self.store.session(row.session).await?;
        tx.deliver(&told_of_end(row.id, row.run, &session), now)
            .await?;
        Ok(true)
    }

    /// Ends every question of a run that waits, because nobody wants the answer any more.
    pub(super) async fn end_questions(
        &self,
        tx: &mut Tx,
        run: RunId,
        state: ApprovalState,
        why: &str,
    ) -> Result<(), StoreError> {
        let rows = tx.pending_approvals_of(run).await?;
        self.end_each(tx, &rows, state, why).await
    }

    /// The same where some of them may not be readable: those end with no more than that.
    pub(super) async fn end_questions_barely(
        &self,
        tx: &mut Tx,
        run: RunId,
        session: &SessionRow,
        state: ApprovalState,
        why: &str,
    ) -> Result<(), StoreError> {
        for id in tx.pending_ids_of(run).await? {
            self.end_one(tx, (id, run), session, state, why).await?;
        }
        Ok(())
    }

    async fn end_one(
        &self,
        tx: &mut Tx,
        (id, run): (ApprovalId, RunId),
        session: &SessionRow,
        state: ApprovalState,
        why: &str,
    ) -> Result<(), StoreError> {
        match tx.approval(id).await {
            Ok(row) => self.end_each(tx, row.as_slice(), state, why).await,
            Err(error) if error.may_pass() => Err(error),
            Err(error) => {
                tracing::error!(question = %id, %error, "a question that cannot be read is ended");
                let end = ApprovalEnd::without_a_person(state, Some(why.to_owned()));
                let now = self.clock.now();
                tx.end_approval(id, &end, now).await?;
                tx.deliver(&told_of_end(id, run, session), now)
                    .await
                    .map(drop)
            }
        }
    }

    async fn end_each(
        &self,
        tx: &mut Tx,
        rows: &[ApprovalRow],
        state: ApprovalState,
        why: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        for row in rows {
            let end = ApprovalEnd::without_a_person(state, Some(why.to_owned()));
            self.end_question(tx, row, &end, now).await?;
        }
        Ok(())
    }

    /// Ends one question that no person has decided. One that cannot be read ends with no more than that.
    pub(super) async fn end_question_now(
        &self,
        id: ApprovalId,
        state: ApprovalState,
        why: &str,
    ) -> Result<(), SessionError> {
        let mut tx = self.store.write().await?;
        if let Some((run, session)) = tx.behind(id).await? {
            let session = self.store.session(session).await?;
            self.end_one(&mut tx, (id, run), &session, state, why)
                .await?;
        }
        tx.commit().await?;
        self.tell_of_ends();
        Ok(())
    }

    /// Ends what an agent has asked in a run under an id of its own, if that waits.
    pub(super) async fn withdraw_question(
        &self,
        run: RunId,
        ask: &str,
    ) -> Result<(), SessionError> {
        let mut tx = self.store.write().await?;
        let mut rows = tx.pending_approvals_of(run).await?;
        rows.retain(|row| row.ask == ask);
        let why = "the agent does not ask any more";
        self.end_each(&mut tx, &rows, ApprovalState::Cancelled, why)
            .await?;
        tx.commit().await?;
        self.tell_of_ends();
        Ok(())
    }

    /// Has every turn that waits for a person look at its questions.
    pub(super) fn tell_of_ends(&self) {
        self.ends.send_modify(|count| *count += 1);
        self.outbox.wake();
    }

    /// By what a tool call's input is known again, and its beginning without secrets.
    pub(super) fn excerpt(&self, hash: &str, input: &Value) -> String {
        let mut short = self.secrets.beginning(&input.to_string(), EXCERPT + 1);
        if let Some((end, _)) = short.char_indices().nth(EXCERPT) {
            short.truncate(end);
            short.push('…');
        }
        format!("sha256 {hash} {short}")
    }
}
