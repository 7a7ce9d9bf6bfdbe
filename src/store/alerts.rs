//! What an operator should know of.

use super::{Store, StoreError, Tx};
use crate::{clock::Millis, words::ChannelId};

/// Something that an operator should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// When.
    pub at: i64,
    /// What kind of thing, for grouping.
    pub kind: String,
    /// Where.
    pub place: String,
    /// A sentence.
    pub text: String,
}

impl Store {
    /// The newest alerts, newest first.
    pub async fn alerts(&self, limit: u32) -> Result<Vec<Alert>, StoreError> {
        Ok(sqlx::query_as!(
            Alert,
            "SELECT at, kind, place, text FROM alerts ORDER BY id DESC LIMIT ?",
            limit
        )
        .fetch_all(&self.readers)
        .await?)
    }
}

impl Tx {
    /// Raises an alert, and tells the operators.
    pub async fn alert(
        &mut self,
        at: Millis,
        kind: &str,
        place: &str,
        text: &str,
    ) -> Result<(), StoreError> {
        self.keep_alert(at, kind, place, text).await?;
        match self.2.alerts {
            Some(told) => self.tell_alert(told, at, (kind, place, text)).await,
            None => Ok(()),
        }
    }

    /// The same about a channel. The operators are not told of their own: what is wrong with it cannot be
    /// told there.
    pub async fn alert_in(
        &mut self,
        at: Millis,
        kind: &str,
        channel: ChannelId,
        text: &str,
    ) -> Result<(), StoreError> {
        let place = format!("channel {channel}");
        if self.2.alerts == Some(channel) {
            self.keep_alert(at, kind, &place, text).await
        } else {
            self.alert(at, kind, &place, text).await
        }
    }

    async fn keep_alert(
        &mut self,
        at: Millis,
        kind: &str,
        place: &str,
        text: &str,
    ) -> Result<(), StoreError> {
        let text = self.3.redact(text);
        sqlx::query!(
            "INSERT INTO alerts (at, kind, place, text) VALUES (?, ?, ?, ?)",
            at,
            kind,
            place,
            text
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
