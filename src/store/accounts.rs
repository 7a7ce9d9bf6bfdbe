//! Accounts of agent programs: which session works with which, and which has met its limit.

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{RuntimeKind, SessionId, SlotId, SlotName},
};

/// A limit that an account has met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLimit {
    /// Whose.
    pub slot: SlotId,
    /// It takes no more before this time.
    pub until: Millis,
    /// When that was heard.
    pub heard: Millis,
}

impl Store {
    /// The limits that accounts have met and that are not over at this time.
    pub async fn account_limits(&self, now: Millis) -> Result<Vec<AccountLimit>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT runtime, slot, limited_until, heard_at FROM account_limits
             WHERE limited_until > ?",
            now
        )
        .fetch_all(&self.readers)
        .await?;
        Ok(rows.into_iter().map(AccountLimit::from).collect())
    }
}

struct Row {
    runtime: RuntimeKind,
    slot: SlotName,
    limited_until: Millis,
    heard_at: Millis,
}

impl From<Row> for AccountLimit {
    fn from(row: Row) -> Self {
        Self {
            slot: SlotId {
                runtime: row.runtime,
                name: row.slot,
            },
            until: row.limited_until,
            heard: row.heard_at,
        }
    }
}

impl Tx {
    /// Notes that an account takes no more before a time.
    pub async fn limit_account(&mut self, limit: &AccountLimit) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO account_limits (runtime, slot, limited_until, heard_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (runtime, slot) DO UPDATE
             SET limited_until = excluded.limited_until, heard_at = excluded.heard_at",
            limit.slot.runtime,
            limit.slot.name,
            limit.until,
            limit.heard
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Notes that it takes turns.
    pub async fn unlimit_account(&mut self, slot: &SlotId) -> Result<(), StoreError> {
        sqlx::query!(
            "DELETE FROM account_limits WHERE runtime = ? AND slot = ?",
            slot.runtime,
            slot.name
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Has a session work with this account of its agent program from now on.
    pub async fn pin_session(
        &mut self,
        session: SessionId,
        slot: &SlotName,
    ) -> Result<(), StoreError> {
        sqlx::query!("UPDATE sessions SET slot = ? WHERE id = ?", slot, session)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}
