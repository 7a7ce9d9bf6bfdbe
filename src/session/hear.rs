//! A message is heard: is it for an agent, may its author ask, and what is he told if not?

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use uuid::Uuid;

use super::{Engine, SessionError, accept::Accepted, sentences};
use crate::{
    access::{Action, Refusal},
    store::{NewDelivery, NewSession, Payload},
    words::{ChannelId, MessageId, Person, Place, SessionId},
};

/// How long a person is not told again why he is refused; the reaction still shows it.
const SILENCE: Duration = Duration::from_mins(10);

/// Persons that are remembered for that; more are forgotten all at once.
const TOLD: usize = 10_000;

/// A message as it was heard; nothing is decided yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The message.
    pub message: MessageId,
    /// Where it stands: the thread, or the channel.
    pub channel: ChannelId,
    /// The same with all that surrounds it.
    pub place: Place,
    /// Who wrote it.
    pub person: Person,
    /// What he wrote, without the mention of Baton.
    pub text: String,
    /// Whether it mentions Baton.
    pub addressed: Addressed,
    /// What a thread that grows from it is called.
    pub title: String,
}

/// Whether a message mentions Baton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressed {
    /// It does.
    ToBaton,
    /// It does not.
    ToNobody,
}

/// The conversation that a message belongs to.
pub(super) enum Conversation {
    /// One that exists.
    Known(SessionId),
    /// One that it begins.
    New(NewSession),
}

impl Engine {
    /// Takes in a message: ignores, refuses or accepts it. When this returns, the decision is
    /// stored, and so is whatever people are told of it.
    pub async fn hear(self: &Arc<Self>, heard: Heard) -> Result<(), SessionError> {
        let Some(conversation) = self.conversation(&heard).await? else {
            return self.decided(heard.channel, heard.message).await;
        };
        // A message that comes again (a replay, a catch-up) must not be judged anew: its author may
        // have been accepted then and be told now that he is refused.
        if self.store.is_accepted(heard.message).await? {
            return self.decided(heard.channel, heard.message).await;
        }
        self.heard.fetch_add(1, Ordering::Relaxed);
        let permit = match self
            .gate
            .authorize(&heard.person, heard.place, Action::Ask)
            .await?
        {
            Ok(permit) => permit,
            Err(refusal) => return self.refuse(&heard, refusal).await,
        };
        if heard.text.trim().is_empty() {
            return self
                .reply(&heard, "empty", sentences::NOTHING_ASKED.to_owned())
                .await;
        }
        match self.accept(&permit, &heard, conversation).await? {
            Accepted::Stored(run) => {
                self.outbox.wake();
                self.pump();
                self.tell_if_waiting(run).await
            }
            Accepted::InMailbox => {
                self.outbox.wake();
                Ok(())
            }
            Accepted::Before => self.decided(heard.channel, heard.message).await,
            Accepted::QueueFull(full) => {
                self.reply(&heard, "full", sentences::queue_full(full.caps))
                    .await
            }
            Accepted::MailboxFull => {
                let sentence = sentences::mailbox_full(self.limits.mailbox);
                self.reply(&heard, "full", sentence).await
            }
        }
    }

    /// Which conversation a message belongs to; `None` if it is not for Baton.
    async fn conversation(&self, heard: &Heard) -> Result<Option<Conversation>, SessionError> {
        let Some(project) = self.projects.of_channel(heard.place.channel) else {
            return Ok(None);
        };
        if let Some(thread) = heard.place.thread
            && let Some(session) = self.store.session_in(thread).await?
        {
            return Ok(Some(Conversation::Known(session.id)));
        }
        if heard.addressed == Addressed::ToNobody {
            return Ok(None);
        }
        Ok(Some(Conversation::New(NewSession {
            id: SessionId::fresh(),
            project: project.name.clone(),
            runtime: crate::words::RuntimeKind::Claude,
            guild: heard.place.guild,
            channel: heard.place.channel,
            // In a channel the thread does not exist yet, but its id is known: it will be that of
            // the message it grows from.
            thread: heard.place.thread.unwrap_or(heard.message.thread()),
            context_before: heard.place.thread.map(|_| heard.message),
            title: heard.title.clone(),
            agent_session: Uuid::new_v4(),
        })))
    }

    /// Shows a person that he may not: a reaction each time, a sentence once in a while.
    async fn refuse(&self, heard: &Heard, refusal: Refusal) -> Result<(), SessionError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        tx.mark_channel(heard.channel, heard.message).await?;
        let id = heard.message;
        let reaction = Payload::Reaction {
            channel: heard.channel,
            message: id,
            emoji: sentences::NO_ENTRY.to_owned(),
        };
        tx.deliver(&apart(format!("refused:{id}"), id, reaction), now)
            .await?;
        if refusal == Refusal::NotAMember && self.may_tell(&heard.person) {
            let notice = Payload::Notice {
                channel: Some(heard.channel),
                reply_to: Some(id),
                text: refusal.to_string(),
            };
            tx.deliver(&apart(format!("why-refused:{id}"), id, notice), now)
                .await?;
        }
        tx.commit().await?;
        tracing::info!(person = %heard.person.id, channel = %heard.channel, ?refusal, "refused");
        self.outbox.wake();
        Ok(())
    }

    fn may_tell(&self, person: &Person) -> bool {
        let now = self.clock.now();
        let mut told = self.told.lock();
        let quiet = told
            .get(&person.id)
            .is_some_and(|at| now.since(*at) < SILENCE);
        if !quiet {
            if told.len() >= TOLD {
                told.clear();
            }
            told.insert(person.id, now);
        }
        !quiet
    }

    /// Answers a message that is not accepted, for a reason that its author can change.
    async fn reply(&self, heard: &Heard, why: &str, text: String) -> Result<(), SessionError> {
        let id = heard.message;
        let payload = Payload::Notice {
            channel: Some(heard.channel),
            reply_to: Some(id),
            text,
        };
        let mut tx = self.store.write().await?;
        tx.mark_channel(heard.channel, id).await?;
        tx.deliver(&apart(format!("{why}:{id}"), id, payload), self.clock.now())
            .await?;
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}

/// A delivery that is about one message and waits for no other.
fn apart(key: String, message: MessageId, payload: Payload) -> NewDelivery {
    NewDelivery {
        key,
        lane: message.thread(),
        session: None,
        run: None,
        payload,
    }
}
