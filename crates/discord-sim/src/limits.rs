//! Discord's limits, each with the page of Discord's documentation that says it.

/// Code points of a message's content (resources/message, "Create Message").
pub(crate) const CONTENT_CHARS: usize = 2_000;
/// Characters of a nonce (resources/message, "Create Message").
pub(crate) const NONCE_CHARS: usize = 25;
/// Embeds of one message (resources/message, "Create Message").
pub(crate) const EMBEDS: usize = 10;
/// Characters of all embeds of a message together (resources/message, "Embed Limits").
pub(crate) const EMBED_CHARS: usize = 6_000;
/// Files of one message (OpenAPI description of "Create Message").
pub(crate) const FILES: usize = 10;
/// Bytes of one file (reference, "Uploading Files").
pub(crate) const FILE_BYTES: usize = 10 * 1024 * 1024;
/// Bytes of a whole request (reference, "Uploading Files").
pub(crate) const REQUEST_BYTES: usize = 25 * 1024 * 1024;
/// Action rows of a message, and buttons of a row (components/reference).
pub(crate) const ROWS: usize = 5;
/// Components of a message with the Components V2 flag, nested ones counted (components/reference).
pub(crate) const V2_COMPONENTS: usize = 40;
/// Characters of a component's `custom_id` (components/reference).
pub(crate) const CUSTOM_ID_CHARS: usize = 100;
/// Characters of a thread or channel name (resources/channel).
pub(crate) const CHANNEL_NAME_CHARS: usize = 100;
/// Chat-input commands of one scope (interactions/application-commands).
pub(crate) const COMMANDS: usize = 100;
/// Options of a command and choices of an option (interactions/application-commands).
pub(crate) const OPTIONS: usize = 25;
/// Milliseconds until the first answer to an interaction (interactions/receiving-and-responding).
pub(crate) const FIRST_ANSWER_MS: i64 = 3_000;
/// Milliseconds that an interaction token lives (interactions/receiving-and-responding).
pub(crate) const TOKEN_LIFE_MS: i64 = 15 * 60 * 1_000;
/// How long a nonce is remembered; Discord only says "a few minutes" (resources/message).
pub(crate) const NONCE_LIFE_MS: i64 = 5 * 60 * 1_000;
/// Distinct emoji on one message (Discord answers 30010 above it).
pub(crate) const REACTIONS: usize = 20;
/// Messages of one page (resources/message, "Get Channel Messages").
pub(crate) const PAGE: usize = 100;
/// Bytes of one payload that a client sends to the gateway (events/gateway).
pub(crate) const GATEWAY_PAYLOAD_BYTES: usize = 4_096;
/// Payloads that a client may send to the gateway in [`GATEWAY_WINDOW_MS`] (events/gateway).
pub(crate) const GATEWAY_SENDS: usize = 120;
/// The window of [`GATEWAY_SENDS`], in milliseconds (events/gateway).
pub(crate) const GATEWAY_WINDOW_MS: i64 = 60_000;
/// Invalid requests within [`INVALID_WINDOW_MS`] that lead to a ban (topics/rate-limits).
pub(crate) const INVALID_REQUESTS: usize = 10_000;
/// The window of [`INVALID_REQUESTS`], in milliseconds (topics/rate-limits).
pub(crate) const INVALID_WINDOW_MS: i64 = 10 * 60 * 1_000;
/// How long after a 429 requests still count as sent before it was read; not Discord's number.
pub(crate) const IN_FLIGHT_MS: i64 = 250;
/// How many buckets are kept before those that have ended are forgotten; not Discord's number.
pub(crate) const BUCKETS_KEPT: usize = 1_000;
/// IDENTIFYs of one bot in [`SESSION_STARTS_MS`] (events/gateway, "Session Start Limit Object").
pub(crate) const SESSION_STARTS: u32 = 1_000;
/// The window of [`SESSION_STARTS`], in milliseconds (events/gateway).
pub(crate) const SESSION_STARTS_MS: i64 = 24 * 60 * 60 * 1_000;
/// Milliseconds between two IDENTIFYs of a bot with a `max_concurrency` of 1 (events/gateway).
pub(crate) const IDENTIFY_SPACING_MS: i64 = 5_000;
/// Guilds of one shard (events/gateway, "Sharding").
pub(crate) const SHARD_GUILDS: u64 = 2_500;
/// How long a session without a connection can be resumed, in milliseconds. Discord does not say.
pub(crate) const SESSION_LIFE_MS: i64 = 5 * 60 * 1_000;
