//! What is kept for the connection to Discord: IDENTIFYs, what was decided on per channel, what was
//! registered.

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{ChannelId, MessageId},
};

/// An IDENTIFY that was sent to the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identify {
    /// When.
    pub at: Millis,
    /// Whether the session that it began lasted, or was ended on request.
    pub lasted: bool,
    /// Whether the server was there when it ended early.
    pub dismissed: bool,
}

impl Store {
    /// The IDENTIFYs that were sent since a moment, oldest first.
    pub async fn identifies_since(&self, since: Millis) -> Result<Vec<Identify>, StoreError> {
        Ok(sqlx::query_as!(
            Identify,
            r#"SELECT at AS "at: Millis", lasted AS "lasted: bool", dismissed AS "dismissed: bool"
               FROM identifies WHERE at >= ? ORDER BY at, rowid"#,
            since
        )
        .fetch_all(&self.readers)
        .await?)
    }

    /// The last message that was decided on in a channel.
    pub async fn channel_mark(&self, channel: ChannelId) -> Result<Option<MessageId>, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT last_message_id FROM channel_marks WHERE channel_id = ?",
            channel
        )
        .fetch_optional(&self.readers)
        .await?)
    }

    /// The newest of the last messages that were decided on in all channels.
    pub async fn newest_mark(&self) -> Result<Option<MessageId>, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT last_message_id FROM channel_marks ORDER BY last_message_id DESC LIMIT 1"
        )
        .fetch_optional(&self.readers)
        .await?)
    }

    /// The hash of what was last registered with `target`.
    pub async fn registration(&self, target: &str) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar!("SELECT hash FROM registrations WHERE target = ?", target)
                .fetch_optional(&self.readers)
                .await?,
        )
    }
}

impl Tx {
    /// Notes an IDENTIFY and forgets those from before `forget`.
    pub async fn note_identify(&mut self, at: Millis, forget: Millis) -> Result<(), StoreError> {
        sqlx::query!("DELETE FROM identifies WHERE at < ?", forget)
            .execute(&mut *self.0)
            .await?;
        sqlx::query!("INSERT INTO identifies (at) VALUES (?)", at)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Notes that the session of the last IDENTIFY lasted.
    pub async fn note_lasting(&mut self) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE identifies SET lasted = 1
             WHERE rowid = (SELECT rowid FROM identifies ORDER BY at DESC, rowid DESC LIMIT 1)"
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Notes that the server saw the session of the last IDENTIFY end.
    pub async fn note_dismissal(&mut self) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE identifies SET dismissed = 1
             WHERE rowid = (SELECT rowid FROM identifies ORDER BY at DESC, rowid DESC LIMIT 1)"
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Moves a channel's mark forward; it never moves back.
    pub async fn mark_channel(
        &mut self,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO channel_marks (channel_id, last_message_id) VALUES (?, ?)
             ON CONFLICT (channel_id) DO UPDATE
             SET last_message_id = MAX(last_message_id, excluded.last_message_id)",
            channel,
            message
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Notes what is registered with `target` now.
    pub async fn note_registration(&mut self, target: &str, hash: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO registrations (target, hash) VALUES (?, ?)
             ON CONFLICT (target) DO UPDATE SET hash = excluded.hash",
            target,
            hash
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
