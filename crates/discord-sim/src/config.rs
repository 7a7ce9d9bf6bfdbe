//! What a simulator is started with.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::clock::Clock;
use crate::gateway::ZombieWatch;
use crate::ids::GuildId;
use crate::journal::JournalSize;
use crate::limits;
use crate::mistake::Mistake;
use crate::permission::{Permission, Permissions};
use crate::portal::PortalIntent;

/// The settings of one simulator. `SimConfig::default()` is what most tests want.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// The bot token that REST and IDENTIFY must carry.
    pub token: String,
    /// The guild's id; `None` takes the next snowflake.
    pub guild_id: Option<GuildId>,
    /// The guild's name.
    pub guild_name: String,
    /// The bot's user name.
    pub bot_name: String,
    /// What the bot's own role allows in every guild that it is added to.
    pub bot_permissions: Permissions,
    /// The privileged intents that are switched on in the developer portal.
    pub portal_intents: BTreeSet<PortalIntent>,
    /// The TCP port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// What HELLO tells (Discord's usual value is 41,250 ms).
    pub heartbeat_interval_ms: u64,
    /// By which time connections without heartbeats are closed.
    pub zombies: ZombieWatch,
    /// The time that everything reads.
    pub clock: Clock,
    /// How much of the journal is kept, for runs that last.
    pub journal: JournalSize,
    /// Whether there is a second listener, with TLS.
    pub tls: Tls,
    /// Whether Discord's rate limits are enforced.
    pub rate_limits: RateLimits,
    /// How many invalid requests (401, 403 and 429, but not of scope `shared`) within 10 minutes
    /// are one too many. Discord bans an address at 10,000 (topics/rate-limits).
    pub invalid_request_bound: usize,
    /// Discord's own description of its API (OpenAPI 3.1, JSON), against which every request and every
    /// answer is held; `None` for no such check. The default is the file that the environment variable
    /// `DISCORD_OPENAPI` names.
    pub openapi: Option<PathBuf>,
    /// Whether every message of the bot in a channel must carry a nonce.
    pub nonces: Nonces,
    /// How long a first answer to an interaction may take, in milliseconds. Discord waits for three seconds
    /// (interactions/receiving-and-responding); a test of something else gives a busy machine more.
    pub first_answer_ms: i64,
    /// A mistake that the simulator makes, so that a test can show who would see it.
    pub mistake: Option<Mistake>,
}

/// Whether there is a second listener, with TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// There is none.
    #[default]
    Off,
    /// On a free port of 127.0.0.1, with a certificate for `discord.com` by an authority of its own.
    On,
}

/// Which rate limits the REST API and IDENTIFY have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateLimits {
    /// None, and no headers about them.
    #[default]
    None,
    /// Discord's: buckets by route and channel, 50 requests a second altogether, one IDENTIFY in
    /// 5 s, on the simulator's clock and with all headers.
    Realistic,
}

/// Whether a channel message without `nonce` and `enforce_nonce` breaks a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nonces {
    /// It does: a retry could post it twice.
    #[default]
    Required,
    /// It does not: for clients that send none and never retry.
    Optional,
}

/// All that a chat bot may want and no more: not ADMINISTRATOR, so that channels can deny, and not
/// MANAGE_ROLES. MENTION_EVERYONE is in it so that a careless ping takes effect and is seen.
const BOT_PERMISSIONS: Permissions = Permissions::of(&[
    Permission::AddReactions,
    Permission::ViewChannel,
    Permission::SendMessages,
    Permission::ManageMessages,
    Permission::EmbedLinks,
    Permission::AttachFiles,
    Permission::ReadMessageHistory,
    Permission::MentionEveryone,
    Permission::UseApplicationCommands,
    Permission::ManageChannels,
    Permission::ManageThreads,
    Permission::CreatePublicThreads,
    Permission::CreatePrivateThreads,
    Permission::SendMessagesInThreads,
    Permission::PinMessages,
]);

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            token: "sim-token".to_owned(),
            guild_id: None,
            guild_name: "Sim".to_owned(),
            bot_name: "bot".to_owned(),
            bot_permissions: BOT_PERMISSIONS,
            portal_intents: BTreeSet::from(PortalIntent::ALL),
            port: 0,
            heartbeat_interval_ms: 41_250,
            zombies: ZombieWatch::Machine,
            clock: Clock::system(),
            journal: JournalSize::All,
            tls: Tls::Off,
            rate_limits: RateLimits::None,
            invalid_request_bound: limits::INVALID_REQUESTS,
            openapi: std::env::var_os("DISCORD_OPENAPI").map(PathBuf::from),
            nonces: Nonces::default(),
            first_answer_ms: limits::FIRST_ANSWER_MS,
            mistake: None,
        }
    }
}
