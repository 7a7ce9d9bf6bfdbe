//! Runs that nobody asked for, and for whom they work.

use super::{Store, StoreError, Tx, requests::RequestRow};
use crate::words::{RunId, RunnerId, SessionId, Tier, UserId};

/// What an agent goes on with by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// The run that caused it; one that people asked for.
    pub caused_by: RunId,
    /// The runner whose agent it is.
    pub runner: RunnerId,
    /// The last line of its journal that does not belong to it.
    pub after: u64,
}

/// A run that people asked for, as what follows it has to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its id.
    pub run: RunId,
    /// For whom it acted.
    pub principal: UserId,
    /// With which tier what follows it acts: the least of all for whom the agent has worked. What those of
    /// less wrote meanwhile is in its memory too.
    pub tier: Tier,
}

impl Store {
    /// What a run goes on with, if nobody asked for it.
    pub async fn follow_up(&self, run: RunId) -> Result<Option<FollowUp>, StoreError> {
        let row = sqlx::query!(
            r#"SELECT caused_by AS "caused_by: RunId", runner_id AS "runner: RunnerId", after_seq
               FROM follow_ups WHERE run_id = ?"#,
            run
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.map(|row| FollowUp {
            caused_by: row.caused_by,
            runner: row.runner,
            after: u64::try_from(row.after_seq).unwrap_or(0),
        }))
    }

    /// The requests that a run works for, in the order of acceptance: those that it has taken and not
    /// answered, or those that the run behind it had.
    pub async fn requests_behind(&self, run: RunId) -> Result<Vec<RequestRow>, StoreError> {
        use crate::words::RequestState::{Refused, Taken};
        let Some(follow_up) = self.follow_up(run).await? else {
            let mut requests = self.requests_of(run).await?;
            requests.retain(|request| request.state == Taken);
            return Ok(requests);
        };
        let mut requests = self.requests_of(follow_up.caused_by).await?;
        requests.retain(|request| request.state != Refused);
        Ok(requests)
    }

    /// Whether what a run answers has waited for a run that nobody asked for.
    pub async fn has_made_way(&self, run: RunId) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (
                 SELECT 1 FROM follow_ups JOIN runs other ON other.id = follow_ups.run_id
                 JOIN runs one ON one.session_id = other.session_id
                 WHERE one.id = ?1
                   AND other.ended_at >= (SELECT MIN(accepted_at) FROM requests WHERE run_id = ?1)
               ) AS "has!: bool""#,
            run
        )
        .fetch_one(&self.readers)
        .await?)
    }

    /// Who asked for what a runner's agent has worked on, each once.
    pub async fn askers_of(
        &self,
        session: SessionId,
        runner: RunnerId,
    ) -> Result<Vec<UserId>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT DISTINCT request.person_id AS "person!: UserId"
               FROM requests request JOIN runs run ON run.id = request.run_id
               WHERE run.session_id = ?1 AND run.started_at IS NOT NULL
                 AND COALESCE(run.ended_at, run.started_at)
                     >= (SELECT started_at FROM runners WHERE id = ?2)
               ORDER BY request.person_id"#,
            session,
            runner
        )
        .fetch_all(&self.readers)
        .await?)
    }
}

impl Tx {
    /// Stores that a run is what an agent goes on with by itself.
    pub async fn insert_follow_up(
        &mut self,
        run: RunId,
        follow_up: FollowUp,
    ) -> Result<(), StoreError> {
        let after = super::runs::stored(follow_up.after);
        sqlx::query!(
            "INSERT INTO follow_ups (run_id, caused_by, runner_id, after_seq) VALUES (?, ?, ?, ?)",
            run,
            follow_up.caused_by,
            follow_up.runner,
            after
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The run that has caused what a runner's agent goes on with: the one whose tool call this was, if
    /// that is known; otherwise the last of those that had the least tier of all that it worked for.
    pub async fn cause_of(
        &mut self,
        session: SessionId,
        runner: RunnerId,
        call: Option<&str>,
    ) -> Result<Option<Cause>, StoreError> {
        let tiers = sqlx::query_scalar!(
            r#"SELECT one.tier AS "tier!: Tier" FROM runs one
               WHERE one.session_id = ?1 AND one.started_at IS NOT NULL
                 AND COALESCE(one.ended_at, one.started_at)
                     >= (SELECT started_at FROM runners WHERE id = ?2)"#,
            session,
            runner
        )
        .fetch_all(&mut *self.0)
        .await?;
        let cause = sqlx::query_as!(
            Cause,
            r#"SELECT cause.id AS "run!: RunId", cause.principal_id AS "principal!: UserId",
                      cause.tier AS "tier!: Tier"
               FROM runs one
               JOIN runs cause ON cause.id = COALESCE(
                 (SELECT caused_by FROM follow_ups WHERE run_id = one.id), one.id)
               WHERE one.session_id = ?1 AND one.started_at IS NOT NULL
                 AND COALESCE(one.ended_at, one.started_at)
                     >= (SELECT started_at FROM runners WHERE id = ?2)
               ORDER BY
                 EXISTS (SELECT 1 FROM run_events WHERE run_id = one.id AND kind = 'tool_decided'
                           AND json_extract(data, '$.call') = ?3) DESC,
                 CASE cause.tier WHEN 'blocked' THEN 0 WHEN 'guest' THEN 1 WHEN 'member' THEN 2 ELSE 3 END,
                 one.started_at DESC
               LIMIT 1"#,
            session,
            runner,
            call
        )
        .fetch_optional(&mut *self.0)
        .await?;
        let least = tiers.into_iter().min_by_key(|tier| tier.rank());
        Ok(cause.map(|cause| Cause {
            tier: least.unwrap_or(cause.tier),
            ..cause
        }))
    }

    /// Whether nobody asked for a run, as this transaction sees it.
    pub async fn is_follow_up(&mut self, run: RunId) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM follow_ups WHERE run_id = ?) AS "is!: bool""#,
            run
        )
        .fetch_one(&mut *self.0)
        .await?)
    }
}
