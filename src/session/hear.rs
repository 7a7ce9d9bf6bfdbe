//! A message is heard: is it for an agent, may its author ask, and what is he told if not?

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    Engine, SessionError, accept::Accepted, conversation::Found, courtesy::Whom, sentences,
};
use crate::{
    access::{Action, Refusal},
    admission::TooFast,
    clock::Millis,
    observe::Heed,
    store::{NewDelivery, Payload},
    words::{Addressed, ChannelId, Guests, MessageId, Person, Place},
};

/// A message that is heard so long after it was written was not heard in time, for instance while the
/// server was away.
const LATE: Duration = Duration::from_mins(1);

/// So many deliveries wait when nobody is shown any more that he may not. A channel takes four signs a
/// second at best (Discord documents no number; this is what its users measure).
const BUSY: u32 = 16;

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
    /// Whether it speaks to Baton.
    pub addressed: Addressed,
    /// The message that it is a reply to.
    pub replies_to: Option<MessageId>,
    /// What a thread that grows from it is called.
    pub title: String,
}

impl Engine {
    /// Takes in a message: ignores, refuses or accepts it. When this returns, the decision is
    /// stored, and so is whatever people are told of it.
    pub async fn hear(self: &Arc<Self>, heard: Heard) -> Result<(), SessionError> {
        let (conversation, action) = match self.conversation(&heard).await? {
            Found::Conversation(conversation, action) => (conversation, action),
            Found::Nothing => return self.pass(&heard).await,
            Found::NoProject => return self.show_the_way(&heard).await,
        };
        // A message that comes again (a replay, a catch-up) must not be judged anew: its author may
        // have been accepted then and be told now that he is refused.
        if self.store.is_accepted(heard.message).await? {
            return self.decided(heard.channel, heard.message).await;
        }
        self.heard.fetch_add(1, Ordering::Relaxed);
        let permit = match self.authorize(&heard.person, heard.place, action).await? {
            Ok(permit) => permit,
            Err(refusal) => {
                self.metrics.request(Heed::NotPermitted);
                return self.refuse(&heard, refusal).await;
            }
        };
        // What is answered with a sentence of ours also counts.
        if let Err(too_fast) = self.pace_of(&heard, conversation.project()) {
            self.metrics.request(Heed::TooFast);
            return self.slow_down(&heard, too_fast).await;
        }
        if heard.text.trim().is_empty() {
            self.metrics.request(Heed::Empty);
            return self
                .reply(&heard, "empty", sentences::NOTHING_ASKED.to_owned())
                .await;
        }
        if heard.text.len() > self.limits.prompt {
            self.metrics.request(Heed::TooLong);
            let sentence = sentences::too_long(heard.text.len(), self.limits.prompt);
            return self.reply(&heard, "long", sentence).await;
        }
        match self.accept(&permit, &heard, conversation).await? {
            Accepted::Stored(run) => {
                self.metrics.request(Heed::Accepted);
                self.outbox.wake();
                self.tell_if_waiting(run).await
            }
            Accepted::InMailbox => {
                self.metrics.request(Heed::Accepted);
                self.outbox.wake();
                Ok(())
            }
            Accepted::Before => self.decided(heard.channel, heard.message).await,
            // Then it belongs to another conversation now, or to none.
            Accepted::Ended => Box::pin(self.hear(heard)).await,
            Accepted::QueueFull(full) => {
                self.metrics.request(Heed::QueueFull);
                self.note_full(full).await?;
                self.reply(&heard, "full", sentences::queue_full(full))
                    .await
            }
            Accepted::MailboxFull => {
                self.metrics.request(Heed::MailboxFull);
                let sentence = sentences::mailbox_full(self.limits.mailbox);
                self.reply(&heard, "full", sentence).await
            }
        }
    }

    /// Whether he asks as often as he may. Nobody can help it that his messages are read late and all
    /// at once.
    fn pace_of(&self, heard: &Heard, project: &str) -> Result<(), TooFast> {
        let written = Millis::new(heard.message.created_ms());
        if self.clock.now().since(written) > LATE {
            return Ok(());
        }
        self.haste.take(&(heard.person.id, project.to_owned()))
    }

