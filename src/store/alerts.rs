//! What an operator should know of.

use super::{Store, StoreError, Tx};
use crate::clock::Millis;

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
    /// Raises an alert.
    pub async fn alert(
        &mut self,
        at: Millis,
        kind: &str,
        place: &str,
        text: &str,
    ) -> Result<(), StoreError> {
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
