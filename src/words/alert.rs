//! What operators should know of.

mod kind;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, time::Duration};

use super::{ChannelId, RunId, SlotId};
use crate::clock::Millis;

pub use kind::{AlertKind, Lasts, Level};

/// Something that operators should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// A login could not be renewed so many times in a row.
    RefreshFails {
        /// The account.
        slot: SlotId,
        /// How often.
        failures: u32,
        /// What went wrong the last time.
        why: String,
    },
    /// Nobody is logged in any more.
    LoginLost {
        /// The account.
        slot: SlotId,
        /// What says so.
        why: String,
        /// What a person runs to log in.
        login: String,
    },
    /// What has come is in memory alone.
    NotStored {
        /// The account.
        slot: SlotId,
        /// What the disk says.
        why: String,
    },
    /// Nothing is asked for, because what comes could not be kept.
    NoRoom {
        /// The account.
        slot: SlotId,
        /// What the disk says.
        why: String,
    },
    /// A renewal may have been received.
    Doubtful {
        /// The account.
        slot: SlotId,
        /// When its token is used once more; `None` for when a turn is refused.
        until: Option<Millis>,
        /// What went wrong.
        why: String,
        /// What a person runs to log in.
        login: String,
    },
    /// Somebody else holds the locks of a login.
    LockStuck {
        /// The account.
        slot: SlotId,
    },
    /// The file of a login is a link, somebody else's, or no file.
    Unread {
        /// The account.
        slot: SlotId,
        /// What it is.
        why: String,
    },
    /// A token that nobody renews ends within days.
    EndsSoon {
        /// The account.
        slot: SlotId,
        /// When.
        at: Millis,
        /// What a person runs to log in.
        login: String,
    },
    /// The model service refuses the account.
    LoginNeeded {
        /// The account.
        slot: SlotId,
        /// A sentence that says how.
        sentence: String,
    },
    /// Somebody begins to log an account in, or that has ended.
    Login {
        /// The account.
        slot: SlotId,
        /// Whether it has ended.
        kind: LoginNews,
        /// A sentence that says who, and how.
        sentence: String,
    },
    /// This machine's clock and the service's are so far apart.
    ClockSkew {
        /// The account whose service says so.
        slot: SlotId,
        /// How far.
        by: Duration,
        /// Which way.
        way: Skew,
    },
    /// A file system has so little left.
    DiskLow {
        /// A directory on it.
        path: PathBuf,
        /// Bytes.
        free: u64,
    },
    /// A limit is nearly used.
    LimitNear {
        /// The account.
        slot: SlotId,
        /// A sentence that says which, and until when.
        sentence: String,
    },
    /// A limit is used up.
    LimitReached {
        /// The account.
        slot: SlotId,
        /// When it is reset; `None` if nobody says.
        until: Option<Millis>,
    },
    /// A conversation goes on elsewhere.
    FailedOver {
        /// The account that it had.
        from: SlotId,
        /// The account that it has.
        to: SlotId,
    },
    /// So many wait, and no more are taken in.
    QueueFull {
        /// How many.
        waiting: usize,
    },
    /// Discord does not take something.
    DeliveryRefused {
        /// Where it should have gone.
        channel: ChannelId,
        /// A sentence that says what, and why.
        sentence: String,
    },
    /// No events have come for so long.
    GatewayUnhealthy {
        /// How long.
        since: Duration,
    },
    /// The server has started, and the one before it has not ended.
    Restart {
        /// How often it has started.
        starts: u64,
        /// How often after such an end.
        unclean: u64,
    },
    /// Another server speaks through the same bot.
    AnotherServer {
        /// Where.
        channel: ChannelId,
    },
    /// A tool call was not asked for.
    PastGate {
        /// The run.
        run: RunId,
        /// A sentence that says which tool.
        sentence: String,
    },
    /// Transcripts are not written.
    Transcripts {
        /// A sentence that says why.
        sentence: String,
    },
    /// Some lines of a transcript will never be written.
    LinesLeftOut {
        /// A sentence that says why.
        sentence: String,
    },
}

/// What there is to be told of somebody who logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginNews {
    /// He has a code.
    Begun,
    /// He is done, or has failed.
    Ended,
}

/// Which way a clock is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skew {
    /// Ours is ahead of the service's.
    Ahead,
    /// Ours is behind.
    Behind,
}

