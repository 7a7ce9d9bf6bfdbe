//! What the end of a connection to the gateway means
//! (Discord: opcodes-and-status-codes#gateway-gateway-close-event-codes).

use super::super::DiscordError;

/// Authentication failed.
const AUTHENTICATION_FAILED: u16 = 4_004;
/// Not authenticated, invalid sequence, session timed out; 4006 is not documented any more.
const SESSION_OVER: [u16; 4] = [4_003, 4_006, 4_007, 4_009];
/// Invalid shard, sharding required.
const SHARDING: [u16; 2] = [4_010, 4_011];
/// Invalid API version.
const INVALID_VERSION: u16 = 4_012;
/// Invalid intents, disallowed intents.
const INTENTS: [u16; 2] = [4_013, 4_014];

/// What can be done after an end.
#[derive(Debug)]
pub(super) enum End {
    /// The session goes on over a new connection.
    Resumable,
    /// There must be a new session.
    SessionOver,
    /// Trying again would not help.
    Fatal(DiscordError),
}

/// The end that a close frame tells of; `None` for one without a code, and for none at all.
pub(super) fn meaning(code: Option<u16>) -> End {
    match code {
        Some(AUTHENTICATION_FAILED) => End::Fatal(DiscordError::BadToken),
        Some(code) if INTENTS.contains(&code) => End::Fatal(DiscordError::Intents),
        Some(code) if SHARDING.contains(&code) => End::Fatal(DiscordError::TooLarge { code }),
        Some(INVALID_VERSION) => End::Fatal(DiscordError::Outdated),
        Some(code) if SESSION_OVER.contains(&code) => End::SessionOver,
        Some(_) | None => End::Resumable,
    }
}
