//! The outbox: what Discord must get, until Discord has it.

mod live;
mod row;
mod wait;

pub use row::{Delivery, DeliveryKind, DeliveryState, Head, NewDelivery, Payload};
pub use wait::{Said, wait_key};

use row::Raw;

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{ChannelId, DeliveryId, MessageId, SessionId},
};

/// Rows that are removed at once, so that nobody waits long for the others.
const AT_ONCE: u32 = 1_000;

impl Store {
    /// The head of every lane that waits: its oldest delivery that Discord does not have yet, the
    /// oldest of all first. Reads an index only, whatever the deliveries hold. (With `MIN`, `SQLite`
    /// takes the other columns from the row that has it: lang_select, "bare columns".)
    pub async fn waiting_heads(&self) -> Result<Vec<Head>, StoreError> {
        Ok(sqlx::query_as!(
            Head,
            r#"SELECT MIN(n) AS "n!: i64", lane AS "lane!: ChannelId", kind AS "kind!: DeliveryKind",
                      session_id AS "session: SessionId"
               FROM deliveries WHERE state = 'pending' GROUP BY lane ORDER BY 1"#
        )
        .fetch_all(&self.readers)
        .await?)
    }

    /// A delivery by its place in the order.
    pub async fn delivery(&self, n: i64) -> Result<Delivery, StoreError> {
        let raw = sqlx::query_as!(
            Raw,
            r#"SELECT n AS "n!", id, lane, session_id, run_id, payload, parts_sent, message_id,
                      attempted_at, nonce_round
               FROM deliveries WHERE n = ?"#,
            n
        )
        .fetch_one(&self.readers)
        .await?;
        raw.try_into()
    }

    /// How many deliveries wait.
    pub async fn deliveries_waiting(&self) -> Result<u32, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM deliveries WHERE state = 'pending'"#
        )
        .fetch_one(&self.readers)
        .await?)
    }

    /// Whether there is such a delivery.
    pub async fn is_delivery(&self, id: DeliveryId) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT 1 AS "one!: i64" FROM deliveries WHERE id = ?"#,
            id
        )
        .fetch_optional(&self.readers)
        .await?
        .is_some())
    }

    /// The message that a delivery became.
    pub async fn message_of(&self, id: DeliveryId) -> Result<Option<MessageId>, StoreError> {
        Ok(
            sqlx::query_scalar!("SELECT message_id FROM deliveries WHERE id = ?", id)
                .fetch_one(&self.readers)
                .await?,
        )
    }

    /// The message that the delivery of this key became.
    pub async fn message_called(&self, key: &str) -> Result<Option<MessageId>, StoreError> {
        Ok(
            sqlx::query_scalar!("SELECT message_id FROM deliveries WHERE key = ?", key)
                .fetch_optional(&self.readers)
                .await?
                .flatten(),
        )
    }

    /// Whether a message is known to have come of a delivery.
    pub async fn is_delivered(&self, message: MessageId) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT 1 AS "one!: i64" FROM delivery_parts WHERE message_id = ?"#,
            message
        )
        .fetch_optional(&self.readers)
        .await?
        .is_some())
    }
}

impl Tx {
    /// Queues a delivery unless its key was queued before; says whether it did.
    pub async fn deliver(&mut self, new: &NewDelivery, now: Millis) -> Result<bool, StoreError> {
        let id = DeliveryId::fresh();
        let kind = new.payload.kind();
        let payload = new.payload.clone().without(&self.3);
        let payload = serde_json::to_string(&payload)?;
        let done = sqlx::query!(
            "INSERT INTO deliveries (id, key, lane, kind, state, session_id, run_id, payload,
                 created_at)
             VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?)
             ON CONFLICT (key) DO NOTHING",
            id,
            new.key,
            new.lane,
            kind,
            new.session,
            new.run,
            payload,
            now
        )
        .execute(&mut *self.0)
        .await?;
        let is_queued = done.rows_affected() == 1;
        self.1.has_delivery |= is_queued;
        Ok(is_queued)
    }

    /// Notes that a message is about to be asked for, with which round of its nonce; says whether
    /// the delivery is still wanted.
    pub async fn attempt(
        &mut self,
        id: DeliveryId,
        attempted_at: Millis,
        nonce_round: u32,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "UPDATE deliveries SET attempted_at = ?, nonce_round = ?
             WHERE id = ? AND state = 'pending'",
            attempted_at,
            nonce_round,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that Discord has one more message of a delivery.
    pub async fn part_sent(
        &mut self,
        id: DeliveryId,
        message: MessageId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE deliveries SET parts_sent = parts_sent + 1,
                 message_id = COALESCE(message_id, ?), attempted_at = NULL, nonce_round = 0
             WHERE id = ?",
            message,
            id
        )
        .execute(&mut *self.0)
        .await?;
        // A repetition with the same nonce hands out the same message again.
        sqlx::query!(
            "INSERT INTO delivery_parts (message_id, delivery_id) VALUES (?, ?)
             ON CONFLICT (message_id) DO NOTHING",
            message,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Changes what a delivery is, before anything of it was sent.
    pub async fn change_delivery(
        &mut self,
        id: DeliveryId,
        payload: &Payload,
    ) -> Result<(), StoreError> {
        let payload = serde_json::to_string(payload)?;
        sqlx::query!(
            "UPDATE deliveries SET payload = ?, attempted_at = NULL, nonce_round = 0
             WHERE id = ? AND state = 'pending'",
            payload,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// What waits in a lane goes on in another one, in its order.
    pub async fn change_lane(&mut self, from: ChannelId, to: ChannelId) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE deliveries SET lane = ?2 WHERE lane = ?1 AND state = 'pending'",
            from,
            to
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Ends a delivery that cannot be read any more, so that its lane goes on.
    pub async fn refuse_unreadable(
        &mut self,
        head: Head,
        error: &str,
        now: Millis,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE deliveries SET state = 'refused', error = ?, ended_at = ?
             WHERE n = ? AND state = 'pending'",
            error,
            now,
            head.n
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Removes some reactions that ended before a moment, however they did; says whether there may be
    /// more.
    pub async fn prune_reactions(&mut self, before: Millis) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "DELETE FROM deliveries WHERE n IN (
                 SELECT n FROM deliveries
                 WHERE kind = 'reaction' AND state <> 'pending' AND ended_at < ? LIMIT ?)",
            before,
            AT_ONCE
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == u64::from(AT_ONCE))
    }

    /// Ends a delivery.
    pub async fn end_delivery(
        &mut self,
        id: DeliveryId,
        state: DeliveryState,
        error: Option<&str>,
        now: Millis,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE deliveries SET state = ?, error = ?, ended_at = ?
             WHERE id = ? AND state = 'pending'",
            state,
            error,
            now,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The keys that begin so, in the order in which they were queued.
    pub async fn delivery_keys(&mut self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let end = format!("{prefix}\u{10FFFF}");
        Ok(sqlx::query_scalar!(
            "SELECT key FROM deliveries WHERE key >= ? AND key < ? ORDER BY n",
            prefix,
            end
        )
        .fetch_all(&mut *self.0)
        .await?)
    }
}

#[cfg(test)]
impl Store {
    /// Makes a delivery unreadable.
    pub(crate) async fn damage_delivery(&self, n: i64) {
        sqlx::query!("UPDATE deliveries SET payload = '{}' WHERE n = ?", n)
            .execute(&self.writer)
            .await
            .unwrap();
    }
}

#[cfg(test)]
mod tests;
