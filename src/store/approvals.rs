//! Questions to people about what an agent wants to do, and the controls of each.

mod copies;
mod row;

pub use row::{ApprovalEnd, ApprovalRow, NewApproval, Renewed};

use row::Raw;

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{
        ApprovalId, ApprovalKind, ApprovalState, ChannelId, Choice, GrantId, GrantReach, MessageId,
        Route, RunId, RunnerId, SessionId, Tier, UserId,
    },
};

/// Reads questions; what follows `FROM approvals` is the caller's.
macro_rules! select {
    ($rest:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Raw,
            r#"SELECT id AS "id!: ApprovalId", runner_id AS "runner_id!: RunnerId", ask, round AS "round!: u32",
                      run_id AS "run_id!: RunId", session_id AS "session_id!: SessionId", project,
                      kind AS "kind!: ApprovalKind", tool, input, input_hash, directory, leads_to, found,
                      why, rule, grant_rule, sub_agent, tier AS "tier!: Tier", asked_by,
                      state AS "state!: ApprovalState", reach AS "reach: GrantReach",
                      grant_id AS "grant_id: GrantId",
                      decided_by AS "decided_by: UserId", decided_at AS "decided_at: Millis", reason,
                      answers, created_at AS "created_at!: Millis",
                      expires_at AS "expires_at!: Millis",
                      posted_channel AS "posted_channel: ChannelId",
                      posted_message AS "posted_message: MessageId", route AS "route: Route"
               FROM approvals "# + $rest
            $(, $argument)*
        )
    };
}

impl Store {
    /// A question by its id.
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<ApprovalRow>, StoreError> {
        let raw = select!("WHERE id = ?", id)
            .fetch_optional(&self.readers)
            .await?;
        raw.map(ApprovalRow::try_from).transpose()
    }

    /// A question as its agent asked it; the newest, if people were asked anew.
    pub async fn approval_of(
        &self,
        runner: RunnerId,
        ask: &str,
    ) -> Result<Option<ApprovalRow>, StoreError> {
        let raw = select!(
            "WHERE runner_id = ? AND ask = ? ORDER BY round DESC LIMIT 1",
            runner,
            ask
        )
        .fetch_optional(&self.readers)
        .await?;
        raw.map(ApprovalRow::try_from).transpose()
    }

    /// The message that asks a question, whatever else of that can be read.
    pub async fn posted(
        &self,
        id: ApprovalId,
    ) -> Result<Option<(ChannelId, MessageId)>, StoreError> {
        let row = sqlx::query!(
            r#"SELECT posted_channel AS "channel: ChannelId", posted_message AS "message: MessageId"
               FROM approvals WHERE id = ?"#,
            id
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.and_then(|row| row.channel.zip(row.message)))
    }

    /// Every question that waits for a person, the oldest first.
    pub async fn pending_approvals(&self) -> Result<Vec<ApprovalRow>, StoreError> {
        let rows = select!("WHERE state = 'pending' ORDER BY created_at, id")
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(ApprovalRow::try_from).collect()
    }

    /// What people were asked in a run: by which runner's agent, and under which id of its own.
    pub async fn asked_in(&self, run: RunId) -> Result<Vec<(RunnerId, String)>, StoreError> {
        let rows = sqlx::query!(
            r#"SELECT DISTINCT runner_id AS "runner: RunnerId", ask FROM approvals WHERE run_id = ?"#,
            run
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(|row| (row.runner, row.ask)).collect())
    }

    /// How often people were asked in a run, those times counted when they were asked anew.
    pub async fn times_asked_in(&self, run: RunId) -> Result<u32, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM approvals WHERE run_id = ?"#,
            run
        )
        .fetch_one(&self.readers)
        .await?)
    }

    /// How many questions wait for a person.
    pub async fn approvals_waiting(&self) -> Result<u32, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM approvals WHERE state = 'pending'"#
        )
        .fetch_one(&self.readers)
        .await?)
    }

    /// When the time of the next question is up.
    pub async fn next_approval_expiry(&self) -> Result<Option<Millis>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT MIN(expires_at) AS "at: Millis" FROM approvals WHERE state = 'pending'"#
        )
        .fetch_one(&self.readers)
        .await?)
    }

    /// The questions whose time is up.
    pub async fn approvals_due(&self, now: Millis) -> Result<Vec<ApprovalId>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT id AS "id!: ApprovalId" FROM approvals
               WHERE state = 'pending' AND expires_at <= ? ORDER BY expires_at"#,
            now
        )
        .fetch_all(&self.readers)
        .await?)
    }

    /// Who has answered what the agent wanted to know in a run, or a part of it.
    pub async fn answerers_in(&self, run: RunId) -> Result<Vec<UserId>, StoreError> {
        let people = sqlx::query_scalar!(
            r#"SELECT decided_by AS "by: UserId" FROM approvals
               WHERE run_id = ?1 AND kind = 'choice' AND state = 'answered'
               UNION
               SELECT CAST(json_extract(data, '$.by') AS INTEGER) FROM run_events
               WHERE run_id = ?1 AND kind = 'question_answered'"#,
            run
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(people.into_iter().flatten().collect())
    }

    /// What a control does, and to which question.
    pub async fn control(&self, id: &str) -> Result<Option<(ApprovalId, Choice)>, StoreError> {
        let row = sqlx::query!("SELECT approval_id, choice FROM controls WHERE id = ?", id)
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.map(|row| (row.approval_id, row.choice)))
    }

    /// The controls of a question, in their order.
    pub async fn controls_of(&self, id: ApprovalId) -> Result<Vec<(String, Choice)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT id, choice FROM controls WHERE approval_id = ? ORDER BY n",
            id
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.choice)).collect())
    }
}

