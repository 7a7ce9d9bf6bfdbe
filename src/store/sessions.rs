//! Sessions: what they are, and finding them.

mod agent;
mod life;

use uuid::Uuid;

use super::{Store, StoreError};
use crate::{
    clock::Millis,
    words::{
        AgentMode, ChannelId, Circle, GuildId, MessageId, Place, RunId, RuntimeKind, SessionId,
        SlotId, SlotName,
    },
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
    /// Its thread, which may not exist yet; the channel for a session that is bound to it.
    pub thread: ChannelId,
    /// Give the agent what was said in the thread before this message.
    pub context_before: Option<MessageId>,
    /// Give the agent what was said in the channel after this message, turn by turn.
    pub context_after: Option<MessageId>,
    /// What the thread is called.
    pub title: String,
    /// What a person called it, unique among the open sessions of the channel.
    pub name: Option<String>,
    /// The model, if not the project's.
    pub model: Option<String>,
    /// The agent's own id of the conversation.
    pub agent_session: Uuid,
    /// For whom it is.
    pub circle: Circle,
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
    /// Where it lives: its thread, or the channel itself if it is bound to that.
    pub thread_id: ChannelId,
    /// Where its messages are posted.
    pub post_channel_id: ChannelId,
    /// Why Discord refuses messages there; `None` while it takes them.
    pub unreachable: Option<String>,
    /// What was said in the thread before this message was not yet given to the agent.
    pub context_before: Option<MessageId>,
    /// What was said in the channel after this message was not yet given to the agent; `None` for
    /// a session that is not bound to a channel.
    pub context_after: Option<MessageId>,
    /// What the thread is called.
    pub title: String,
    /// What a person called it.
    pub name: Option<String>,
    /// The model, if not the project's.
    pub model: Option<String>,
    /// How freely its agent goes about its work.
    pub mode: AgentMode,
    /// The agent's own id of the conversation.
    pub agent_session: Uuid,
    /// With which account of its agent program it works; `None` before its first run.
    pub slot: Option<SlotName>,
    /// For whom it is.
    pub circle: Circle,
    /// Whether the agent has ever taken up a message of it.
    pub agent_acknowledged: bool,
    /// When it was last worked in.
    pub used_at: Millis,
    /// When it was ended.
    pub ended_at: Option<Millis>,
}

impl SessionRow {
    /// Where the session lives.
    pub fn place(&self) -> Place {
        Place {
            guild: self.guild_id,
            channel: self.channel_id,
            thread: (!self.is_bound_to_channel()).then_some(self.thread_id),
        }
    }

    /// Whether it lives in the channel itself, not in a thread.
    pub fn is_bound_to_channel(&self) -> bool {
        self.thread_id == self.channel_id
    }

    /// The account that it works with; before its first run the one that a program has whose settings name none.
    pub fn account(&self) -> SlotId {
        SlotId {
            runtime: self.runtime,
            name: self.slot.clone().unwrap_or_else(SlotName::main),
        }
    }

    /// Whether it was ended.
    pub const fn has_ended(&self) -> bool {
        self.ended_at.is_some()
    }
}

/// Reads sessions; what follows `FROM sessions` is the caller's.
macro_rules! select {
    ($rest:literal $(, $argument:expr)*) => {
        sqlx::query_as!(
            SessionRow,
            "SELECT id, project, runtime, guild_id, channel_id, thread_id, post_channel_id,
                    unreachable, context_before, context_after, title, name, model, mode,
                    agent_session, slot, circle, agent_acknowledged, used_at, ended_at
             FROM sessions " + $rest
            $(, $argument)*
        )
    };
}

impl Store {
    /// The open session that lives in a thread or is bound to a channel.
    pub async fn session_in(&self, place: ChannelId) -> Result<Option<SessionRow>, StoreError> {
        Ok(select!("WHERE thread_id = ? AND ended_at IS NULL", place)
            .fetch_optional(&self.readers)
            .await?)
    }

    /// The open session that lives in a thread or channel or, if there is none, the one of those
    /// that post there that was used last.
    pub async fn session_at(&self, place: ChannelId) -> Result<Option<SessionRow>, StoreError> {
        Ok(select!(
            "WHERE (thread_id = ?1 OR post_channel_id = ?1) AND ended_at IS NULL
             ORDER BY thread_id = ?1 DESC, used_at DESC, id DESC LIMIT 1",
            place
        )
        .fetch_optional(&self.readers)
        .await?)
    }

    /// The session that said something, if it is still open.
    pub async fn session_that_said(
        &self,
        message: MessageId,
    ) -> Result<Option<SessionRow>, StoreError> {
        Ok(select!(
            "WHERE ended_at IS NULL
               AND id = (SELECT session_id FROM delivery_parts
                         JOIN deliveries ON deliveries.id = delivery_id
                         WHERE delivery_parts.message_id = ?)",
            message
        )
        .fetch_optional(&self.readers)
        .await?)
    }

    /// A session by its id, open or ended.
    pub async fn session(&self, id: SessionId) -> Result<SessionRow, StoreError> {
        Ok(select!("WHERE id = ?", id).fetch_one(&self.readers).await?)
    }

    /// Where the session of a run posts; `None` if there is no such run.
    pub async fn posts_in(&self, run: RunId) -> Result<Option<ChannelId>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT post_channel_id AS "place!: ChannelId" FROM sessions
               WHERE id = (SELECT session_id FROM runs WHERE id = ?)"#,
            run
        )
        .fetch_optional(&self.readers)
        .await?)
    }

    /// Whether a thread grew from a message that is known here, or will grow from one: then everybody
    /// who sees its channel sees it too, for a private thread grows from none
    /// (Discord: resources/channel#start-thread-from-message).
    pub async fn grows_from_a_message(&self, thread: ChannelId) -> Result<bool, StoreError> {
        let found = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM requests WHERE message_id = ?1)
                   OR EXISTS (SELECT 1 FROM delivery_parts WHERE message_id = ?1)
                   OR EXISTS (SELECT 1 FROM deliveries
                              WHERE lane = ?1 AND kind = 'opening' AND state = 'pending')
               AS "found!: bool""#,
            thread
        );
        Ok(found.fetch_one(&self.readers).await?)
    }

    /// The open sessions that were used last, newest first; in one channel, or everywhere.
    pub async fn recent_sessions(
        &self,
        channel: Option<ChannelId>,
        limit: u32,
    ) -> Result<Vec<SessionRow>, StoreError> {
        Ok(select!(
            "WHERE ended_at IS NULL AND (?1 IS NULL OR channel_id = ?1)
             ORDER BY used_at DESC, id DESC LIMIT ?2",
            channel,
            limit
        )
        .fetch_all(&self.readers)
        .await?)
    }
}

#[cfg(test)]
mod tests;
