//! What made a decision, as it is stored and shown.

use std::fmt;

use crate::words::GrantId;

/// What made a decision; [`Display`](fmt::Display) is what is stored and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleRef {
    /// A rule of the project, as the operator wrote it.
    Project(String),
    /// The project allows everything to agents of owners.
    Everything,
    /// A rule of the project that denies.
    Denied(String),
    /// A rule of the project by which a person is asked every time.
    Asked(String),
    /// What a person has allowed for longer.
    Grant(GrantId, String),
    /// Built in: the agent may keep its own list of what it has to do.
    OwnList,
    /// Built in: what the agent wants to be told, people answer.
    Dialog,
    /// Built in: what nothing allows, a person decides or is denied.
    Unnamed,
    /// Built in: where guests speak, an agent only looks.
    LooksOnly,
    /// Built in: an agent that makes a plan only looks.
    Planning,
    /// Built in: an agent that was told to stop does nothing more.
    Stopped,
    /// Built in: an agent does nothing before it is asked.
    TooEarly,
    /// Built in: what nobody can read does not run.
    Unreadable,
    /// Built in: people are asked so much in a turn, and no more.
    TooMuch,
}

impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(rule) => write!(f, "allowed: {rule}"),
            Self::Everything => f.write_str("allowed: everything"),
            Self::Denied(rule) => write!(f, "denied: {rule}"),
            Self::Asked(rule) => write!(f, "always asked: {rule}"),
            Self::Grant(id, rule) => write!(f, "grant {id}: {rule}"),
            Self::OwnList => f.write_str("built in: the agent's own list"),
            Self::Dialog => f.write_str("built in: people answer the agent's questions"),
            Self::Unnamed => f.write_str("built in: no rule allows it"),
            Self::LooksOnly => f.write_str("built in: where guests speak, an agent only looks"),
            Self::Planning => f.write_str("built in: an agent that makes a plan only looks"),
            Self::TooEarly => f.write_str("built in: nobody has asked the agent yet"),
            Self::Unreadable => f.write_str("built in: nobody can read the call"),
            Self::TooMuch => f.write_str("built in: people have been asked too much in the turn"),
            Self::Stopped => f.write_str("built in: the agent was told to stop"),
        }
    }
}
