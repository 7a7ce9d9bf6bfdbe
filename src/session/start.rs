//! Sessions that a command begins, in a thread of their own, in the thread that is there, or in the
//! whole channel.

use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use super::{Engine, ProjectAgent, SessionError, sentences};
use crate::{
    access::{Action, Permit},
    store::{NewDelivery, NewSession, Payload, Tx},
    words::{ChannelId, Circle, MessageId, Place, RuntimeKind, SessionId},
};

/// What a person wants to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartOrder {
    /// The command's own id: as unique as a message's and in one order with them.
    pub command: MessageId,
    /// What it is to be called: one line, as long as a thread's name at most.
    pub name: String,
    /// The project, if not the channel's.
    pub project: Option<String>,
    /// The agent program, if not the project's.
    pub runtime: Option<RuntimeKind>,
    /// The model, if not the project's, or that program's own.
    pub model: Option<String>,
    /// Where.
    pub start_in: StartIn,
}

/// Where a session begins that is asked for in a channel. In a thread it is always that thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartIn {
    /// In a new thread.
    NewThread,
    /// In the channel itself.
    ThisChannel,
}

/// A session that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// Its thread is being opened.
    Opening,
    /// It has the thread that was there.
    InThread,
    /// It has the channel.
    InChannel,
}

/// Why none was begun, in words for the person.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotStarted {
    /// No project belongs to the channel, and none was named.
    #[error(
        "No project belongs to this channel. Use this in a project's channel, or ask an owner to choose one \
         with the option `project`."
    )]
    NoProject,
    /// There is no such project.
    #[error("There is no project `{0}`. Choose one of those that the option `project` offers.")]
    UnknownProject(String),
    /// The server does not have that agent program.
    #[error(
        "{name} is not set up on this server. Ask the operator to add `[{kind}]` to the settings, or choose another \
         agent program with the option `runtime`.",
        name = .0.name(),
        kind = .0
    )]
    NoRuntime(RuntimeKind),
    /// A model's name cannot begin like that.
    #[error("This is no name of a model. Write it as the agent program shows it, or leave it out.")]
    NotAModel,
    /// The name is in use.
    #[error(
        "Another conversation of this channel is called like that. Choose another name, or end that one \
         with `/session stop`."
    )]
    NameTaken,
    /// The thread or channel has a session.
    #[error(
        "There is a conversation here already. End it with `/session stop`, or empty its memory with \
         `/session clear`."
    )]
    PlaceTaken,
    /// The permit is for less than what was asked.
    #[error("Only owners may do that here. Ask an owner of this server to do it for you.")]
    NotPermitted,
}

impl Engine {
    /// What it takes to begin a session there, with this project if not the channel's.
    pub fn demanded(&self, place: Place, project: Option<&str>, start_in: StartIn) -> Action {
        let own = self.projects.of_channel(place.channel);
        let elsewhere = project.is_some_and(|wanted| own.is_none_or(|own| own.name != wanted));
        let whole_channel = place.thread.is_none() && start_in == StartIn::ThisChannel;
        let for_owners = self.channel_mode.speakers == super::Speakers::Owners;
        if elsewhere || whole_channel && for_owners {
            Action::ManageChannel
        } else {
            Action::StartSession
        }
    }