    /// Shows a person that he is too fast.
    async fn slow_down(
        self: &Arc<Self>,
        heard: &Heard,
        too_fast: TooFast,
    ) -> Result<(), SessionError> {
        let person = heard.person.id;
        tracing::info!(%person, channel = %heard.channel, "too fast");
        let text = Some(sentences::too_fast(too_fast));
        self.turn_down(
            heard,
            ("fast", sentences::TOO_FAST),
            Whom::Hasty(person),
            text,
        )
        .await
    }

    /// Shows a person that he may not.
    async fn refuse(self: &Arc<Self>, heard: &Heard, refusal: Refusal) -> Result<(), SessionError> {
        let person = heard.person.id;
        tracing::info!(%person, channel = %heard.channel, ?refusal, "refused");
        let project = self.projects.of_channel(heard.place.channel);
        let guests = project.map_or(Guests::None, |project| project.guests);
        let text = why(refusal, guests);
        self.turn_down(
            heard,
            ("refused", sentences::NO_ENTRY),
            Whom::Person(person),
            text,
        )
        .await
    }

    /// Shows a person that he is not heard: a reaction, and once in a while a sentence.
    async fn turn_down(
        self: &Arc<Self>,
        heard: &Heard,
        (why, sign): (&str, &str),
        whom: Whom,
        text: Option<String>,
    ) -> Result<(), SessionError> {
        let (now, id) = (self.clock.now(), heard.message);
        // While Discord has much to take already, members' signs go before those of a crowd.
        if !self.courtesy.may_sign(heard.person.id, now)
            || self.store.deliveries_waiting().await? >= BUSY
        {
            return self.pass(heard).await;
        }
        let mut tx = self.store.write().await?;
        tx.mark_channel(heard.channel, id).await?;
        let reaction = Payload::Reaction {
            channel: heard.channel,
            message: id,
            emoji: sign.to_owned(),
            author: Some(heard.person.id),
        };
        tx.deliver(&apart(format!("{why}:{id}"), id, reaction), now)
            .await?;
        if let Some(text) = text
            && self.courtesy.may_tell(&[whom], now)
        {
            let notice = Payload::Notice {
                channel: Some(heard.channel),
                reply_to: Some(id),
                text,
            };
            tx.deliver(&apart(format!("why-{why}:{id}"), id, notice), now)
                .await?;
        }
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }

    /// Tells somebody who mentions Baton where nothing is set up what to do, once in a while: to one
    /// person, and at one place.
    async fn show_the_way(self: &Arc<Self>, heard: &Heard) -> Result<(), SessionError> {
        let may_ask = self
            .gate
            .authorize(&heard.person, heard.place, Action::Ask)
            .await?;
        let whom = [
            Whom::Person(heard.person.id),
            Whom::Place(heard.place.post_channel()),
        ];
        if may_ask == Err(Refusal::Blocked) || !self.courtesy.may_tell(&whom, self.clock.now()) {
            return self.pass(heard).await;
        }
        let text = sentences::no_project(self.projects.channels());
        self.reply(heard, "no-project", text).await
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

/// What a person is told who may not; who is blocked gets no more than the sign.
fn why(refusal: Refusal, guests: Guests) -> Option<String> {
    match (refusal, guests) {
        (Refusal::Blocked, _) => None,
        (Refusal::NotAMember, Guests::Ask) => Some(sentences::MEMBERS_CONVERSATION.to_owned()),
        (Refusal::NotAMember, Guests::None) => Some(refusal.to_string()),
        // The only place where it takes an owner to ask.
        (Refusal::NotAnOwner | Refusal::NotOwnerOfAll, _) => {
            Some(sentences::OWNERS_CHANNEL.to_owned())
        }
    }
}

/// A delivery that is about one message and waits for no other.
pub(super) fn apart(key: String, message: MessageId, payload: Payload) -> NewDelivery {
    NewDelivery::apart(key, message.thread(), payload)
}
