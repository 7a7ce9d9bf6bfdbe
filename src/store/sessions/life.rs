//! The beginning of sessions, where they go, and their end.

use super::NewSession;
use crate::{
    clock::Millis,
    store::{StoreError, Tx},
    words::{ChannelId, GrantScope, SessionId, UserId},
};

impl Tx {
    /// Stores a session, unless its place has one already or its name is taken; says whether it did.
    pub async fn insert_session(
        &mut self,
        new: &NewSession,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "INSERT INTO sessions (id, project, runtime, guild_id, channel_id, thread_id,
                 post_channel_id, context_before, context_after, title, name, model,
                 agent_session, circle, agent_acknowledged, created_at, used_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, ?14, ?14)
             ON CONFLICT DO NOTHING",
            new.id,
            new.project,
            new.runtime,
            new.guild,
            new.channel,
            new.thread,
            new.context_before,
            new.context_after,
            new.title,
            new.name,
            new.model,
            new.agent_session,
            new.circle,
            now
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes that a session was worked in.
    pub async fn touch_session(&mut self, id: SessionId, now: Millis) -> Result<(), StoreError> {
        sqlx::query!("UPDATE sessions SET used_at = ? WHERE id = ?", now, id)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Notes why Discord refuses a session's messages, or that it takes them again.
    pub async fn mark_unreachable(
        &mut self,
        id: SessionId,
        why: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query!("UPDATE sessions SET unreachable = ? WHERE id = ?", why, id)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Discord refused the thread: what is said in the sessions that live there, open or ended, goes to
    /// the channel.
    pub async fn post_in_channel(&mut self, thread: ChannelId) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET post_channel_id = channel_id WHERE thread_id = ?",
            thread
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Moves the sessions that live in one place, open or ended, into another. Where an open one lives
    /// already, the one that comes is ended: says whether that was not so.
    pub async fn move_sessions(
        &mut self,
        from: ChannelId,
        to: ChannelId,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let ended = sqlx::query!(
            "UPDATE sessions SET ended_at = ?3
             WHERE thread_id = ?1 AND ended_at IS NULL
               AND EXISTS (SELECT 1 FROM sessions WHERE thread_id = ?2 AND ended_at IS NULL)",
            from,
            to,
            now
        )
        .execute(&mut *self.0)
        .await?;
        sqlx::query!(
            "UPDATE sessions SET thread_id = ?2, post_channel_id = ?2 WHERE thread_id = ?1",
            from,
            to
        )
        .execute(&mut *self.0)
        .await?;
        Ok(ended.rows_affected() == 0)
    }

    /// Ends a session; says whether it was still open.
    pub async fn end_session(
        &mut self,
        id: SessionId,
        by: Option<UserId>,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "UPDATE sessions SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL",
            now,
            by,
            id
        )
        .execute(&mut *self.0)
        .await?;
        // What was allowed for this conversation ends with it.
        let scope = GrantScope::Session(id);
        sqlx::query!(
            "UPDATE grants SET revoked_at = ?1, revoked_by = ?2 WHERE scope = ?3 AND revoked_at IS NULL",
            now,
            by,
            scope
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether a session is open, as this transaction sees it.
    pub async fn is_session_open(&mut self, id: SessionId) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar!(
            "SELECT 1 FROM sessions WHERE id = ? AND ended_at IS NULL",
            id
        )
        .fetch_optional(&mut *self.0)
        .await?
        .is_some())
    }

    /// The open session of a channel that has this name, whatever its letters' case.
    pub async fn session_named(
        &mut self,
        channel: ChannelId,
        name: &str,
    ) -> Result<Option<SessionId>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT id AS "id!: SessionId" FROM sessions
               WHERE channel_id = ? AND name = ? COLLATE NOCASE AND ended_at IS NULL"#,
            channel,
            name
        )
        .fetch_optional(&mut *self.0)
        .await?)
    }
}
