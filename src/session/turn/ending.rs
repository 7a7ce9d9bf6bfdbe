//! How a turn was watched to its end.

use super::Turn;
use crate::{
    runtime::{ErrorClass, Limit, TurnEnd, runner::Exit},
    session::agent::{Agent, Happening},
};

/// How the agent's part of a turn ended.
pub(in crate::session) enum Ending {
    /// It said that the turn is over.
    Turn(TurnEnd),
    /// It was told to stop and did not say so in time.
    Disobeyed,
    /// It took longer than a turn may take, and did not stop when told.
    TookTooLong,
    /// The account is refused, and it did not stop asking when told.
    Refused(ErrorClass),
    /// It could not be started.
    NotStarted { class: ErrorClass, detail: String },
    /// It wrote a line that is too long to be read.
    TooLong(u64),
    /// It wrote this many bytes, more than it may in one turn.
    TooMuch(u64),
    /// What it does cannot be written down any more.
    Unkept(String),
    /// It has ended by itself.
    Ended { exit: Exit, stderr: String },
    /// It or its runner was killed.
    Killed,
}

/// Why an agent was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) enum Stop {
    /// A person wished it.
    Wished,
    /// The turn took longer than a turn may take.
    Overdue,
    /// The account is refused, whatever is tried.
    Refused(ErrorClass),
}

/// A turn as it was watched.
pub(in crate::session) struct Watched {
    pub(in crate::session) ending: Ending,
    /// Why the agent was told to stop, if it was.
    pub(in crate::session) stop: Option<Stop>,
    /// Whether the agent had taken up the prompt.
    pub(in crate::session) acknowledged: bool,
    /// Tool calls that had begun.
    pub(in crate::session) tool_calls: u32,
    /// The limit that was reached, if one was.
    pub(in crate::session) limit: Option<Limit>,
}

impl Turn {
    /// How a turn ended that ended without the agent's word.
    pub(super) fn ending_of(&self, agent: &Agent, happening: Happening) -> Option<Ending> {
        match happening {
            Happening::Events(_) | Happening::Given(_) => None,
            Happening::TooLong(_) if !self.course.is_prompted() => None,
            Happening::TooMuch(bytes) => Some(Ending::TooMuch(bytes)),
            Happening::NotStarted(detail) => Some(Ending::NotStarted {
                class: ErrorClass::BadStart,
                detail,
            }),
            Happening::Unkept(why) => Some(Ending::Unkept(why)),
            Happening::TooLong(bytes) => Some(Ending::TooLong(bytes)),
            Happening::Lost
            | Happening::Ended {
                exit: Exit::Signal(_),
                ..
            } => Some(Ending::Killed),
            Happening::Ended { exit, stderr } if !self.ready => {
                let class = agent.runtime().explain_exit(&exit.to_string(), &stderr);
                Some(Ending::NotStarted {
                    class,
                    detail: format!("{exit}: {stderr}"),
                })
            }
            Happening::Ended { exit, stderr } => Some(Ending::Ended { exit, stderr }),
        }
    }
}