    /// Begins a session, in one transaction with what its place is told.
    pub async fn start_session(
        self: &Arc<Self>,
        permit: &Permit,
        order: StartOrder,
    ) -> Result<Result<Started, NotStarted>, SessionError> {
        let place = permit.place();
        if permit.action() != self.demanded(place, order.project.as_deref(), order.start_in) {
            return Ok(Err(NotStarted::NotPermitted));
        }
        let project = match self.project_for(place, order.project.as_deref()) {
            Ok(project) => project,
            Err(why) => return Ok(Err(why)),
        };
        if order.model.as_deref().is_some_and(|model| !is_model(model)) {
            return Ok(Err(NotStarted::NotAModel));
        }
        let runtime = order.runtime.unwrap_or(project.runtime);
        if self.agents.runtimes().of(runtime).is_none() {
            return Ok(Err(NotStarted::NoRuntime(runtime)));
        }
        let (started, new) = draft(place, order, &project, runtime);
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let name = new.name.as_deref().unwrap_or_default();
        if tx.session_named(place.channel, name).await?.is_some() {
            return Ok(Err(NotStarted::NameTaken));
        }
        if !tx.insert_session(&new, now).await? {
            return Ok(Err(NotStarted::PlaceTaken));
        }
        self.announce(&mut tx, permit, started, &new).await?;
        let object = format!("session {}", new.id);
        let detail = format!("{name} in {}", new.thread);
        tx.audit(
            now,
            Some(permit.person()),
            "session_started",
            &object,
            &detail,
        )
        .await?;
        tx.commit().await?;
        tracing::info!(session = %new.id, person = %permit.person(), ?started, "a session was begun");
        self.outbox.wake();
        Ok(Ok(started))
    }

    fn project_for(
        &self,
        place: Place,
        wanted: Option<&str>,
    ) -> Result<Arc<ProjectAgent>, NotStarted> {
        match wanted {
            Some(name) => self
                .projects
                .named(name)
                .cloned()
                .ok_or_else(|| NotStarted::UnknownProject(name.to_owned())),
            None => self
                .projects
                .of_channel(place.channel)
                .cloned()
                .ok_or(NotStarted::NoProject),
        }
    }

    /// Queues what the place is told of a new session, and marks from where it listens.
    async fn announce(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        started: Started,
        new: &NewSession,
    ) -> Result<(), SessionError> {
        let (person, title) = (permit.person(), new.title.as_str());
        let text = sentences::began(started, person, title, &new.project);
        if started == Started::Opening {
            let delivery = NewDelivery {
                key: format!("opening:{}", new.id),
                lane: new.thread,
                session: Some(new.id),
                run: None,
                payload: Payload::Opening {
                    channel: new.channel,
                    text,
                    name: title.to_owned(),
                },
            };
            tx.deliver(&delivery, self.clock.now()).await?;
            return Ok(());
        }
        let since = new.context_before.or(new.context_after);
        if let Some(since) = since {
            // From here on messages are for the agent, also those that are missed.
            tx.mark_channel(new.thread, since).await?;
        }
        self.notice(tx, format!("began:{}", new.id), new.id, new.thread, text)
            .await?;
        if started == Started::InChannel {
            self.tell_what_is_sent(tx, new.id, new.channel).await?;
        }
        Ok(())
    }
}

/// The session as it will be stored, and where it begins.
fn draft(
    place: Place,
    order: StartOrder,
    project: &ProjectAgent,
    runtime: RuntimeKind,
) -> (Started, NewSession) {
    let command = order.command;
    // A session whose thread is still to be opened lives under the command's id until it has one.
    let (started, thread) = match (place.thread, order.start_in) {
        (Some(thread), _) => (Started::InThread, thread),
        (None, StartIn::ThisChannel) => (Started::InChannel, place.channel),
        (None, StartIn::NewThread) => (Started::Opening, ChannelId::new(command.get())),
    };
    let new = NewSession {
        id: SessionId::fresh(),
        project: project.name.clone(),
        runtime,
        guild: place.guild,
        channel: place.channel,
        thread,
        context_before: (started == Started::InThread).then_some(command),
        context_after: (started == Started::InChannel).then_some(command),
        title: order.name.clone(),
        name: Some(order.name),
        model: order.model,
        agent_session: Uuid::new_v4(),
        circle: Circle::Members,
    };
    (started, new)
}

/// It becomes an argument of the agent program, and must not look like an option.
pub(super) fn is_model(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && !name.contains(|c: char| c.is_control() || c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_cannot_become_an_option() {
        for name in ["", "-p", "--dangerously-skip-permissions", "a b", "a\nb"] {
            assert!(!is_model(name), "{name:?}");
        }
        for name in ["sonnet", "claude-opus-4-1", "vendor/model:1[1m]"] {
            assert!(is_model(name), "{name:?}");
        }
    }
}
