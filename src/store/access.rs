//! Memberships and the audit trail.

use std::fmt;

use super::{Store, StoreError, Tx, operators::Deed};
use crate::{
    clock::Millis,
    words::{RoleId, Scope, Tier, UserId},
};

/// Whom a membership is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// One person.
    User(UserId),
    /// Everybody who holds a role.
    Role(RoleId),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {id}"),
            Self::Role(id) => write!(f, "role {id}"),
        }
    }
}

impl Subject {
    fn stored(self) -> (&'static str, i64) {
        let (kind, id) = match self {
            Self::User(id) => ("user", id.get()),
            Self::Role(id) => ("role", id.get()),
        };
        // Snowflakes have 63 bits (Discord: reference#snowflakes); a larger one names nobody.
        (kind, i64::try_from(id).unwrap_or(i64::MAX))
    }

    fn read(kind: &str, id: u64) -> Result<Self, StoreError> {
        match kind {
            "user" => Ok(Self::User(UserId::new(id))),
            "role" => Ok(Self::Role(RoleId::new(id))),
            other => Err(StoreError::Damaged(format!(
                "`{other}` is no kind of subject"
            ))),
        }
    }
}

/// One membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipRow {
    /// Whom it is about.
    pub subject: Subject,
    /// Where it holds.
    pub scope: Scope,
    /// What it gives, or takes.
    pub tier: Tier,
    /// Who gave it; `None` for the operator's command line.
    pub granted_by: Option<UserId>,
    /// When.
    pub granted_at: Millis,
    /// From when on it does not hold any more; `None` for one that does not end by itself.
    pub expires_at: Option<Millis>,
}

impl MembershipRow {
    /// Whether it holds at a moment.
    pub fn holds_at(&self, moment: Millis) -> bool {
        self.expires_at.is_none_or(|end| moment < end)
    }
}

/// A line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// When.
    pub at: Millis,
    /// Who; `None` for the operator's command line.
    pub actor: Option<UserId>,
    /// What he did.
    pub action: String,
    /// What with.
    pub object: String,
    /// How.
    pub detail: String,
}

struct Raw {
    subject_kind: String,
    subject_id: u64,
    scope: Scope,
    tier: Tier,
    granted_by: Option<UserId>,
    granted_at: Millis,
    expires_at: Option<Millis>,
}

impl TryFrom<Raw> for MembershipRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            subject: Subject::read(&raw.subject_kind, raw.subject_id)?,
            scope: raw.scope,
            tier: raw.tier,
            granted_by: raw.granted_by,
            granted_at: raw.granted_at,
            expires_at: raw.expires_at,
        })
    }
}

impl Store {
    /// Every membership of a person and of the roles that he holds.
    pub async fn memberships_of(
        &self,
        user: UserId,
        roles: &[RoleId],
    ) -> Result<Vec<MembershipRow>, StoreError> {
        let roles = serde_json::to_string(roles)?;
        let rows = sqlx::query_as!(
            Raw,
            "SELECT subject_kind, subject_id, scope, tier, granted_by, granted_at, expires_at
             FROM memberships
             WHERE (subject_kind = 'user' AND subject_id = ?1)
                OR (subject_kind = 'role' AND subject_id IN (SELECT value FROM json_each(?2)))",
            user,
            roles
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(MembershipRow::try_from).collect()
    }

    /// How often memberships have changed, whoever changed them.
    pub async fn membership_changes(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar!("SELECT n FROM membership_changes")
            .fetch_one(&self.readers)
            .await?)
    }

    /// Whether anybody is blocked for a role that he holds.
    pub async fn has_role_blocks(&self) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM memberships
               WHERE subject_kind = 'role' AND tier = 'blocked'"#
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(found > 0)
    }

    /// The newest lines of the audit trail, in their order.
    pub async fn audit_trail(&self, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let mut lines = sqlx::query_as!(
            AuditLine,
            "SELECT at, actor, action, object, detail FROM audit ORDER BY id DESC LIMIT ?",
            limit
        )
        .fetch_all(&self.readers)
        .await?;
        lines.reverse();
        Ok(lines)
    }

    /// Every membership.
    pub async fn memberships(&self) -> Result<Vec<MembershipRow>, StoreError> {
        let rows = sqlx::query_as!(
            Raw,
            "SELECT subject_kind, subject_id, scope, tier, granted_by, granted_at, expires_at
             FROM memberships
             ORDER BY scope, subject_kind, subject_id"
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(MembershipRow::try_from).collect()
    }
}

