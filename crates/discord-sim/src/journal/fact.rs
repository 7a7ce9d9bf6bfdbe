//! What can stand in the journal.

use serde::Serialize;
use serde_json::Value;

use super::Violation;
use crate::gateway::Entrance;
use crate::ids::{ChannelId, InteractionId, MessageId, RoleId, UserId};
use crate::rest::RouteKind;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the fields are the ids and texts that their names say"
)]
pub enum Fact {
    /// The bot called the REST API and was answered.
    Rest(RestCall),
    /// Something happened on the gateway.
    Gateway(GatewayFact),
    /// A message was stored.
    MessageCreated {
        channel: ChannelId,
        message: MessageId,
        author: UserId,
        content: String,
        pinged: Pinged,
    },
    /// A message with a nonce that its author used shortly before: nothing was stored.
    NonceRepeated {
        channel: ChannelId,
        message: MessageId,
        nonce: String,
    },
    /// A message was changed; `content` is the new text.
    MessageEdited {
        channel: ChannelId,
        message: MessageId,
        content: String,
    },
    /// A message was removed.
    MessageDeleted {
        channel: ChannelId,
        message: MessageId,
    },
    /// A reaction was put on a message.
    ReactionAdded {
        channel: ChannelId,
        message: MessageId,
        user: UserId,
        emoji: String,
    },
    /// A reaction was taken away.
    ReactionRemoved {
        channel: ChannelId,
        message: MessageId,
        user: UserId,
        emoji: String,
    },
    /// Somebody is typing.
    Typing { channel: ChannelId, user: UserId },
    /// A thread was started.
    ThreadCreated {
        parent: ChannelId,
        thread: ChannelId,
        name: String,
        by: UserId,
    },
    /// A channel or thread was made, changed (renamed, archived, locked) or deleted.
    ChannelChanged { channel: ChannelId, what: String },
    /// A member joined, changed or left.
    MemberChanged { user: UserId, what: String },
    /// The bot registered commands.
    CommandsRegistered { names: Vec<String> },
    /// A person used a command or component.
    InteractionCreated {
        interaction: InteractionId,
        user: UserId,
        what: String,
    },
    /// The bot gave the first answer (Discord's callback type) this long after the interaction.
    InteractionAnswered {
        interaction: InteractionId,
        callback: u8,
        after_ms: i64,
    },
    /// A fault that somebody ordered took effect.
    Faulted { what: String },
    /// The chaos driver ordered a fault, or ended one.
    Chaos { what: String },
    /// A rule was broken.
    Violation(Violation),
}

/// One REST call, written down when its answer is known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RestCall {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as sent, percent-decoded, without the query.
    pub path: String,
    /// The query as sent.
    pub query: String,
    /// Which route it is.
    pub route: RouteKind,
    /// The JSON body (the `payload_json` part of a form), or null.
    pub body: Value,
    /// Names of the uploaded files.
    pub files: Vec<String>,
    /// The status that the bot was answered; `None` when the connection was dropped instead.
    pub status: Option<u16>,
    /// When the request had arrived, in Unix milliseconds of the simulator's clock.
    pub arrived_ms: i64,
}

/// What happened on the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "gateway", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are what their names say")]
pub enum GatewayFact {
    /// A websocket was opened and HELLO sent.
    Connected { at: Entrance },
    /// A websocket was refused because a test said so.
    Refused { at: Entrance },
    /// A new session began.
    Identified { session: String, intents: u64 },
    /// A session went on; this many events were replayed.
    Resumed { session: String, replayed: usize },
    /// RESUME of a session that does not exist (any more).
    ResumeRefused { session: String },
    /// IDENTIFY came too soon after another one, or too often.
    IdentifyRefused,
    /// The client sent a heartbeat.
    Heartbeat,
    /// The client sent another command (its opcode).
    Command { op: u64 },
    /// A close frame was sent to the client.
    CloseSent { code: Option<u16> },
    /// The connection ended; `code` when a close frame of the client said one.
    Closed { code: Option<u16> },
}

/// Whom a message notifies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pinged {
    /// `@everyone` or `@here` took effect.
    pub everyone: bool,
    /// Roles that were notified.
    pub roles: Vec<RoleId>,
    /// Users that were notified by a mention in the text.
    pub users: Vec<UserId>,
    /// The author of the message that this one replies to, when the reply notifies.
    pub replied_user: Option<UserId>,
}
