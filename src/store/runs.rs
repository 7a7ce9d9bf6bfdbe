//! Runs and what happened in them. Every change of state is a compare-and-set and a line in
//! `run_events`.

use std::time::Duration;

use serde_json::Value;

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{RequestState, RunId, RunState, SessionId, Tier, UserId},
};

/// A run to be stored; it begins `queued`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Its session.
    pub session: SessionId,
    /// For whom it acts.
    pub principal: UserId,
    /// With which tier.
    pub tier: Tier,
    /// When it is given up if its turn has not come.
    pub expires_at: Millis,
}

/// A stored run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// Its session.
    pub session_id: SessionId,
    /// Where it stands.
    pub state: RunState,
    /// For whom it acts.
    pub principal_id: UserId,
    /// With which tier.
    pub tier: Tier,
    /// When it was queued.
    pub queued_at: Millis,
    /// When it is given up if its turn has not come.
    pub expires_at: Millis,
    /// When its turn came.
    pub started_at: Option<Millis>,
    /// Who asked to cancel it.
    pub cancelled_by: Option<UserId>,
    /// When it was broken off because somebody who asked for it was blocked.
    pub broken_off_at: Option<Millis>,
    /// How often its turn was cut off and it began anew.
    pub attempt: u32,
    /// When it began anew because of trouble.
    pub retried_at: Option<Millis>,
    /// Until when it is parked, or was parked last.
    pub parked_until: Option<Millis>,
}

impl RunRow {
    /// Whether somebody has ended it, as far as that is his to do: its driver still has to see it.
    pub const fn is_wished_to_end(&self) -> bool {
        self.cancelled_by.is_some() || self.broken_off_at.is_some()
    }

    /// Since when it waits for a slot: since it was queued, or since it is not parked any more.
    pub fn waits_since(&self) -> Millis {
        let parked = self.parked_until.unwrap_or(self.queued_at);
        parked.max(self.queued_at)
    }
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// A final state.
    pub state: RunState,
    /// The outcome of its requests.
    pub requests: RequestState,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// What it cost, in millionths of a US dollar.
    pub cost_microusd: u64,
    /// What went wrong.
    pub failure: Option<String>,
}

impl RunEnd {
    /// An end before the agent did anything.
    pub fn unused(state: RunState, requests: RequestState, failure: Option<String>) -> Self {
        Self {
            state,
            requests,
            input_tokens: 0,
            output_tokens: 0,
            cost_microusd: 0,
            failure,
        }
    }
}

/// A count as SQLite keeps it.
pub(super) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Store {
    /// Every run that has not ended, in the order they were queued.
    pub async fn open_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        Ok(sqlx::query_as!(
            RunRow,
            "SELECT id, session_id, state, principal_id, tier, queued_at, expires_at, started_at,
                    cancelled_by, broken_off_at, attempt, retried_at, parked_until
             FROM runs WHERE state IN (SELECT name FROM run_states WHERE open)
             ORDER BY queued_at, id"
        )
        .fetch_all(&self.readers)
        .await?)
    }

    /// A run by its id.
    pub async fn run(&self, id: RunId) -> Result<RunRow, StoreError> {
        Ok(sqlx::query_as!(
            RunRow,
            "SELECT id, session_id, state, principal_id, tier, queued_at, expires_at, started_at,
                    cancelled_by, broken_off_at, attempt, retried_at, parked_until
             FROM runs WHERE id = ?",
            id
        )
        .fetch_one(&self.readers)
        .await?)
    }

    /// The run of a session that has not ended.
    pub async fn open_run_of(&self, session: SessionId) -> Result<Option<RunRow>, StoreError> {
        Ok(sqlx::query_as!(
            RunRow,
            "SELECT id, session_id, state, principal_id, tier, queued_at, expires_at, started_at,
                    cancelled_by, broken_off_at, attempt, retried_at, parked_until
             FROM runs WHERE session_id = ? AND state IN (SELECT name FROM run_states WHERE open)",
            session
        )
        .fetch_optional(&self.readers)
        .await?)
    }

    /// How long the last completed runs worked, newest first.
    pub async fn recent_durations(&self, limit: u32) -> Result<Vec<Duration>, StoreError> {
        let spans = sqlx::query_scalar!(
            r#"SELECT ended_at - started_at AS "span!: i64" FROM runs
               WHERE state = 'completed' AND started_at IS NOT NULL
               ORDER BY ended_at DESC LIMIT ?"#,
            limit
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(spans
            .into_iter()
            .map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)))
            .collect())
    }

    /// What happened in a run, as (kind, data), from the first on.
    pub async fn run_events(&self, id: RunId) -> Result<Vec<(String, Value)>, StoreError> {
        let rows = sqlx::query!(
            "SELECT kind, data FROM run_events WHERE run_id = ? ORDER BY n",
            id
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|row| Ok((row.kind, serde_json::from_str(&row.data)?)))
            .collect()
    }
}

