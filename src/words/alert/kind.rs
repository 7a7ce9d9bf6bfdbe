//! The kinds of alerts: how bad each is, and how it ends.

use crate::words::words;

words! {
    /// Which kind of thing an alert is about.
    AlertKind {
        /// The login of an account cannot be renewed.
        LoginNotRenewed = "login_not_renewed",
        /// Nobody is logged in with an account any more.
        LoginLost = "login_lost",
        /// New tokens are in memory alone.
        LoginNotStored = "login_not_stored",
        /// There is no room for the tokens that would come.
        LoginNoRoom = "login_no_room",
        /// Nobody knows whether a refresh token has been used.
        LoginDoubtful = "login_doubtful",
        /// Another program holds the locks of a login.
        LoginLocked = "login_locked",
        /// The file of a login is none that is read.
        LoginUnread = "login_unread",
        /// A login that nobody renews ends soon.
        LoginEndsSoon = "login_ends_soon",
        /// The model service refuses an account.
        LoginNeeded = "login_needed",
        /// Somebody begins to log an account in.
        LoginBegun = "login_begun",
        /// That has come to an end.
        LoginEnded = "login_ended",
        /// This machine's clock and a service's are apart.
        ClockSkew = "clock_skew",
        /// A file system is almost full.
        DiskLow = "disk_low",
        /// An account's limit is nearly used.
        LimitNear = "limit_near",
        /// An account's limit is used up.
        LimitReached = "limit_reached",
        /// A conversation goes on with another account.
        FailedOver = "failed_over",
        /// Nothing more is taken in.
        QueueFull = "queue_full",
        /// Discord does not take something.
        DeliveryRefused = "delivery_refused",
        /// No events come from Discord.
        GatewayUnhealthy = "gateway_unhealthy",
        /// The server has started again without having ended.
        Restart = "restart",
        /// Another server uses the same bot.
        AnotherServer = "another_server",
        /// A tool call passed by the gate.
        ToolPastGate = "tool_past_gate",
        /// Transcripts are not written.
        Transcripts = "transcripts",
        /// Lines of a transcript are lost.
        LinesLeftOut = "transcript_lines_left_out",
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It can wait until tomorrow.
    Warning,
    /// Something does not work, or somebody does what he may not.
    Error,
}

/// How an alert ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// It is so until it is cleared. Then people are told that it is over.
    UntilCleared,
    /// It has happened, and that is all.
    No,
}

impl AlertKind {
    /// How bad it is.
    pub const fn level(self) -> Level {
        match self {
            Self::LoginLost
            | Self::LoginNotStored
            | Self::LoginNeeded
            | Self::LoginBegun
            | Self::LoginEnded
            | Self::GatewayUnhealthy
            | Self::AnotherServer
            | Self::ToolPastGate => Level::Error,
            Self::LoginNotRenewed
            | Self::LoginNoRoom
            | Self::LoginDoubtful
            | Self::LoginLocked
            | Self::LoginUnread
            | Self::LoginEndsSoon
            | Self::ClockSkew
            | Self::DiskLow
            | Self::LimitNear
            | Self::LimitReached
            | Self::FailedOver
            | Self::QueueFull
            | Self::DeliveryRefused
            | Self::Restart
            | Self::Transcripts
            | Self::LinesLeftOut => Level::Warning,
        }
    }

    /// What is said when it is over; `None` for what has happened once and is not over at any time.
    pub const fn recovery(self) -> Option<&'static str> {
        match self {
            Self::LoginNotRenewed => Some("This login can be renewed again."),
            Self::LoginLost => Some("Somebody has logged in again."),
            Self::LoginNotStored => Some("The new tokens of this login are on disk."),
            Self::LoginNoRoom => Some("There is room for the new tokens of this login."),
            Self::LoginDoubtful => Some("It is known again how this login is."),
            Self::LoginLocked => Some("The locks of this login are free again."),
            Self::LoginUnread => Some("The file of this login is read again."),
            Self::LoginEndsSoon => Some("This login holds for longer again."),
            Self::ClockSkew => Some("This machine's clock agrees with the service's again."),
            Self::DiskLow => Some("There is room again."),
            Self::LimitReached => Some("The limit has been reset."),
            Self::QueueFull => Some("The queue has room again."),
            Self::GatewayUnhealthy => Some("Discord's events come again."),
            Self::Transcripts => Some("The transcripts are written again."),
            Self::LoginNeeded
            | Self::LoginBegun
            | Self::LoginEnded
            | Self::LimitNear
            | Self::FailedOver
            | Self::DeliveryRefused
            | Self::Restart
            | Self::LinesLeftOut
            | Self::AnotherServer
            | Self::ToolPastGate => None,
        }
    }

    /// How it ends.
    pub const fn lasts(self) -> Lasts {
        match self.recovery() {
            Some(_) => Lasts::UntilCleared,
            None => Lasts::No,
        }
    }
}
