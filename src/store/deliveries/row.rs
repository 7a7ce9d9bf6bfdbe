//! What is delivered, as it is queued and as it is stored.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Millis,
    observe::Secrets,
    store::StoreError,
    words::{ApprovalId, ChannelId, DeliveryId, MessageId, RunId, SessionId, UserId, Way, words},
};

words! {
    /// What is delivered.
    DeliveryKind {
        /// A reaction to a person's message.
        Reaction = "reaction",
        /// A thread.
        Thread = "thread",
        /// A message and a thread that grows from it.
        Opening = "opening",
        /// The live message of a run.
        Live = "live",
        /// What the live message becomes when the run has ended.
        Settle = "settle",
        /// A run's answer.
        Answer = "answer",
        /// A sentence to a person.
        Notice = "notice",
        /// A sentence to a person, in a direct message.
        PersonNotice = "person_notice",
        /// A question to people about what an agent wants to do.
        Question = "question",
        /// What a question becomes when it has its end.
        QuestionEnd = "question_end",
    }
}

words! {
    /// Where a delivery stands.
    DeliveryState {
        /// Discord does not have it yet.
        Pending = "pending",
        /// Discord has it.
        Sent = "sent",
        /// Discord refused it for good.
        Refused = "refused",
        /// It is not wanted any more.
        Dropped = "dropped",
    }
}

/// What is delivered, with all that is needed to do so.
///
/// Messages without a channel of their own go to where their session posts, which is looked up when
/// their turn comes: it changes when Discord refuses the thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Payload {
    /// React to a message.
    Reaction {
        /// Where the message stands.
        channel: ChannelId,
        /// The message.
        message: MessageId,
        /// The emoji.
        emoji: String,
        /// Who wrote the message. Rows of earlier versions do not say it.
        #[serde(default)]
        author: Option<UserId>,
    },
    /// Start a session's thread from a message.
    Thread {
        /// Where the message stands.
        channel: ChannelId,
        /// The message.
        message: MessageId,
        /// The thread's name.
        name: String,
    },
    /// Announce a session in a channel, and open its thread from the announcement.
    Opening {
        /// The channel.
        channel: ChannelId,
        /// The announcement.
        text: String,
        /// The thread's name.
        name: String,
    },
    /// Post the live message of a run.
    Live {
        /// Its first text.
        text: String,
    },
    /// Settle the live message of a run.
    Settle {
        /// The delivery that posted it.
        live: DeliveryId,
        /// What it says from now on; `None` removes it.
        text: Option<String>,
    },
    /// Post an answer.
    Answer {
        /// What the agent wrote.
        markdown: String,
        /// One line below it; empty for none.
        footer: String,
    },
    /// Post a sentence.
    Notice {
        /// Where, if not where the session posts.
        channel: Option<ChannelId>,
        /// The message that it answers.
        reply_to: Option<MessageId>,
        /// The sentence.
        text: String,
    },
    /// Tell somebody a sentence in a direct message. Its lane has his number.
    PersonNotice {
        /// Who.
        person: UserId,
        /// The sentence.
        text: String,
    },
    /// Ask people whether an agent may do something.
    Question {
        /// The question.
        approval: ApprovalId,
        /// The ways that are left, best first; empty before they were looked for.
        #[serde(default)]
        ways: Vec<Way>,
    },
    /// Tell how a question ended, and take its buttons away.
    QuestionEnd {
        /// The question.
        approval: ApprovalId,
    },
}

impl Payload {
    /// Its kind.
    pub const fn kind(&self) -> DeliveryKind {
        match self {
            Self::Reaction { .. } => DeliveryKind::Reaction,
            Self::Thread { .. } => DeliveryKind::Thread,
            Self::Opening { .. } => DeliveryKind::Opening,
            Self::Live { .. } => DeliveryKind::Live,
            Self::Settle { .. } => DeliveryKind::Settle,
            Self::Answer { .. } => DeliveryKind::Answer,
            Self::Notice { .. } => DeliveryKind::Notice,
            Self::PersonNotice { .. } => DeliveryKind::PersonNotice,
            Self::Question { .. } => DeliveryKind::Question,
            Self::QuestionEnd { .. } => DeliveryKind::QuestionEnd,
        }
    }

