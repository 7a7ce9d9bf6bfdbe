//! Runners, and how far their journals have been applied.

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{RunnerId, SessionId},
};

/// A runner that has not been given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerRow {
    /// Its id.
    pub id: RunnerId,
    /// The session that it serves.
    pub session_id: SessionId,
    /// The last line of its journal whose effects are stored.
    pub applied_seq: u64,
    /// What its agent process has cost in turns that are accounted for, in millionths of a US
    /// dollar. Agents tell a running total.
    pub cost_seen_microusd: u64,
    /// By what it is known again how its agent was started.
    pub launched_as: Option<String>,
}

struct Raw {
    id: RunnerId,
    session_id: SessionId,
    applied_seq: i64,
    cost_seen_microusd: i64,
    launched_as: Option<String>,
}

impl From<Raw> for RunnerRow {
    fn from(raw: Raw) -> Self {
        Self {
            id: raw.id,
            session_id: raw.session_id,
            applied_seq: u64::try_from(raw.applied_seq).unwrap_or(0),
            cost_seen_microusd: u64::try_from(raw.cost_seen_microusd).unwrap_or(0),
            launched_as: raw.launched_as,
        }
    }
}

impl Store {
    /// Every runner that has not been given up.
    pub async fn runners(&self) -> Result<Vec<RunnerRow>, StoreError> {
        let rows = sqlx::query_as!(
            Raw,
            "SELECT id, session_id, applied_seq, cost_seen_microusd, launched_as FROM runners
             WHERE ended_at IS NULL ORDER BY started_at"
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(RunnerRow::from).collect())
    }

    /// The runner that serves a session.
    pub async fn runner_of(&self, session: SessionId) -> Result<Option<RunnerRow>, StoreError> {
        let row = sqlx::query_as!(
            Raw,
            "SELECT id, session_id, applied_seq, cost_seen_microusd, launched_as FROM runners
             WHERE session_id = ? AND ended_at IS NULL",
            session
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(RunnerRow::from))
    }
}

impl Tx {
    /// Notes a runner before it is started, so that it can be found whatever happens then.
    pub async fn insert_runner(
        &mut self,
        id: RunnerId,
        session: SessionId,
        launched_as: &str,
        now: Millis,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO runners (id, session_id, launched_as, started_at) VALUES (?, ?, ?, ?)",
            id,
            session,
            launched_as,
            now
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Moves the mark of a runner's journal; belongs into the transaction of the line's effects.
    pub async fn apply_up_to(&mut self, id: RunnerId, seq: u64) -> Result<(), StoreError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        sqlx::query!(
            "UPDATE runners SET applied_seq = MAX(applied_seq, ?) WHERE id = ?",
            seq,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Notes the running total of an agent process's cost; returns how much is new.
    pub async fn account_cost(
        &mut self,
        id: RunnerId,
        total_microusd: u64,
    ) -> Result<u64, StoreError> {
        let seen = sqlx::query_scalar!("SELECT cost_seen_microusd FROM runners WHERE id = ?", id)
            .fetch_one(&mut *self.0)
            .await?;
        let total = i64::try_from(total_microusd).unwrap_or(i64::MAX);
        sqlx::query!(
            "UPDATE runners SET cost_seen_microusd = ? WHERE id = ?",
            total,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(u64::try_from(total.saturating_sub(seen)).unwrap_or(0))
    }

    /// Gives a runner up: nothing of it lives any more.
    pub async fn end_runner(&mut self, id: RunnerId, now: Millis) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE runners SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
            now,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
