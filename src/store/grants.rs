//! What people have allowed for longer than once.

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{ChannelId, GrantId, GrantScope, GuildId, Person, Place, RoleId, Tier, UserId},
};

/// A stored grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRow {
    /// Its id.
    pub id: GrantId,
    /// What it allows, as it is shown.
    pub rule: String,
    /// In which project.
    pub project: String,
    /// Where in it.
    pub scope: GrantScope,
    /// For runs of this tier and above.
    pub tier: Tier,
    /// Who gave it.
    pub granted_by: UserId,
    /// His roles at that moment.
    pub giver_roles: Vec<RoleId>,
    /// Where the conversation lives in which he gave it; `None` if it is too old to know.
    pub place: Option<Place>,
    /// When.
    pub granted_at: Millis,
    /// From when on it does not hold any more; `None` for one that does not end by itself.
    pub expires_at: Option<Millis>,
    /// When it was taken back.
    pub revoked_at: Option<Millis>,
    /// By whom.
    pub revoked_by: Option<UserId>,
}

impl GrantRow {
    /// Who gave it, as he was then.
    pub fn giver(&self) -> Person {
        Person {
            id: self.granted_by,
            name: String::new(),
            roles: self.giver_roles.clone(),
        }
    }
}

/// The columns of a grant as the query macros name them.
struct Raw {
    id: GrantId,
    rule: String,
    project: String,
    scope: GrantScope,
    tier: Tier,
    granted_by: UserId,
    giver_roles: String,
    guild_id: Option<GuildId>,
    channel_id: Option<ChannelId>,
    thread_id: Option<ChannelId>,
    granted_at: Millis,
    expires_at: Option<Millis>,
    revoked_at: Option<Millis>,
    revoked_by: Option<UserId>,
}

impl TryFrom<Raw> for GrantRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        let thread = raw.thread_id;
        let place = raw.guild_id.zip(raw.channel_id);
        Ok(Self {
            id: raw.id,
            rule: raw.rule,
            project: raw.project,
            scope: raw.scope,
            tier: raw.tier,
            granted_by: raw.granted_by,
            giver_roles: serde_json::from_str(&raw.giver_roles)?,
            place: place.map(|(guild, channel)| Place {
                guild,
                channel,
                thread,
            }),
            granted_at: raw.granted_at,
            expires_at: raw.expires_at,
            revoked_at: raw.revoked_at,
            revoked_by: raw.revoked_by,
        })
    }
}

fn rows(raw: Vec<Raw>) -> Result<Vec<GrantRow>, StoreError> {
    raw.into_iter().map(GrantRow::try_from).collect()
}

/// Reads grants; what follows `FROM grants` is the caller's.
macro_rules! select {
    ($rest:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            Raw,
            "SELECT id, rule, project, scope, tier, granted_by, giver_roles, guild_id, channel_id,
                    thread_id, granted_at, expires_at, revoked_at, revoked_by
             FROM grants " + $rest
            $(, $argument)*
        )
    };
}

impl Store {
    /// The grants of a project that hold at a moment in some of these scopes, whatever the tier.
    pub async fn live_grants(
        &self,
        project: &str,
        scopes: &[GrantScope],
        now: Millis,
    ) -> Result<Vec<GrantRow>, StoreError> {
        let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        let scopes = serde_json::to_string(&scopes)?;
        rows(
            select!(
            "WHERE project = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?3)
               AND scope IN (SELECT value FROM json_each(?2))
             ORDER BY granted_at, id",
            project,
            scopes,
            now
        )
            .fetch_all(&self.readers)
            .await?,
        )
    }

    /// Every grant of a project that holds at a moment, the oldest first.
    pub async fn grants_of(&self, project: &str, now: Millis) -> Result<Vec<GrantRow>, StoreError> {
        rows(
            select!(
            "WHERE project = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)
             ORDER BY granted_at, id",
            project,
            now
        )
            .fetch_all(&self.readers)
            .await?,
        )
    }

    /// A grant by its id.
    pub async fn grant(&self, id: GrantId) -> Result<Option<GrantRow>, StoreError> {
        let raw = select!("WHERE id = ?", id)
            .fetch_optional(&self.readers)
            .await?;
        raw.map(GrantRow::try_from).transpose()
    }
}

impl Tx {
    /// Stores a grant.
    pub async fn insert_grant(&mut self, row: &GrantRow) -> Result<(), StoreError> {
        let roles = serde_json::to_string(&row.giver_roles)?;
        let guild = row.place.map(|place| place.guild);
        let channel = row.place.map(|place| place.channel);
        let thread = row.place.and_then(|place| place.thread);
        sqlx::query!(
            "INSERT INTO grants (id, rule, project, scope, tier, granted_by, giver_roles, guild_id,
                 channel_id, thread_id, granted_at, expires_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row.id,
            row.rule,
            row.project,
            row.scope,
            row.tier,
            row.granted_by,
            roles,
            guild,
            channel,
            thread,
            row.granted_at,
            row.expires_at
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Takes a grant back; says whether it still held.
    pub async fn revoke_grant(
        &mut self,
        id: GrantId,
        by: UserId,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "UPDATE grants SET revoked_at = ?1, revoked_by = ?2
             WHERE id = ?3 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?1)",
            now,
            by,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

#[cfg(test)]
mod tests;
