//! Messages that come while an agent works: whether they join its turn, and whether it has heard them.

use super::{Store, StoreError, Tx, requests::RequestRow};
use crate::{
    clock::Millis,
    words::{Busy, RequestId, RequestState, RunId, SessionId, Tier},
};

impl Store {
    /// What joined a run and was not heard yet, in the order of acceptance.
    pub async fn unheard_of(&self, run: RunId) -> Result<Vec<RequestRow>, StoreError> {
        let mut requests = self.requests_of(run).await?;
        let unheard = sqlx::query_scalar!(
            r#"SELECT request_id AS "id!: RequestId" FROM joined_requests
               WHERE run_id = ? AND heard_at IS NULL"#,
            run
        )
        .fetch_all(&self.readers)
        .await?;
        requests.retain(|request| {
            request.state == RequestState::Taken && unheard.contains(&request.id)
        });
        Ok(requests)
    }
}

impl Tx {
    /// What a session does with messages that come while its agent works; `None` is what its project
    /// does.
    pub async fn busy_of(&mut self, session: SessionId) -> Result<Option<Busy>, StoreError> {
        let busy = sqlx::query_scalar!("SELECT busy FROM sessions WHERE id = ?", session)
            .fetch_one(&mut *self.0)
            .await?;
        // A word of a later version is none.
        Ok(busy.and_then(|busy| busy.parse().ok()))
    }

    /// Sets it.
    pub async fn set_busy(
        &mut self,
        session: SessionId,
        busy: Option<Busy>,
    ) -> Result<(), StoreError> {
        let busy = busy.map(Busy::as_str);
        sqlx::query!("UPDATE sessions SET busy = ? WHERE id = ?", busy, session)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// The run of a session whose agent works and was not told to stop, with its tier.
    pub async fn run_at_work_in(
        &mut self,
        session: SessionId,
    ) -> Result<Option<(RunId, Tier)>, StoreError> {
        Ok(sqlx::query!(
            r#"SELECT id AS "id!: RunId", tier AS "tier!: Tier" FROM runs
               WHERE session_id = ? AND state IN ('running', 'waiting')
                 AND cancelled_by IS NULL AND broken_off_at IS NULL"#,
            session
        )
        .fetch_optional(&mut *self.0)
        .await?
        .map(|row| (row.id, row.tier)))
    }

    /// Lets a request that waits join a run; says whether there was room, which is for so many that
    /// were not heard yet.
    pub async fn join_request(
        &mut self,
        id: RequestId,
        run: RunId,
        room: usize,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let unheard = sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM joined_requests AS joined
               JOIN requests ON requests.id = joined.request_id AND requests.state = 'taken'
               WHERE joined.run_id = ? AND joined.heard_at IS NULL"#,
            run
        )
        .fetch_one(&mut *self.0)
        .await?;
        if usize::try_from(unheard).is_ok_and(|unheard| unheard >= room) {
            return Ok(false);
        }
        if !self.take_request(id, run).await? {
            return Ok(false);
        }
        sqlx::query!(
            "INSERT INTO joined_requests (request_id, run_id, joined_at) VALUES (?, ?, ?)",
            id,
            run,
            now
        )
        .execute(&mut *self.0)
        .await?;
        let data = serde_json::json!({ "request": id });
        self.run_event(run, now, "joined", &data).await?;
        Ok(true)
    }

    /// Notes that an agent has heard what joined its turn.
    pub async fn note_heard(&mut self, id: RequestId, now: Millis) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE joined_requests SET heard_at = ? WHERE request_id = ? AND heard_at IS NULL",
            now,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Puts what joined a run and was not heard back into the mailbox, where it stood before.
    pub async fn put_back_unheard(&mut self, run: RunId) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE requests SET state = 'waiting', run_id = NULL
             WHERE state = 'taken' AND id IN (
                 SELECT request_id FROM joined_requests WHERE run_id = ? AND heard_at IS NULL)",
            run
        )
        .execute(&mut *self.0)
        .await?;
        self.forget_unheard(run).await
    }

    /// Forgets of what joined a run and was not heard that it joined.
    pub async fn forget_unheard(&mut self, run: RunId) -> Result<(), StoreError> {
        sqlx::query!(
            "DELETE FROM joined_requests WHERE run_id = ? AND heard_at IS NULL",
            run
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
