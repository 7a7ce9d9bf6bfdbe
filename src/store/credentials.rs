//! What is known of the accounts' logins, without anything secret.

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{RuntimeKind, SlotId},
};

/// What is known of an account's login. The fingerprints are digests of refresh tokens, 32 bytes each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginRow {
    /// The login that was seen last.
    pub print: Option<Vec<u8>>,
    /// The one that the service takes no more.
    pub dead: Option<Vec<u8>>,
    /// The one that may have been used.
    pub doubt: Option<Vec<u8>>,
    /// When the login that was seen last is to be renewed.
    pub due_at: Option<i64>,
    /// Failures in a row.
    pub failures: i64,
    /// When it was renewed last.
    pub renewed_at: Option<i64>,
    /// Until when the service wants to be left alone.
    pub left_alone: Option<i64>,
    /// How many turns were refused for want of a login.
    pub refused: i64,
}

/// A renewal that was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenewalId(i64);

impl Store {
    /// What is known of an account's login.
    pub async fn login(&self, slot: &SlotId) -> Result<LoginRow, StoreError> {
        let (runtime, name) = names(slot);
        let row = sqlx::query_as!(
            LoginRow,
            "SELECT print, dead, doubt, due_at, failures, renewed_at, left_alone, refused FROM account_logins
             WHERE runtime = ? AND slot = ?",
            runtime,
            name
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.unwrap_or_default())
    }

    /// The fingerprint of the newest renewal that was cut off, if one was.
    pub async fn renewal_cut_off(&self, slot: &SlotId) -> Result<Option<Vec<u8>>, StoreError> {
        let (runtime, name) = names(slot);
        Ok(sqlx::query_scalar!(
            "SELECT print FROM renewals WHERE runtime = ? AND slot = ? AND ended_at IS NULL
             ORDER BY id DESC LIMIT 1",
            runtime,
            name
        )
        .fetch_optional(&self.readers)
        .await?)
    }
}

impl Tx {
    /// Stores what is known of an account's login.
    pub async fn save_login(&mut self, slot: &SlotId, row: &LoginRow) -> Result<(), StoreError> {
        let (runtime, name) = names(slot);
        sqlx::query!(
            "INSERT INTO account_logins
                 (runtime, slot, print, dead, doubt, due_at, failures, renewed_at, left_alone, refused)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (runtime, slot) DO UPDATE SET
                 print = excluded.print, dead = excluded.dead, doubt = excluded.doubt,
                 due_at = excluded.due_at,
                 failures = excluded.failures, renewed_at = excluded.renewed_at,
                 left_alone = excluded.left_alone, refused = excluded.refused",
            runtime,
            name,
            row.print,
            row.dead,
            row.doubt,
            row.due_at,
            row.failures,
            row.renewed_at,
            row.left_alone,
            row.refused
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Notes that the login with this fingerprint is about to be renewed. The account was stored before.
    pub async fn begin_renewal(
        &mut self,
        slot: &SlotId,
        print: &[u8],
        at: Millis,
    ) -> Result<RenewalId, StoreError> {
        let (runtime, name) = names(slot);
        let id = sqlx::query_scalar!(
            "INSERT INTO renewals (runtime, slot, print, begun_at) VALUES (?, ?, ?, ?) RETURNING id AS \"id!\"",
            runtime,
            name,
            print,
            at
        )
        .fetch_one(&mut *self.0)
        .await?;
        Ok(RenewalId(id))
    }

    /// Notes what came of it; without a time it is not over, and a start that finds it takes its token for one that may
    /// have been used.
    pub async fn end_renewal(
        &mut self,
        id: RenewalId,
        outcome: &str,
        at: Option<Millis>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE renewals SET ended_at = ?, outcome = ? WHERE id = ?",
            at,
            outcome,
            id.0
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Notes that what came of renewals which were cut off is known by other means.
    pub async fn settle_renewals(&mut self, slot: &SlotId, at: Millis) -> Result<(), StoreError> {
        let (runtime, name) = names(slot);
        sqlx::query!(
            "UPDATE renewals SET ended_at = ?, outcome = COALESCE(outcome, 'cut off')
             WHERE runtime = ? AND slot = ? AND ended_at IS NULL",
            at,
            runtime,
            name
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}

fn names(slot: &SlotId) -> (RuntimeKind, &str) {
    (slot.runtime, slot.name.as_str())
}
