//! States and kinds that are stored by name.

use thiserror::Error;

/// A stored or written name that is no word of its list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is no {list}")]
pub struct UnknownWord {
    list: &'static str,
    text: String,
}

impl UnknownWord {
    pub(crate) fn new(list: &'static str, text: &str) -> Self {
        Self {
            list,
            text: text.to_owned(),
        }
    }
}

/// Defines an enum whose values have one name each: the one in tables, logs and commands.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every value, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in tables, logs and commands.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::words::UnknownWord::new(stringify!($name), text)),
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a run stands. Everything up to `Parked` is open, the rest is final.
    RunState {
        /// Waits for its turn.
        Queued = "queued",
        /// Has its turn; the agent is being started or woken.
        Starting = "starting",
        /// The agent works.
        Running = "running",
        /// The agent waits for a person's decision.
        Waiting = "waiting",
        /// Queued until a time.
        Parked = "parked",
        /// Answered.
        Completed = "completed",
        /// Ended with an error that was shown.
        Failed = "failed",
        /// A person ended it, or nobody in it was permitted any more when its turn came.
        Cancelled = "cancelled",
        /// Waited too long for its turn.
        Expired = "expired",
        /// The agent or its runner died under it.
        Interrupted = "interrupted",
    }
}

impl RunState {
    /// Nothing will follow: the state that a run stays in.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Starting | Self::Running | Self::Waiting | Self::Parked => false,
            Self::Completed
            | Self::Failed
            | Self::Cancelled
            | Self::Expired
            | Self::Interrupted => true,
        }
    }
}

words! {
    /// How freely an agent goes about its work, in its own program's sense. None of them lets the program
    /// decide by itself what may run.
    AgentMode {
        /// It does what is permitted.
        Default = "default",
        /// It looks and plans, and changes nothing.
        Plan = "plan",
    }
}

words! {
    /// Where a request stands. `Waiting` and `Taken` are open; the rest are the outcomes, of which
    /// each request gets one.
    RequestState {
        /// In the session's mailbox.
        Waiting = "waiting",
        /// A run works on it.
        Taken = "taken",
        /// Its run completed.
        Answered = "answered",
        /// Its run failed or was interrupted.
        Failed = "failed",
        /// Its person was not permitted any more when its turn came.
        Refused = "refused",
        /// It waited too long.
        Expired = "expired",
        /// A person cancelled it.
        Cancelled = "cancelled",
    }
}

words! {
    /// Which agent program a session talks to.
    RuntimeKind {
        /// Claude Code.
        Claude = "claude",
        /// Codex.
        Codex = "codex",
    }
}

impl RuntimeKind {
    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claude => "Claude",
            Self::Codex => "Codex",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for state in RunState::ALL {
            assert_eq!(state.as_str().parse::<RunState>().unwrap(), *state);
        }
        assert_eq!(
            "runing".parse::<RunState>().unwrap_err().to_string(),
            "`runing` is no RunState"
        );
    }
}