impl Alert {
    /// Which kind of thing it is about.
    pub const fn kind(&self) -> AlertKind {
        match self {
            Self::RefreshFails { .. } => AlertKind::LoginNotRenewed,
            Self::LoginLost { .. } => AlertKind::LoginLost,
            Self::NotStored { .. } => AlertKind::LoginNotStored,
            Self::NoRoom { .. } => AlertKind::LoginNoRoom,
            Self::Doubtful { .. } => AlertKind::LoginDoubtful,
            Self::LockStuck { .. } => AlertKind::LoginLocked,
            Self::Unread { .. } => AlertKind::LoginUnread,
            Self::EndsSoon { .. } => AlertKind::LoginEndsSoon,
            Self::LoginNeeded { .. } => AlertKind::LoginNeeded,
            Self::Login {
                kind: LoginNews::Begun,
                ..
            } => AlertKind::LoginBegun,
            Self::Login {
                kind: LoginNews::Ended,
                ..
            } => AlertKind::LoginEnded,
            Self::ClockSkew { .. } => AlertKind::ClockSkew,
            Self::DiskLow { .. } => AlertKind::DiskLow,
            Self::LimitNear { .. } => AlertKind::LimitNear,
            Self::LimitReached { .. } => AlertKind::LimitReached,
            Self::FailedOver { .. } => AlertKind::FailedOver,
            Self::QueueFull { .. } => AlertKind::QueueFull,
            Self::DeliveryRefused { .. } => AlertKind::DeliveryRefused,
            Self::GatewayUnhealthy { .. } => AlertKind::GatewayUnhealthy,
            Self::Restart { .. } => AlertKind::Restart,
            Self::AnotherServer { .. } => AlertKind::AnotherServer,
            Self::PastGate { .. } => AlertKind::ToolPastGate,
            Self::Transcripts { .. } => AlertKind::Transcripts,
            Self::LinesLeftOut { .. } => AlertKind::LinesLeftOut,
        }
    }

    /// What it is about, as people read it: one of these is told once while it lasts.
    pub fn subject(&self) -> String {
        match self {
            Self::RefreshFails { slot, .. }
            | Self::LoginLost { slot, .. }
            | Self::NotStored { slot, .. }
            | Self::NoRoom { slot, .. }
            | Self::Doubtful { slot, .. }
            | Self::LockStuck { slot }
            | Self::Unread { slot, .. }
            | Self::EndsSoon { slot, .. }
            | Self::LoginNeeded { slot, .. }
            | Self::Login { slot, .. }
            | Self::ClockSkew { slot, .. }
            | Self::LimitNear { slot, .. }
            | Self::LimitReached { slot, .. }
            | Self::FailedOver { from: slot, .. } => format!("account {slot}"),
            Self::DiskLow { path, .. } => path.display().to_string(),
            Self::DeliveryRefused { channel, .. } | Self::AnotherServer { channel } => {
                format!("channel {channel}")
            }
            Self::PastGate { run, .. } => format!("run {run}"),
            Self::QueueFull { .. } => "the queue".to_owned(),
            Self::GatewayUnhealthy { .. } => "the gateway".to_owned(),
            Self::Restart { .. } => "the server".to_owned(),
            Self::Transcripts { .. } | Self::LinesLeftOut { .. } => "transcripts".to_owned(),
        }
    }

    /// The channel that it is about, in which nobody can be told of it.
    pub const fn channel(&self) -> Option<ChannelId> {
        match self {
            Self::DeliveryRefused { channel, .. } | Self::AnotherServer { channel } => {
                Some(*channel)
            }
            Self::RefreshFails { .. }
            | Self::LoginLost { .. }
            | Self::NotStored { .. }
            | Self::NoRoom { .. }
            | Self::Doubtful { .. }
            | Self::LockStuck { .. }
            | Self::Unread { .. }
            | Self::EndsSoon { .. }
            | Self::LoginNeeded { .. }
            | Self::Login { .. }
            | Self::ClockSkew { .. }
            | Self::LimitNear { .. }
            | Self::LimitReached { .. }
            | Self::FailedOver { .. }
            | Self::DiskLow { .. }
            | Self::PastGate { .. }
            | Self::QueueFull { .. }
            | Self::GatewayUnhealthy { .. }
            | Self::Restart { .. }
            | Self::Transcripts { .. }
            | Self::LinesLeftOut { .. } => None,
        }
    }

    /// How far it has come: people are told again when it grows, at the third, seventh and tenth failure.
    pub const fn tier(&self) -> u32 {
        let Self::RefreshFails { failures, .. } = self else {
            return 0;
        };
        match *failures {
            0..3 => 0,
            3..7 => 1,
            7..10 => 2,
            10.. => 3,
        }
    }

