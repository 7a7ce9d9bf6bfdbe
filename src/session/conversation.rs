//! Which conversation a message belongs to.

use uuid::Uuid;

use super::{Engine, Heard, SessionError};
use crate::{
    store::{NewSession, SessionRow},
    words::{Addressed, RuntimeKind, SessionId},
};

/// The conversation that a message belongs to.
pub(super) enum Conversation {
    /// One that exists, and its project.
    Known(SessionId, String),
    /// One that it begins.
    New(NewSession),
}

impl Conversation {
    /// Its project.
    pub(super) fn project(&self) -> &str {
        match self {
            Self::Known(_, project) => project,
            Self::New(new) => &new.project,
        }
    }
}

/// Where a message leads.
pub(super) enum Found {
    /// To a conversation.
    Conversation(Conversation),
    /// Nowhere: it is not for Baton.
    Nothing,
    /// Nowhere, although it is for Baton: no project is set up there.
    NoProject,
}

impl Engine {
    pub(super) async fn conversation(&self, heard: &Heard) -> Result<Found, SessionError> {
        if let Some(session) = self.known(heard).await? {
            let known = Conversation::Known(session.id, session.project);
            return Ok(Found::Conversation(known));
        }
        // A reply begins nothing: whatever it goes on with is over.
        if heard.addressed != Addressed::ToBaton {
            return Ok(Found::Nothing);
        }
        let Some(project) = self.projects.of_channel(heard.place.channel) else {
            return Ok(Found::NoProject);
        };
        Ok(Found::Conversation(Conversation::New(NewSession {
            id: SessionId::fresh(),
            project: project.name.clone(),
            runtime: RuntimeKind::Claude,
            guild: heard.place.guild,
            channel: heard.place.channel,
            // In a channel the thread does not exist yet, but its id is known: it will be that of
            // the message it grows from.
            thread: heard.place.thread.unwrap_or(heard.message.thread()),
            context_before: heard.place.thread.map(|_| heard.message),
            context_after: None,
            title: heard.title.clone(),
            name: None,
            model: None,
            agent_session: Uuid::new_v4(),
        })))
    }

    /// In a thread every message is for its session. In a channel only what speaks to Baton is: a
    /// reply is for the session that it replies to, the rest for the session of the channel.
    async fn known(&self, heard: &Heard) -> Result<Option<SessionRow>, SessionError> {
        if let Some(thread) = heard.place.thread {
            return Ok(self.store.session_in(thread).await?);
        }
        if heard.addressed == Addressed::ToNobody {
            return Ok(None);
        }
        let channel = heard.place.channel;
        if let Some(message) = heard.replies_to
            && let Some(session) = self.store.session_that_said(message).await?
            && session.post_channel_id == channel
        {
            return Ok(Some(session));
        }
        Ok(self.store.session_at(channel).await?)
    }
}
