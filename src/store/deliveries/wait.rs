//! The message that tells a run its place in the queue.

use super::NewDelivery;
use crate::{
    clock::Millis,
    store::{Store, StoreError, Tx},
    words::{DeliveryId, MessageId, RunId},
};

/// When somebody was told something that is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Only now.
    Now,
    /// Before, maybe in other words.
    Before,
}

/// The key under which a run is told its place in the queue.
pub fn wait_key(run: RunId) -> String {
    format!("queued:{run}")
}

impl Store {
    /// The message in which a run is told its place in the queue, once Discord has it.
    pub async fn wait_message(&self, run: RunId) -> Result<Option<MessageId>, StoreError> {
        let key = wait_key(run);
        Ok(sqlx::query_scalar!(
            "SELECT message_id FROM deliveries WHERE key = ? AND state = 'sent'",
            key
        )
        .fetch_optional(&self.readers)
        .await?
        .flatten())
    }
}

impl Tx {
    /// Queues what a run is told that waits for its turn, but only while it does; says whether it was told
    /// before. `None` if it does not wait.
    pub async fn deliver_wait(
        &mut self,
        new: &NewDelivery,
        run: RunId,
        now: Millis,
    ) -> Result<Option<Said>, StoreError> {
        let queued = sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM runs WHERE id = ? AND state = 'queued'"#,
            run
        )
        .fetch_one(&mut *self.0)
        .await?;
        if queued == 0 {
            return Ok(None);
        }
        let is_new = self.deliver(new, now).await?;
        Ok(Some(if is_new { Said::Now } else { Said::Before }))
    }

    /// Withdraws what a run was told that waited if Discord was not yet asked to post it; otherwise
    /// returns its delivery, so that it can be settled.
    pub async fn withdraw_wait(
        &mut self,
        run: RunId,
        now: Millis,
    ) -> Result<Option<DeliveryId>, StoreError> {
        let key = wait_key(run);
        sqlx::query!(
            "UPDATE deliveries SET state = 'dropped', ended_at = ?
             WHERE key = ? AND state = 'pending' AND attempted_at IS NULL AND parts_sent = 0",
            now,
            key
        )
        .execute(&mut *self.0)
        .await?;
        Ok(sqlx::query_scalar!(
            r#"SELECT id AS "id!: DeliveryId" FROM deliveries
               WHERE key = ? AND state IN ('pending', 'sent')"#,
            key
        )
        .fetch_optional(&mut *self.0)
        .await?)
    }
}
