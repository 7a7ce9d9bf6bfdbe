//! Rules that a well-behaved bot never breaks.

use std::fmt;

use serde::Serialize;

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which rule.
    pub kind: ViolationKind,
    /// Where and with what.
    pub detail: String,
}

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationKind {
    /// A route that Discord does not have, or that the simulator does not serve yet.
    UnknownRoute,
    /// A JSON key that Discord does not know: it ignores it, so a misspelt setting is silently lost.
    UnknownKey,
    /// A channel message without `nonce` and `enforce_nonce`: a retry could post it twice.
    MissingNonce,
    /// A second first answer to one interaction.
    DoubleAck,
    /// A first answer after more than 3 seconds.
    LateAck,
    /// An interaction token used after its 15 minutes, or before the first answer.
    DeadToken,
    /// More than one of Discord's limits allows, or a body that cannot be read at all.
    OverLimit,
    /// An edit of a message that somebody else wrote.
    ForeignEdit,
    /// A message of the bot that pings whom the person that it answers could not have pinged.
    Ping,
    /// A request that Discord's own API description does not allow, or an answer of the simulator
    /// that it does not: then the simulator is wrong, not the bot.
    Schema,
    /// A request or IDENTIFY without the bot's token.
    BadToken,
    /// Something on the gateway for which Discord closes the connection; the detail has the code.
    GatewayMisuse,
    /// More IDENTIFYs than Discord allows in a day, for which it resets the token.
    SessionStarts,
    /// A request to a bucket that the bot was told to leave alone until later.
    IgnoredRateLimit,
    /// More invalid requests (401, 403, 429) in 10 minutes than the bound.
    InvalidRequests,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.detail)
    }
}
