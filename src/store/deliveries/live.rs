//! The message that shows a run at work. A run that is long at work has several, one after the other.

use super::NewDelivery;
use crate::{
    clock::Millis,
    store::{Store, StoreError, Tx},
    words::{DeliveryId, MessageId, RunId},
};

impl Store {
    /// The newest live message of a run; `None` if there is none, and until Discord has it.
    pub async fn live_message(&self, run: RunId) -> Result<Option<MessageId>, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT message_id FROM deliveries
             WHERE run_id = ? AND kind = 'live' AND state IN ('pending', 'sent')
             ORDER BY n DESC LIMIT 1",
            run
        )
        .fetch_optional(&self.readers)
        .await?
        .flatten())
    }
}

impl Tx {
    /// Queues a live message of a run, but only while the run is open: a message that says "at
    /// work" must not come after the answer. Says whether it did.
    pub async fn deliver_live(
        &mut self,
        new: &NewDelivery,
        run: RunId,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let open = sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM runs
               WHERE id = ? AND state IN (SELECT name FROM run_states WHERE open)"#,
            run
        )
        .fetch_one(&mut *self.0)
        .await?;
        if open == 0 {
            Ok(false)
        } else {
            self.deliver(new, now).await
        }
    }

    /// The live message of a run that a message is.
    pub async fn live_delivery(
        &mut self,
        run: RunId,
        message: MessageId,
    ) -> Result<Option<DeliveryId>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT id AS "id!: DeliveryId" FROM deliveries
               WHERE run_id = ? AND kind = 'live' AND message_id = ?"#,
            run,
            message
        )
        .fetch_optional(&mut *self.0)
        .await?)
    }

    /// Withdraws a run's newest live message if Discord was not yet asked to post it; then returns
    /// the newest one that Discord may have, so that it can be settled.
    ///
    /// A part that was sent leaves no attempt behind, and the row is pending for a moment more.
    pub async fn withdraw_live(
        &mut self,
        run: RunId,
        now: Millis,
    ) -> Result<Option<DeliveryId>, StoreError> {
        sqlx::query!(
            "UPDATE deliveries SET state = 'dropped', ended_at = ?
             WHERE run_id = ? AND kind = 'live' AND state = 'pending' AND attempted_at IS NULL
                   AND parts_sent = 0",
            now,
            run
        )
        .execute(&mut *self.0)
        .await?;
        Ok(sqlx::query_scalar!(
            r#"SELECT id AS "id!: DeliveryId" FROM deliveries
               WHERE run_id = ? AND kind = 'live' AND state IN ('pending', 'sent')
               ORDER BY n DESC LIMIT 1"#,
            run
        )
        .fetch_optional(&mut *self.0)
        .await?)
    }
}
