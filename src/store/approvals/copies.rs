//! Questions that somebody has called up for himself: where he may decide on them besides where they were asked.

use super::{Store, StoreError, Tx};
use crate::words::{ApprovalId, ChannelId, UserId};

impl Store {
    /// Whether somebody has called a question up there.
    pub async fn was_shown(
        &self,
        id: ApprovalId,
        person: UserId,
        channel: ChannelId,
    ) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT 1 AS "one!: i64" FROM approval_copies
               WHERE approval_id = ? AND person_id = ? AND channel_id = ?"#,
            id,
            person,
            channel
        )
        .fetch_optional(&self.readers)
        .await?
        .is_some())
    }
}

impl Tx {
    /// Notes that somebody has called a question up there.
    pub async fn note_shown(
        &mut self,
        id: ApprovalId,
        person: UserId,
        channel: ChannelId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT OR IGNORE INTO approval_copies (approval_id, person_id, channel_id) VALUES (?, ?, ?)",
            id,
            person,
            channel
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
