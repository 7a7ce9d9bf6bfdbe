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
/// Seconds for which the address of a file leads to it. Discord says that it expires (reference, "Signed
/// Attachment CDN URLs") and not when; they have lived for a day.
pub(crate) const FILE_URL_S: i64 = 24 * 60 * 60;
/// Bytes of a whole request (reference, "Uploading Files").
pub(crate) const REQUEST_BYTES: usize = 25 * 1024 * 1024;
/// Action rows of a message, and buttons of a row (components/reference).
pub(crate) const ROWS: usize = 5;
/// Components of a message with the Components V2 flag, nested ones counted (components/reference).
pub(crate) const V2_COMPONENTS: usize = 40;
/// Fields of one embed (resources/message, "Embed Limits").
pub(crate) const EMBED_FIELDS: usize = 25;
/// Users or roles listed in `allowed_mentions` (resources/message, "Allowed Mentions Object").
pub(crate) const ALLOWED_MENTIONS: usize = 100;
/// Characters of a button's label, and of a link's address (components/reference, "Button").
pub(crate) const BUTTON_LABEL_CHARS: usize = 80;
pub(crate) const BUTTON_URL_CHARS: usize = 512;
/// Characters of a select's placeholder (components/reference, "String Select").
pub(crate) const PLACEHOLDER_CHARS: usize = 150;
/// Characters of a select option's label, value and description (components/reference).
pub(crate) const OPTION_CHARS: usize = 100;
/// Characters of all text displays of a message together. Discord's documents say it only of one.
pub(crate) const V2_TEXT_CHARS: usize = 4_000;
/// Texts of a section, and pictures of a gallery (components/reference).
pub(crate) const SECTION_TEXTS: usize = 3;
pub(crate) const GALLERY_ITEMS: usize = 10;
/// Characters of a modal's title (interactions/receiving-and-responding, "Modal").
pub(crate) const MODAL_TITLE_CHARS: usize = 45;
/// Characters of a label in a modal, and of what is put in (components/reference, "Text Input").
pub(crate) const LABEL_CHARS: usize = 45;
pub(crate) const INPUT_CHARS: usize = 4_000;
/// Characters of a component's `custom_id` (components/reference).
pub(crate) const CUSTOM_ID_CHARS: usize = 100;
/// Characters of a thread or channel name (resources/channel).
pub(crate) const CHANNEL_NAME_CHARS: usize = 100;
/// Threads of a guild that are not archived (resources/guild, and error 160006).
pub(crate) const ACTIVE_THREADS: usize = 1_000;
/// Members of a thread (topics/threads, and error 30033).
pub(crate) const THREAD_MEMBERS: usize = 1_000;
/// Tags of a forum post (resources/channel, `applied_tags`).
pub(crate) const APPLIED_TAGS: usize = 5;
/// Tags of a forum (resources/channel, `available_tags`).
pub(crate) const FORUM_TAGS: usize = 20;
/// Pinned messages of a channel (resources/message, "Pin Message").
pub(crate) const PINS: usize = 250;
/// Messages that are deleted at once, at least and at most (resources/message, "Bulk Delete").
pub(crate) const BULK: std::ops::RangeInclusive<usize> = 2..=100;
/// How old a message may be that is deleted with others (resources/message, "Bulk Delete").
pub(crate) const BULK_AGE_MS: i64 = 14 * 24 * 60 * 60 * 1_000;
/// The age from which edits of a message are counted (error 30046).
pub(crate) const OLD_MESSAGE_MS: i64 = 60 * 60 * 1_000;
/// Edits of one old message. Discord says that there is a maximum (error 30046) and not which.
pub(crate) const OLD_EDITS: usize = 5;
/// Chat-input commands of one scope (interactions/application-commands).
pub(crate) const COMMANDS: usize = 100;
/// User commands of one scope, and message commands (interactions/application-commands).
pub(crate) const MENU_COMMANDS: usize = 15;
/// Characters of a command's or option's name (interactions/application-commands).
pub(crate) const COMMAND_NAME_CHARS: usize = 32;
/// Characters of all names, descriptions and values of a command, each in the language in which it is longest
/// (interactions/application-commands).
pub(crate) const COMMAND_CHARS: usize = 8_000;
/// New commands of one scope in [`DAY_MS`] (interactions/application-commands, error 30034).
pub(crate) const COMMAND_CREATES: usize = 200;
/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Options of a command and choices of an option (interactions/application-commands).
pub(crate) const OPTIONS: usize = 25;
/// Milliseconds until the first answer to an interaction (interactions/receiving-and-responding).
pub(crate) const FIRST_ANSWER_MS: i64 = 3_000;
/// Milliseconds that an interaction token lives (interactions/receiving-and-responding).
pub(crate) const TOKEN_LIFE_MS: i64 = 15 * 60 * 1_000;
/// Follow-ups to an interaction of somebody who has the application for himself, where the bot is not
/// (interactions/receiving-and-responding, "Followup Messages", error 40094).
pub(crate) const FOLLOW_UPS: usize = 5;
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
