//! Questions to people about what an agent wants to do, and what becomes of them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{ChannelId, SessionId, UnknownWord, state::words};

words! {
    /// What a person is asked about.
    ApprovalKind {
        /// Whether a tool call may run.
        Call = "call",
        /// Whether a plan may be carried out.
        Plan = "plan",
        /// What the agent wants to know.
        Choice = "choice",
    }
}

words! {
    /// Where a question stands. `Pending` is open; the rest are the ends, of which each question gets one.
    ApprovalState {
        /// It waits for a person.
        Pending = "pending",
        /// A person has allowed it.
        Allowed = "allowed",
        /// A person has denied it.
        Denied = "denied",
        /// People have answered what the agent wanted to know.
        Answered = "answered",
        /// Nobody decided in time.
        Expired = "expired",
        /// The run was cancelled or is over, or the agent does not want to know any more.
        Cancelled = "cancelled",
        /// The agent's process has gone.
        Lost = "lost",
        /// What it is about leads elsewhere than people were shown: they are asked anew.
        AskedAnew = "asked_anew",
    }
}

words! {
    /// How far a yes reaches.
    GrantReach {
        /// This call.
        Once = "once",
        /// The like, in the same session.
        Session = "session",
        /// The like, in a part of the project or all of it.
        Project = "project",
    }
}

words! {
    /// Which way a question went to people.
    Route {
        /// To an approver, in private.
        Dm = "dm",
        /// To where the session is.
        Thread = "thread",
        /// To the channel for questions.
        Channel = "channel",
        /// To where the session is, with nothing of what it is about but for approvers who ask.
        Veiled = "veiled",
    }
}

words! {
    /// Which way questions are wished to go.
    Routing {
        /// In private where others could read along, otherwise to where the session is.
        Auto = "auto",
        /// To an owner, in private.
        Dm = "dm",
        /// To where the session is.
        Thread = "thread",
        /// To the channel for questions.
        Channel = "channel",
    }
}

/// What a control of a question does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// Allows this call.
    Once,
    /// Allows the like in the session.
    Session,
    /// Allows the like in the project; asks first where and for how long.
    Always,
    /// Denies.
    Deny,
    /// Denies; asks first for a reason.
    DenyWithReason,
    /// Shows what it is about to who pressed it.
    Details,
    /// Approves a plan.
    ApprovePlan,
    /// Rejects a plan.
    RejectPlan,
    /// Answers a question of the agent's with one of its options; both are counted from 0.
    Answer {
        /// Which question.
        question: u8,
        /// Which option.
        option: u8,
    },
    /// A list of a question's options.
    Select {
        /// Which question.
        question: u8,
    },
    /// Answers a question in one's own words; asks first for them.
    Other {
        /// Which question.
        question: u8,
    },
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once => f.write_str("once"),
            Self::Session => f.write_str("session"),
            Self::Always => f.write_str("always"),
            Self::Deny => f.write_str("deny"),
            Self::DenyWithReason => f.write_str("deny_with_reason"),
            Self::Details => f.write_str("details"),
            Self::ApprovePlan => f.write_str("approve_plan"),
            Self::RejectPlan => f.write_str("reject_plan"),
            Self::Answer { question, option } => write!(f, "answer:{question}:{option}"),
            Self::Select { question } => write!(f, "select:{question}"),
            Self::Other { question } => write!(f, "other:{question}"),
        }
    }
}

impl FromStr for Choice {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownWord::new("Choice", text);
        let number = |part: &str| part.parse::<u8>().map_err(|_| unknown());
        let parts: Vec<&str> = text.split(':').collect();
        Ok(match parts.as_slice() {
            ["once"] => Self::Once,
            ["session"] => Self::Session,
            ["always"] => Self::Always,
            ["deny"] => Self::Deny,
            ["deny_with_reason"] => Self::DenyWithReason,
            ["details"] => Self::Details,
            ["approve_plan"] => Self::ApprovePlan,
            ["reject_plan"] => Self::RejectPlan,
            ["answer", question, option] => Self::Answer {
                question: number(question)?,
                option: number(option)?,
            },
            ["select", question] => Self::Select {
                question: number(question)?,
            },
            ["other", question] => Self::Other {
                question: number(question)?,
            },
            _ => return Err(unknown()),
        })
    }
}

/// Where a grant holds, within its project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GrantScope {
    /// In one session.
    Session(SessionId),
    /// In one thread, also in sessions to come.
    Thread(ChannelId),
    /// In one channel and its threads.
    Channel(ChannelId),
    /// Everywhere in the project.
    Project,
}

impl fmt::Display for GrantScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Thread(id) => write!(f, "thread:{id}"),
            Self::Channel(id) => write!(f, "channel:{id}"),
            Self::Project => f.write_str("project"),
        }
    }
}

impl FromStr for GrantScope {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || UnknownWord::new("GrantScope", text);
        if text == "project" {
            return Ok(Self::Project);
        }
        let (kind, id) = text.split_once(':').ok_or_else(unknown)?;
        let channel = || id.parse::<ChannelId>().map_err(|_| unknown());
        Ok(match kind {
            "session" => Self::Session(id.parse().map_err(|_| unknown())?),
            "thread" => Self::Thread(channel()?),
            "channel" => Self::Channel(channel()?),
            _ => return Err(unknown()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_and_every_scope_reads_back() {
        let (question, option) = (3, 24);
        for choice in [
            Choice::Once,
            Choice::Session,
            Choice::Always,
            Choice::Deny,
            Choice::DenyWithReason,
            Choice::Details,
            Choice::ApprovePlan,
            Choice::RejectPlan,
            Choice::Answer { question, option },
            Choice::Select { question },
            Choice::Other { question },
        ] {
            assert_eq!(choice.to_string().parse(), Ok(choice));
        }
        for scope in [
            GrantScope::Session(SessionId::fresh()),
            GrantScope::Thread(ChannelId::new(1)),
            GrantScope::Channel(ChannelId::new(2)),
            GrantScope::Project,
        ] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
    }

    #[test]
    fn what_is_no_choice_and_no_scope_is_neither() {
        for text in [
            "",
            "answer:1",
            "answer:1:2:3",
            "answer:256:0",
            "select:",
            "Once",
        ] {
            assert!(text.parse::<Choice>().is_err(), "{text}");
        }
        for text in ["", "thread", "session:7", "channel:x", "global"] {
            assert!(text.parse::<GrantScope>().is_err(), "{text}");
        }
    }
}
