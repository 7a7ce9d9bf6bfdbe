//! What is reported, and by whom.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;

/// How the server is. The fields that the first ones of this kind had keep their names, because scripts
/// read them: `activeSessions`, `queuedCount`, `oldestQueuedAgeMs`, `cliProcessCount`, `rssBytes`,
/// `restartCount`, `accountSlotsHealth`, `queueP50AdmitMs`, `tokenStatus`.
///
/// Every user of the machine may read it: it holds no names, no words of people and no secrets. What
/// could not be found out in time is `null`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether it does what it is for: the gateway is alive and the database takes writes.
    pub healthy: bool,
    /// What is wrong, if anything.
    pub reason: Option<String>,
    /// The version of the program.
    pub version: &'static str,
    /// How long it runs, in seconds.
    pub uptime_seconds: u64,
    /// How far it is in its life.
    pub stage: Stage,
    /// Runs that work.
    pub active_sessions: usize,
    /// The queue.
    #[serde(flatten)]
    pub queue: Queue,
    /// Agent processes that live, with work or without.
    pub cli_process_count: usize,
    /// Those of them that wait for the next message.
    pub warm_agents: usize,
    /// Runners that have not been given up: one for each agent process, and those left to clear away.
    pub runners: Option<u32>,
    /// Memory of the server's own process, in bytes.
    pub rss_bytes: Option<u64>,
    /// How often it has started in this data directory, this time included.
    pub restart_count: Option<u64>,
    /// How often after an end in which it could not let go: a crash, a kill, a power cut.
    pub unclean_end_count: Option<u64>,
    /// By agent program whether its account works, and by `program/name` each further account.
    pub account_slots_health: BTreeMap<String, Slot>,
    /// Its login.
    pub token_status: Option<TokenStatus>,
    /// The connection to Discord.
    #[serde(flatten)]
    pub gateway: Gateway,
    /// The last proof that the database takes writes.
    pub database: Database,
    /// Deliveries that Discord does not have yet.
    pub deliveries_waiting: Option<u32>,
    /// The last thing that went wrong.
    pub last_error: Option<LastFault>,
}

/// How far a server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It looks at what Discord lets it do.
    Starting,
    /// It takes up what was left.
    Recovering,
    /// It works.
    Running,
    /// It lets go.
    Stopping,
}

/// Runs that wait.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Queue {
    /// How many.
    pub queued_count: usize,
    /// How long the first of them waits, in milliseconds; 0 if none does.
    pub oldest_queued_age_ms: Option<u64>,
    /// The median of what the last 50 runs waited for their turn, in milliseconds; `null` below five.
    #[serde(rename = "queueP50AdmitMs")]
    pub queue_p50_admit_ms: Option<u64>,
    /// Runs that may work at once.
    pub max_active: usize,
    /// Runs that may wait.
    pub max_queued: usize,
    /// The same of one person in one channel.
    pub person_max_active: usize,
    /// And those of his that may wait.
    pub person_max_queued: usize,
}

/// The account of an agent program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Slot {
    /// Whether nothing is known against it.
    pub healthy: bool,
    /// What is.
    pub reason: Option<&'static str>,
    /// What is known.
    pub state: SlotState,
    /// Whether it has a login or a key; `null` where that cannot be seen.
    pub has_login: Option<bool>,
    /// It takes no more before this time, UTC epoch milliseconds.
    pub limited_until: Option<i64>,
    /// What is left of its narrowest limit, in percent; `null` if nothing was told.
    pub headroom_percent: Option<u8>,
}

/// What is known of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// No turn has ended since the start.
    Unknown,
    /// The last turn that told was answered.
    Ok,
    /// It has met its limit.
    Limited,
    /// Somebody has to log in.
    LoginNeeded,
    /// The last turn that told was refused for the account's sake.
    Failing,
}

/// The login of an agent program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenStatus {
    /// Whether there is one; `null` where it cannot be seen (a keychain).
    pub has_token: Option<bool>,
    /// When it has to be renewed, in milliseconds since 1970, if it says so.
    pub expires_at: Option<i64>,
    /// Minutes until then, below zero after it.
    pub remaining_min: Option<i64>,
    /// Turns that were refused because nobody is logged in, since Baton was set up.
    pub auth_failures_total: u64,
    /// Whether somebody keeps it alive: `running`, `dormant` (there is nothing to renew) or `stopped`.
    pub daemon_running: &'static str,
    /// How often Baton could not renew it in a row.
    pub refresh_failures: u64,
    /// How many of these the server before it has left.
    pub persisted_failures: u64,
    /// After how many the service is left alone for a while.
    pub max_failures: Option<u64>,
    /// Whether the service is asked: `closed`, `open` or `half-open`.
    pub circuit_state: &'static str,
    /// When Baton renewed it, in milliseconds since 1970.
    pub last_refresh: Option<i64>,
    /// What is wrong with it, in Baton's words.
    pub trouble: Option<String>,
}

/// The connection to Discord.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// `connected`, `waiting` (and `reason` says for what) or `down`.
    pub gateway: &'static str,
    /// How long ago the gateway gave a sign of life, in milliseconds.
    pub heartbeat_age_ms: Option<u64>,
    /// Connections that were begun anew since the start (IDENTIFY); Discord allows 1,000 a day.
    pub identify_count: u64,
    /// Connections that were taken up again (RESUME).
    pub resume_count: u64,
    /// Events that should have been understood and were not, since the start.
    pub unreadable_events: u64,
    /// Commands and clicks that came too late to be answered, since the start.
    pub late_interactions: u64,
    /// Why Discord may not know the slash commands as they are now; `null` if it does, or before the first try
    /// has ended.
    pub commands_unregistered: Option<String>,
    /// Requests of the last ten minutes that Discord refused (it bans an address at 10,000).
    pub refused_requests: u32,
    /// Whether reactions, typing and live edits are left out because of that.
    pub sparing: bool,
}

/// A proof that the database takes writes, made when somebody asks and the last one is ten seconds old.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// Whether it did.
    pub writable: bool,
    /// How long ago, in milliseconds; `null` if it has not come to an end.
    pub checked_age_ms: Option<u64>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// What is left on the disk of the data directory, in bytes.
    pub disk_free_bytes: Option<u64>,
}

/// The last thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastFault {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// In Baton's words. The log has more.
    pub text: String,
}

impl Report {
    /// Whether messages are taken; if not, why.
    pub fn readiness(&self) -> Result<(), String> {
        let stage = match self.stage {
            Stage::Starting => "the server starts",
            Stage::Recovering => "the server takes up what was left",
            Stage::Stopping => "the server ends",
            Stage::Running if self.healthy => return Ok(()),
            Stage::Running => "the server is not well",
        };
        Err(match &self.reason {
            Some(reason) => format!("{stage}: {reason}"),
            None => stage.to_owned(),
        })
    }
}

/// Where a report comes from.
#[async_trait]
pub trait Reporter: Send + Sync + 'static {
    /// How the server is now. Comes soon, whatever the database and the disk do.
    async fn report(&self) -> Report;

    /// Whether all its parts work; if not, which does not.
    fn alive(&self) -> Result<(), String>;

    /// A text without what this server shows to nobody.
    fn clean(&self, text: &str) -> String;
}