impl Tx {
    /// Every membership, as this transaction sees it.
    pub async fn memberships(&mut self) -> Result<Vec<MembershipRow>, StoreError> {
        let rows = sqlx::query_as!(
            Raw,
            "SELECT subject_kind, subject_id, scope, tier, granted_by, granted_at, expires_at
             FROM memberships"
        )
        .fetch_all(&mut *self.0)
        .await?;
        rows.into_iter().map(MembershipRow::try_from).collect()
    }

    /// Grants, changes or blocks.
    pub async fn set_membership(&mut self, row: &MembershipRow) -> Result<(), StoreError> {
        let (kind, id) = row.subject.stored();
        sqlx::query!(
            "INSERT INTO memberships (subject_kind, subject_id, scope, tier, granted_by, granted_at,
                 expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (subject_kind, subject_id, scope) DO UPDATE
             SET tier = excluded.tier, granted_by = excluded.granted_by,
                 granted_at = excluded.granted_at, expires_at = excluded.expires_at",
            kind,
            id,
            row.scope,
            row.tier,
            row.granted_by,
            row.granted_at,
            row.expires_at
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Takes a membership away; says whether there was one.
    pub async fn remove_membership(
        &mut self,
        subject: Subject,
        scope: Scope,
    ) -> Result<Option<Tier>, StoreError> {
        let (kind, id) = subject.stored();
        let tier = sqlx::query_scalar!(
            r#"DELETE FROM memberships WHERE subject_kind = ? AND subject_id = ? AND scope = ?
               RETURNING tier AS "tier: Tier""#,
            kind,
            id,
            scope
        )
        .fetch_optional(&mut *self.0)
        .await?;
        Ok(tier)
    }

    /// Takes away every membership that has ended by itself, with a line in the audit trail each.
    pub async fn remove_ended_memberships(&mut self, now: Millis) -> Result<(), StoreError> {
        let ended = sqlx::query_as!(
            Raw,
            "DELETE FROM memberships WHERE expires_at <= ?
             RETURNING subject_kind, subject_id, scope, tier, granted_by, granted_at, expires_at",
            now
        )
        .fetch_all(&mut *self.0)
        .await?;
        for raw in ended {
            let row = MembershipRow::try_from(raw)?;
            let detail = format!("{} in {}", row.tier, row.scope);
            self.audit(
                now,
                None,
                "membership_ended",
                &row.subject.to_string(),
                &detail,
            )
            .await?;
        }
        Ok(())
    }

    /// Adds a line to the audit trail, which nobody can change or remove, and tells the operators.
    pub async fn audit(
        &mut self,
        at: Millis,
        actor: Option<UserId>,
        action: &str,
        object: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        self.audit_telling(at, actor, action, object, detail, detail)
            .await
    }

    /// The same where the operators are told less than is kept: who sees their channel need not be one of those who
    /// were asked.
    pub async fn audit_telling(
        &mut self,
        at: Millis,
        actor: Option<UserId>,
        action: &str,
        object: &str,
        detail: &str,
        told: &str,
    ) -> Result<(), StoreError> {
        let row = self
            .audit_quietly(at, actor, action, object, detail)
            .await?;
        let deed = Deed {
            actor,
            action,
            object,
            detail: told,
        };
        match self.2.audit {
            Some(channel) => self.tell_audit(channel, row, at, deed).await,
            None => Ok(()),
        }
    }

    /// The same without a word to the operators, for what happens many times a minute; answers which
    /// line it is.
    pub async fn audit_quietly(
        &mut self,
        at: Millis,
        actor: Option<UserId>,
        action: &str,
        object: &str,
        detail: &str,
    ) -> Result<i64, StoreError> {
        let (object, detail) = (self.3.redact(object), self.3.redact(detail));
        let done = sqlx::query!(
            "INSERT INTO audit (at, actor, action, object, detail) VALUES (?, ?, ?, ?, ?)",
            at,
            actor,
            action,
            object,
            detail
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.last_insert_rowid())
    }
}