impl Tx {
    /// Stores a question and its controls, unless it was stored before; says whether it did. It begins
    /// `pending`.
    pub async fn insert_approval(
        &mut self,
        new: &NewApproval,
        controls: &[(String, Choice)],
        now: Millis,
    ) -> Result<bool, StoreError> {
        let input = new.input.to_string();
        let asked_by = serde_json::to_string(&new.asked_by)?;
        let found = new.found.as_ref().map(serde_json::to_string).transpose()?;
        let done = sqlx::query!(
            "INSERT INTO approvals (id, runner_id, ask, round, run_id, session_id, project, kind, tool,
                 input, input_hash, directory, leads_to, found, why, rule, grant_rule, sub_agent, tier, asked_by,
                 state, created_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)
             ON CONFLICT (runner_id, ask, round) DO NOTHING",
            new.id,
            new.runner,
            new.ask,
            new.round,
            new.run,
            new.session,
            new.project,
            new.kind,
            new.tool,
            input,
            new.input_hash,
            new.directory,
            new.leads_to,
            found,
            new.why,
            new.rule,
            new.grant_rule,
            new.sub_agent,
            new.tier,
            asked_by,
            now,
            new.expires_at
        )
        .execute(&mut *self.0)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for ((id, choice), n) in controls.iter().zip(0_i64..) {
            sqlx::query!(
                "INSERT INTO controls (id, approval_id, n, choice) VALUES (?, ?, ?, ?)",
                id,
                new.id,
                n,
                choice
            )
            .execute(&mut *self.0)
            .await?;
        }
        Ok(true)
    }

    /// Ends a question that waits; says whether it was this that did. Of all who try, one does. A person
    /// can only before its time is up.
    pub async fn end_approval(
        &mut self,
        id: ApprovalId,
        end: &ApprovalEnd,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let answers = end.answers.as_ref().map(ToString::to_string);
        let done = sqlx::query!(
            "UPDATE approvals SET state = ?1, reach = ?2, decided_by = ?3, decided_at = ?4, reason = ?5,
                 answers = COALESCE(?6, answers), grant_id = ?8
             WHERE id = ?7 AND state = 'pending' AND (?3 IS NULL OR expires_at > ?4)",
            end.state,
            end.reach,
            end.by,
            now,
            end.reason,
            answers,
            id,
            end.grant
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes answers to some of what a question wants to know, for one that waits; says whether it did.
    pub async fn note_answers(
        &mut self,
        id: ApprovalId,
        answers: &serde_json::Value,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let answers = answers.to_string();
        let done = sqlx::query!(
            "UPDATE approvals SET answers = ? WHERE id = ? AND state = 'pending' AND expires_at > ?",
            answers,
            id,
            now
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// A question, as this transaction sees it.
    pub async fn approval(&mut self, id: ApprovalId) -> Result<Option<ApprovalRow>, StoreError> {
        let raw = select!("WHERE id = ?", id)
            .fetch_optional(&mut *self.0)
            .await?;
        raw.map(ApprovalRow::try_from).transpose()
    }

    /// The run and the session of a question, whatever else of it can be read.
    pub async fn behind(
        &mut self,
        id: ApprovalId,
    ) -> Result<Option<(RunId, SessionId)>, StoreError> {
        let row = sqlx::query!(
            r#"SELECT run_id AS "run: RunId", session_id AS "session: SessionId" FROM approvals WHERE id = ?"#,
            id
        )
        .fetch_optional(&mut *self.0)
        .await?;
        Ok(row.map(|row| (row.run, row.session)))
    }

    /// Whether a run waits for a question, as this transaction sees it.
    pub async fn has_pending_approval(&mut self, run: RunId) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT 1 AS "one!: i64" FROM approvals WHERE run_id = ? AND state = 'pending' LIMIT 1"#,
            run
        )
        .fetch_optional(&mut *self.0)
        .await?
        .is_some())
    }

    /// The questions of a run that wait, as this transaction sees them.
    pub async fn pending_approvals_of(
        &mut self,
        run: RunId,
    ) -> Result<Vec<ApprovalRow>, StoreError> {
        let rows = select!(
            "WHERE run_id = ? AND state = 'pending' ORDER BY created_at, id",
            run
        )
        .fetch_all(&mut *self.0)
        .await?;
        rows.into_iter().map(ApprovalRow::try_from).collect()
    }

    /// The ids of the questions of a run that wait, whatever else of them can be read.
    pub async fn pending_ids_of(&mut self, run: RunId) -> Result<Vec<ApprovalId>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT id AS "id!: ApprovalId" FROM approvals
               WHERE run_id = ? AND state = 'pending' ORDER BY created_at, id"#,
            run
        )
        .fetch_all(&mut *self.0)
        .await?)
    }

    /// Notes the message that asks a question, and which way it went.
    pub async fn note_posted(
        &mut self,
        id: ApprovalId,
        channel: ChannelId,
        message: MessageId,
        route: Route,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE approvals SET posted_channel = ?, posted_message = ?, route = ? WHERE id = ?",
            channel,
            message,
            route,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
