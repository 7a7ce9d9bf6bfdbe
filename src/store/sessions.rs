//! Sessions.

use uuid::Uuid;

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{ChannelId, GuildId, MessageId, Place, RuntimeKind, SessionId},
};

/// A session to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The project it works in.
    pub project: String,
    /// The project's runtime.
    pub runtime: RuntimeKind,
    /// Its guild.
    pub guild: GuildId,
    /// The channel it hangs under.
    pub channel: ChannelId,
    /// Its thread, which may not exist yet.
    pub thread: ChannelId,
    /// Give the agent what was said in the thread before this message.
    pub context_before: Option<MessageId>,
    /// What the thread is called.
    pub title: String,
    /// The agent's own id of the conversation.
    pub agent_session: Uuid,
}

/// A stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// The project it works in.
    pub project: String,
    /// The runtime it was begun with.
    pub runtime: RuntimeKind,
    /// Its guild.
    pub guild_id: GuildId,
    /// The channel it hangs under.
    pub channel_id: ChannelId,
    /// Its thread.
    pub thread_id: ChannelId,
    /// Where its messages are posted.
    pub post_channel_id: ChannelId,
    /// Why Discord refuses messages there; `None` while it takes them.
    pub unreachable: Option<String>,
    /// What was said in the thread before this message was not yet given to the agent.
    pub context_before: Option<MessageId>,
    /// What the thread is called.
    pub title: String,
    /// The agent's own id of the conversation.
    pub agent_session: Uuid,
    /// Whether the agent has ever taken up a message of it.
    pub agent_acknowledged: bool,
    /// When it was last worked in.
    pub used_at: Millis,
}

impl SessionRow {
    /// Where the session lives.
    pub fn place(&self) -> Place {
        Place {
            guild: self.guild_id,
            channel: self.channel_id,
            thread: Some(self.thread_id),
        }
    }
}

impl Store {
    /// The session of a thread.
    pub async fn session_in(&self, thread: ChannelId) -> Result<Option<SessionRow>, StoreError> {
        Ok(sqlx::query_as!(
            SessionRow,
            "SELECT id, project, runtime, guild_id, channel_id, thread_id, post_channel_id,
                    unreachable, context_before, title, agent_session, agent_acknowledged, used_at
             FROM sessions WHERE thread_id = ?",
            thread
        )
        .fetch_optional(&self.readers)
        .await?)
    }

    /// A session by its id.
    pub async fn session(&self, id: SessionId) -> Result<SessionRow, StoreError> {
        Ok(sqlx::query_as!(
            SessionRow,
            "SELECT id, project, runtime, guild_id, channel_id, thread_id, post_channel_id,
                    unreachable, context_before, title, agent_session, agent_acknowledged, used_at
             FROM sessions WHERE id = ?",
            id
        )
        .fetch_one(&self.readers)
        .await?)
    }

    /// The sessions that were used last, newest first; in one channel, or everywhere.
    pub async fn recent_sessions(
        &self,
        channel: Option<ChannelId>,
        limit: u32,
    ) -> Result<Vec<SessionRow>, StoreError> {
        Ok(sqlx::query_as!(
            SessionRow,
            "SELECT id, project, runtime, guild_id, channel_id, thread_id, post_channel_id,
                    unreachable, context_before, title, agent_session, agent_acknowledged, used_at
             FROM sessions WHERE ?1 IS NULL OR channel_id = ?1
             ORDER BY used_at DESC, id DESC LIMIT ?2",
            channel,
            limit
        )
        .fetch_all(&self.readers)
        .await?)
    }
}

impl Tx {
    /// Stores a session, unless its thread has one already; says whether it did.
    pub async fn insert_session(
        &mut self,
        new: &NewSession,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "INSERT INTO sessions (id, project, runtime, guild_id, channel_id, thread_id,
                 post_channel_id, context_before, title, agent_session, agent_acknowledged,
                 created_at, used_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, 0, ?10, ?10)
             ON CONFLICT (thread_id) DO NOTHING",
            new.id,
            new.project,
            new.runtime,
            new.guild,
            new.channel,
            new.thread,
            new.context_before,
            new.title,
            new.agent_session,
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

    /// The agent has taken up a message: from now on the conversation is resumed, and the context
    /// from before is part of it.
    pub async fn acknowledge_session(&mut self, id: SessionId) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET agent_acknowledged = 1, context_before = NULL WHERE id = ?",
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The agent calls its conversation differently, or has to begin a new one.
    pub async fn rename_agent_session(
        &mut self,
        id: SessionId,
        agent_session: Uuid,
        acknowledged: bool,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET agent_session = ?, agent_acknowledged = ? WHERE id = ?",
            agent_session,
            acknowledged,
            id
        )
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

    /// Discord refused the thread: the session's messages go to the channel.
    pub async fn post_in_channel(&mut self, id: SessionId) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET post_channel_id = channel_id WHERE id = ?",
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