impl Tx {
    /// Stores a run.
    pub async fn insert_run(&mut self, new: &NewRun, now: Millis) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO runs (id, session_id, state, principal_id, tier, queued_at, expires_at)
             VALUES (?, ?, 'queued', ?, ?, ?, ?)",
            new.id,
            new.session,
            new.principal,
            new.tier,
            now,
            new.expires_at
        )
        .execute(&mut *self.0)
        .await?;
        self.run_event(new.id, now, "queued", &Value::Null).await
    }

    /// The run of a session that has not ended, as this transaction sees it.
    pub async fn open_run_in(&mut self, session: SessionId) -> Result<Option<RunId>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT id AS "id!: RunId" FROM runs
               WHERE session_id = ? AND state IN (SELECT name FROM run_states WHERE open)"#,
            session
        )
        .fetch_optional(&mut *self.0)
        .await?)
    }

    /// Moves a run from one open state to another; says whether it was there.
    pub async fn move_run(
        &mut self,
        id: RunId,
        from: RunState,
        to: RunState,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "UPDATE runs SET state = ?1, started_at = CASE ?1
                 WHEN 'queued' THEN NULL WHEN 'starting' THEN ?2 ELSE started_at END
             WHERE id = ?3 AND state = ?4",
            to,
            now,
            id,
            from
        )
        .execute(&mut *self.0)
        .await?;
        let moved = done.rows_affected() == 1;
        if moved {
            self.run_event(id, now, to.as_str(), &Value::Null).await?;
        }
        Ok(moved)
    }

    /// Ends an open run and gives its requests their outcome; says whether it was still open.
    pub async fn end_run(
        &mut self,
        id: RunId,
        end: &RunEnd,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let (input, output) = (stored(end.input_tokens), stored(end.output_tokens));
        let cost = stored(end.cost_microusd);
        let done = sqlx::query!(
            // What was used before its turn was cut off counts too.
            "UPDATE runs SET state = ?, ended_at = ?, input_tokens = input_tokens + ?,
                    output_tokens = output_tokens + ?, cost_microusd = cost_microusd + ?, failure = ?
             WHERE id = ? AND state IN (SELECT name FROM run_states WHERE open)",
            end.state,
            now,
            input,
            output,
            cost,
            end.failure,
            id
        )
        .execute(&mut *self.0)
        .await?;
        let ended = done.rows_affected() == 1;
        if ended {
            let data = serde_json::json!({ "failure": end.failure });
            self.run_event(id, now, end.state.as_str(), &data).await?;
            self.end_requests_of(id, end.requests, now).await?;
        }
        Ok(ended)
    }

    /// How many tool calls of a run were decided on.
    pub async fn tool_calls(&mut self, id: RunId) -> Result<u32, StoreError> {
        Ok(sqlx::query_scalar!(
            // A call may be decided on again by a server after the one that died over it, and is
            // asked about a second time if the agent program's own rules do not allow it. Some
            // programs ask in that way alone.
            r#"SELECT COUNT(DISTINCT json_extract(data, '$.call')) AS "count!: u32" FROM run_events
               WHERE run_id = ? AND kind = 'tool_decided'"#,
            id
        )
        .fetch_one(&mut *self.0)
        .await?)
    }

    /// Notes who asked to cancel an open run; nothing if it has ended.
    pub async fn note_cancel(
        &mut self,
        id: RunId,
        by: UserId,
        now: Millis,
    ) -> Result<(), StoreError> {
        let noted = sqlx::query!(
            "UPDATE runs SET cancelled_by = ?
             WHERE id = ? AND state IN (SELECT name FROM run_states WHERE open)",
            by,
            id
        )
        .execute(&mut *self.0)
        .await?;
        if noted.rows_affected() == 1 {
            let data = serde_json::json!({ "by": by });
            self.run_event(id, now, "cancel_asked", &data).await?;
        }
        Ok(())
    }

    /// Breaks an open run off because somebody who asked for it is blocked; says whether that is news.
    pub async fn break_off(&mut self, id: RunId, now: Millis) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "UPDATE runs SET broken_off_at = ?
             WHERE id = ? AND broken_off_at IS NULL
               AND state IN (SELECT name FROM run_states WHERE open)",
            now,
            id
        )
        .execute(&mut *self.0)
        .await?;
        let is_news = done.rows_affected() == 1;
        if is_news {
            self.run_event(id, now, "broken_off", &Value::Null).await?;
        }
        Ok(is_news)
    }

    /// Whether a run was broken off, as this transaction sees it.
    pub async fn is_broken_off(&mut self, id: RunId) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT 1 FROM runs WHERE id = ? AND broken_off_at IS NOT NULL",
            id
        )
        .fetch_optional(&mut *self.0)
        .await?
        .is_some())
    }

    /// A run acts with less from now on than those could who asked for it.
    pub async fn lower_run(
        &mut self,
        id: RunId,
        tier: Tier,
        now: Millis,
    ) -> Result<(), StoreError> {
        sqlx::query!("UPDATE runs SET tier = ? WHERE id = ?", tier, id)
            .execute(&mut *self.0)
            .await?;
        let data = serde_json::json!({ "tier": tier.as_str() });
        self.run_event(id, now, "lowered", &data).await
    }

    /// Notes something that happened in a run.
    pub async fn run_event(
        &mut self,
        id: RunId,
        at: Millis,
        kind: &str,
        data: &Value,
    ) -> Result<(), StoreError> {
        let data = data.to_string();
        sqlx::query!(
            "INSERT INTO run_events (run_id, n, at, kind, data, seq)
             VALUES (?1, (SELECT COALESCE(MAX(n), 0) + 1 FROM run_events WHERE run_id = ?1),
                     ?2, ?3, ?4, (SELECT COALESCE(MAX(seq), 0) + 1 FROM run_events))",
            id,
            at,
            kind,
            data
        )
        .execute(&mut *self.0)
        .await?;
        self.1.has_run_event = true;
        Ok(())
    }
}
