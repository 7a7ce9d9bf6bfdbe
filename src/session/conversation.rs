//! Which conversation a message belongs to.

use uuid::Uuid;

use super::{Engine, Heard, SessionError};
use crate::{
    access::Action,
    store::{NewSession, SessionRow},
    words::{Addressed, Circle, Guests, SessionId},
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
    /// To a conversation, and what it takes to speak there.
    Conversation(Conversation, Action),
    /// Nowhere: it is not for Baton.
    Nothing,
    /// Nowhere, although it is for Baton: no project is set up there.
    NoProject,
}

impl Engine {
    pub(super) async fn conversation(&self, heard: &Heard) -> Result<Found, SessionError> {
        if let Some(session) = self.known(heard).await? {
            let action = self.asking_in(&session);
            let known = Conversation::Known(session.id, session.project);
            return Ok(Found::Conversation(known, action));
        }
        // A reply begins nothing: whatever it goes on with is over.
        if heard.addressed != Addressed::ToBaton {
            return Ok(Found::Nothing);
        }
        let Some(project) = self.projects.of_channel(heard.place.channel) else {
            return Ok(Found::NoProject);
        };
        let action = asking(project.guests);
        let new = NewSession {
            id: SessionId::fresh(),
            project: project.name.clone(),
            runtime: project.runtime,
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
            circle: Circle::Members,
        };
        Ok(Found::Conversation(Conversation::New(new), action))
    }

    /// What it takes to speak in a conversation. One of guests is closed to them when its project
    /// does not let them ask any more.
    pub(super) fn asking_in(&self, session: &SessionRow) -> Action {
        match session.circle {
            Circle::Members => Action::Ask,
            Circle::Guests => {
                let project = self.projects.named(&session.project);
                asking(project.map_or(Guests::None, |project| project.guests))
            }
        }
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

/// What it takes to have an agent work where guests may do so much.
const fn asking(guests: Guests) -> Action {
    match guests {
        Guests::None => Action::Ask,
        Guests::Ask => Action::AskAsGuest,
    }
}