    /// The same without secrets, whoever wrote it. It is done before an answer is cut into messages, so that none
    /// stands across two of them; and the same payload always gives the same, so that a message is found again that was
    /// sent before.
    #[must_use]
    pub fn without(mut self, secrets: &Secrets) -> Self {
        let clean = |text: &mut String| *text = secrets.redact(text);
        match &mut self {
            Self::Thread { name, .. } => clean(name),
            Self::Opening { text, name, .. } => {
                clean(text);
                clean(name);
            }
            Self::Live { text } | Self::Notice { text, .. } | Self::PersonNotice { text, .. } => {
                clean(text);
            }
            Self::Settle { text, .. } => {
                if let Some(text) = text {
                    clean(text);
                }
            }
            Self::Answer { markdown, footer } => {
                clean(markdown);
                clean(footer);
            }
            // Questions lose theirs where they are made of what is stored.
            Self::Reaction { .. } | Self::Question { .. } | Self::QuestionEnd { .. } => {}
        }
        self
    }
}

/// A delivery to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Names the thing: the same thing is queued once.
    pub key: String,
    /// Deliveries of one lane go out in order.
    pub lane: ChannelId,
    /// The session that it is about.
    pub session: Option<SessionId>,
    /// The run that it is about.
    pub run: Option<RunId>,
    /// What it is.
    pub payload: Payload,
}

impl NewDelivery {
    /// One that belongs to no session and no run.
    pub fn apart(key: String, lane: ChannelId, payload: Payload) -> Self {
        Self {
            key,
            lane,
            session: None,
            run: None,
            payload,
        }
    }
}

/// A stored delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its place in the order.
    pub n: i64,
    /// Its id.
    pub id: DeliveryId,
    /// Its lane.
    pub lane: ChannelId,
    /// The session that it is about.
    pub session: Option<SessionId>,
    /// The run that it is about.
    pub run: Option<RunId>,
    /// What it is.
    pub payload: Payload,
    /// How many of its messages Discord has.
    pub parts_sent: usize,
    /// The first message that came of it.
    pub message: Option<MessageId>,
    /// When the nonce of the next message was first used.
    pub attempted_at: Option<Millis>,
    /// How often that nonce was renewed.
    pub nonce_round: u32,
}

/// What goes out next in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The delivery's place in the order.
    pub n: i64,
    /// The lane.
    pub lane: ChannelId,
    /// What it is.
    pub kind: DeliveryKind,
    /// The session that it is about.
    pub session: Option<SessionId>,
}

/// A row as it is stored.
pub(super) struct Raw {
    pub(super) n: i64,
    pub(super) id: DeliveryId,
    pub(super) lane: ChannelId,
    pub(super) session_id: Option<SessionId>,
    pub(super) run_id: Option<RunId>,
    pub(super) payload: String,
    pub(super) parts_sent: i64,
    pub(super) message_id: Option<MessageId>,
    pub(super) attempted_at: Option<Millis>,
    pub(super) nonce_round: i64,
}

impl TryFrom<Raw> for Delivery {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            n: raw.n,
            id: raw.id,
            lane: raw.lane,
            session: raw.session_id,
            run: raw.run_id,
            payload: serde_json::from_str(&raw.payload)?,
            parts_sent: usize::try_from(raw.parts_sent).unwrap_or(0),
            message: raw.message_id,
            attempted_at: raw.attempted_at,
            nonce_round: u32::try_from(raw.nonce_round).unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_payload_has_a_secret() {
        let secrets = Secrets::new(["correct-horse".into()]);
        let text = || "a correct-horse, or Y29ycmVjdC1ob3JzZQ==".to_owned();
        let (channel, message) = (ChannelId::new(1), MessageId::new(2));
        let payloads = [
            Payload::Thread {
                channel,
                message,
                name: text(),
            },
            Payload::Opening {
                channel,
                text: text(),
                name: text(),
            },
            Payload::Live { text: text() },
            Payload::Settle {
                live: DeliveryId::fresh(),
                text: Some(text()),
            },
            Payload::Answer {
                markdown: text(),
                footer: text(),
            },
            Payload::Notice {
                channel: None,
                reply_to: None,
                text: text(),
            },
            Payload::PersonNotice {
                person: UserId::new(3),
                text: text(),
            },
        ];
        for payload in payloads {
            let clean = payload.without(&secrets);
            let told = format!("{clean:?}");
            assert!(told.contains("a [redacted], or [redacted]"), "{told}");
            assert!(!told.contains("horse") && !told.contains("Y29y"), "{told}");
            // Whoever sends it again sends the same.
            assert_eq!(clean.clone().without(&secrets), clean);
        }
    }
}
