//! What Baton asks of a chat service. The only implementation lives in `discord`; tests of the
//! outbox need none of it.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use super::{controls::ControlRow, question::Question};
use crate::{
    observe::Secrets,
    words::{Addressed, ChannelId, MessageId, RoleId, Route, UserId},
};

/// The longest message, in code points (Discord: resources/message#create-message).
pub const MESSAGE_LIMIT: usize = 2_000;

/// A message to be posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Post {
    /// The text, within the limits of one message.
    pub content: String,
    /// The message that it answers, shown as a reply if that still exists.
    pub reply_to: Option<MessageId>,
    /// A file to attach.
    pub file: Option<Attachment>,
    /// Buttons and lists below it.
    pub controls: Vec<ControlRow>,
}

impl Post {
    /// The same without secrets in what is said and attached. What is posted was laid out without those before, which is
    /// what cuts none in two; here nothing passes by that was not.
    #[must_use]
    pub fn without(mut self, secrets: &Secrets) -> Self {
        self.content = secrets.redact(&self.content);
        if let Some(file) = &mut self.file
            && let Ok(text) = std::str::from_utf8(&file.bytes)
        {
            file.bytes = secrets.redact(text).into_bytes();
        }
        self
    }
}

/// How much of a question is shown in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All of it, to be answered there.
    Whole,
    /// That there is one, and a button that shows it to those who may answer.
    Veiled,
    /// That somebody was asked elsewhere.
    Elsewhere(Route),
}

/// Who can see a channel or thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Nobody knows: people come to it one by one.
    Unknown,
    /// Whoever has one of these roles, by himself or as everybody has, and these people.
    Of {
        /// Roles without which, by themselves, it would not be seen; the role of everybody counts.
        roles: Vec<RoleId>,
        /// People who can see it whatever their roles.
        people: Vec<UserId>,
    },
}

/// A file that goes with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, without a path.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A message as it stands in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id.
    pub id: MessageId,
    /// Who wrote it, as the guild shows him.
    pub author: String,
    /// Whether Baton wrote it.
    pub by: Author,
    /// Whether it speaks to Baton.
    pub addressed: Addressed,
    /// Its text.
    pub content: String,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// This bot.
    Baton,
    /// A person.
    Person(UserId),
    /// Another bot, a webhook or Discord itself.
    Machine,
}

/// What a person is in the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A member with these roles.
    Member(Vec<RoleId>),
    /// No member, or none any more.
    Stranger,
}

/// An answer of an agent, before it is cut into messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the agent wrote, Markdown of any length.
    pub markdown: String,
    /// One subtle line below it; empty for none.
    pub footer: String,
}

/// Why a call did not work.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChatError {
    /// The request may have been carried out: time-out, 5xx, a torn or unreadable answer.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    /// The request did not reach the service: connection refused, name not found.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Too fast; nothing was done.
    #[error("too fast, wait {} ms", .0.as_millis())]
    Throttled(Duration),
    /// The service refuses for good: repeating it would not help.
    #[error("refused ({status}, code {code}): {text}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The service's own error code (Discord: opcodes-and-status-codes#json-error-codes), 0 if none.
        code: u32,
        /// The service's words.
        text: String,
    },
    /// The bot's token is not valid (any more).
    #[error("the bot token is not accepted")]
    Unauthorized,
}

impl ChatError {
    /// Somebody takes no direct messages of the bot (Discord: JSON error code 50007).
    pub const NO_DIRECT_MESSAGES: u32 = 50_007;

    /// There is no such channel (any more) (Discord: JSON error code 10003).
    pub const UNKNOWN_CHANNEL: u32 = 10_003;

    /// There is no such message (any more) (Discord: JSON error code 10008).
    pub const UNKNOWN_MESSAGE: u32 = 10_008;

    /// A thread exists already for this message (Discord: JSON error code 160004).
    pub const THREAD_EXISTS: u32 = 160_004;

    /// Its author has blocked the bot, and does not get its reactions (Discord: JSON error code 90001).
    pub const REACTION_BLOCKED: u32 = 90_001;

    /// The message is older than an hour and was edited too often since (Discord: JSON error code
    /// 30046).
    pub const TOO_OLD_TO_EDIT: u32 = 30_046;

    /// Refused with this code of the service.
    pub fn is_code(&self, wanted: u32) -> bool {
        matches!(self, Self::Refused { code, .. } if *code == wanted)
    }
}

/// A chat service, as far as Baton needs one. Every call has a time-out of its own, mentions
/// nobody, and is tried once: whether to repeat it is the caller's decision.
#[async_trait]
pub trait Chat: Send + Sync + 'static {
    /// Whether the service has to be asked as little as possible for now: what is not needed
    /// (reactions, typing, live edits) is left out. What is said goes on.
    fn is_sparing(&self) -> bool {
        false
    }

    /// Cuts an answer into messages. The same answer always gives the same messages, because a
    /// server that was killed between two of them goes on with the next one.
    fn lay_out(&self, answer: &Answer) -> Vec<Post>;

    /// Posts a message. Two posts with the same nonce (25 characters at most; Discord:
    /// resources/message#create-message) within a few minutes give one message.
    async fn post(
        &self,
        channel: ChannelId,
        post: Post,
        nonce: &str,
    ) -> Result<MessageId, ChatError>;

    /// Replaces the text of a message.
    async fn edit(
        &self,
        channel: ChannelId,
        message: MessageId,
        content: String,
    ) -> Result<(), ChatError>;

    /// Removes a message of our own; one that is gone already counts as removed.
    async fn delete(&self, channel: ChannelId, message: MessageId) -> Result<(), ChatError>;

    /// Adds a reaction.
    async fn react(
        &self,
        channel: ChannelId,
        message: MessageId,
        emoji: &str,
    ) -> Result<(), ChatError>;

    /// Starts a thread from a message; its id is the message's.
    async fn start_thread(
        &self,
        channel: ChannelId,
        message: MessageId,
        name: &str,
    ) -> Result<(), ChatError>;

    /// Shows "is typing" for about ten seconds (Discord: topics/... typing).
    async fn typing(&self, channel: ChannelId) -> Result<(), ChatError>;

    /// Up to `limit` (1 to 100) messages after `after`, oldest first.
    async fn after(
        &self,
        channel: ChannelId,
        after: MessageId,
        limit: u8,
    ) -> Result<Vec<Seen>, ChatError>;

    /// What a person is there, as of the last minute.
    async fn standing(&self, person: UserId) -> Result<Standing, ChatError>;

    /// Up to `limit` (1 to 100) messages before `before`, oldest first.
    async fn before(
        &self,
        channel: ChannelId,
        before: MessageId,
        limit: u8,
    ) -> Result<Vec<Seen>, ChatError>;

    /// Makes a message of a question, or of how it ended.
    fn lay_out_question(&self, question: &Question, shown: Shape) -> Post;

    /// Who can see a channel or thread at this moment.
    async fn audience(&self, channel: ChannelId) -> Result<Audience, ChatError>;

    /// The channel of direct messages with somebody. That there is one does not say that he takes any.
    async fn direct(&self, person: UserId) -> Result<ChannelId, ChatError>;

    /// Replaces the text of a message and takes its buttons and lists away; a file stays.
    async fn close(
        &self,
        channel: ChannelId,
        message: MessageId,
        content: String,
    ) -> Result<(), ChatError>;
}