    /// What people read: what is so, and what to do.
    pub fn sentence(&self) -> String {
        match self {
            Self::RefreshFails { failures, why, .. } => {
                let urgency = urgency(*failures);
                format!(
                    "This login could not be renewed {failures} times in a row: {why}. {urgency}"
                )
            }
            Self::LoginLost { why, login, .. } => format!(
                "Nobody is logged in any more: {why}. Run {login} as Baton's user; Baton goes on by itself then."
            ),
            Self::NotStored { why, .. } => format!(
                "The new tokens of this login are in memory alone: {why}. Make room or make its disk writable, and do \
                 not stop Baton before; it tries again by itself."
            ),
            Self::NoRoom { why, .. } => format!(
                "This login is not renewed, because what comes could not be kept: {why}. Make room or make its disk \
                 writable."
            ),
            Self::Doubtful { until, why, login, .. } => {
                let again = until.map_or_else(
                    || "when a turn is refused".to_owned(),
                    |at| format!("at {}", time(at)),
                );
                format!(
                    "It is not known whether the service has received the renewal of this login: {why}. Its token is \
                     used once more {again}; to be safe, run {login} before."
                )
            }
            Self::LockStuck { .. } => "Another program holds the locks of this login and does not let go: this login \
                                       is not renewed. Look which one it is, and end it."
                .to_owned(),
            Self::Unread { why, .. } => format!(
                "The file of this login is not read: {why}. Replace it by a plain file of Baton's user."
            ),
            Self::EndsSoon { at, login, .. } => format!(
                "The token of this login ends on {}, and nobody renews it. Run {login} as Baton's user before, or put a \
                 new token in its place.",
                day(*at)
            ),
            Self::ClockSkew { by, way, .. } => {
                let minutes = by.as_secs() / 60;
                let way = match way {
                    Skew::Ahead => "ahead of",
                    Skew::Behind => "behind",
                };
                format!(
                    "This machine's clock is {minutes} minutes {way} the service's: this login is not renewed until \
                     they agree. Set the clock."
                )
            }
            Self::DiskLow { free, .. } => {
                let free = free >> 20;
                format!(
                    "There are {free} MiB left there. Make room: a login that cannot be written is lost."
                )
            }
            Self::LimitReached { until, .. } => match until {
                Some(at) => format!(
                    "The limit is used up until {}. What is asked waits, and goes on by itself.",
                    time(*at)
                ),
                None => "The limit is used up, and nobody says until when. What is asked waits; it is tried again \
                         every 15 minutes."
                    .to_owned(),
            },
            Self::FailedOver { from, to } => format!(
                "A conversation goes on with {to}, because {from} cannot be used at the moment."
            ),
            Self::QueueFull { waiting } => format!(
                "{waiting} requests wait, and more are turned away. Look with `/queue` what takes so long."
            ),
            Self::GatewayUnhealthy { since } => {
                let minutes = since.as_secs() / 60;
                format!(
                    "No events have come from Discord for {minutes} minutes: nobody is heard. Look whether Discord \
                     has trouble (discordstatus.com), and into the log."
                )
            }
            Self::Restart { starts, unclean } => format!(
                "The server has started again, and the one before has not ended by itself. That was start {starts}, \
                 and number {unclean} of those after such an end. What was under way goes on. If it happens again, look into \
                 the log of the service manager."
            ),
            Self::AnotherServer { .. } => "Another Baton uses this bot's token: it has said something here that this \
                                           server did not say. Both answer everybody, and none knows what the other \
                                           does. Stop one of them, or give it a bot of its own."
                .to_owned(),
            Self::LoginNeeded { sentence, .. }
            | Self::Login { sentence, .. }
            | Self::LimitNear { sentence, .. }
            | Self::DeliveryRefused { sentence, .. }
            | Self::PastGate { sentence, .. }
            | Self::Transcripts { sentence }
            | Self::LinesLeftOut { sentence } => sentence.clone(),
        }
    }
}

fn urgency(failures: u32) -> &'static str {
    match failures {
        ..7 => "Baton tries again.",
        7..10 => "Look whether this machine reaches the service.",
        10.. => {
            "Baton tries every 30 minutes from now on. Look whether this machine reaches the service, or log in again."
        }
    }
}

/// A moment, as Discord shows it to everybody in his own time (reference#message-formatting).
fn time(at: Millis) -> String {
    format!("<t:{}:t>", at.get().div_euclid(1_000))
}

/// The day of a moment, as Discord shows it each in his own time.
fn day(at: Millis) -> String {
    format!("<t:{}:D>", at.get().div_euclid(1_000))
}
