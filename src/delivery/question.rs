//! A question about a tool call, as a chat service shows it.

use std::path::PathBuf;

use super::matter::Matter;
use crate::{
    clock::Millis,
    words::{
        ApprovalId, ApprovalState, ChannelId, Choice, GrantReach, GrantScope, Place, RuntimeKind,
        Unread, UserId,
    },
};

/// A question to a person. Nothing in it is registered as a secret any more; it is otherwise as the agent
/// wrote it, and not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Which.
    pub id: ApprovalId,
    /// The project.
    pub project: String,
    /// The agent program.
    pub agent: RuntimeKind,
    /// Whom the agent works for.
    pub asked_by: Vec<UserId>,
    /// Where the conversation lives.
    pub place: Place,
    /// Where it posts.
    pub at: ChannelId,
    /// What it is about.
    pub matter: Matter,
    /// Why what is there already could not be looked at, if it would show what is done.
    pub unread: Option<Unread>,
    /// Where the agent is.
    pub directory: Option<PathBuf>,
    /// Where what it is about really is.
    pub leads: Leads,
    /// In which parts of it something was taken out because it is a secret or looks like one: what is decided
    /// on there, nobody sees.
    pub hidden: Vec<String>,
    /// Whether it would run outside of the sandbox that the agent program keeps its tools in.
    pub unconfined: bool,
    /// Why it is asked.
    pub why: String,
    /// The sub-agent that wants it, by its name.
    pub sub_agent: Option<String>,
    /// Until when it can be answered.
    pub expires_at: Millis,
    /// The narrowest rule that would allow the same again, if one can be written down.
    pub rule: Option<String>,
    /// How it can be answered: opaque ids and what they mean.
    pub controls: Vec<(String, Choice)>,
    /// Answers so far, in the order of the inquiries; empty for other questions.
    pub answers: Vec<Option<String>>,
    /// How it ended, if it has.
    pub end: Option<End>,
}

/// Where a call leads, behind all links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leads {
    /// To what it names, or to nothing that could be named.
    AsWritten,
    /// To something else.
    To(String),
    /// Nobody can tell.
    Untold,
}

/// How a question ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// How.
    pub state: ApprovalState,
    /// Who decided.
    pub by: Option<UserId>,
    /// How far a yes reaches.
    pub reach: Option<GrantReach>,
    /// What was granted, if it is for longer than once and can be shown.
    pub granted: Option<Granted>,
    /// His reason.
    pub reason: Option<String>,
}

/// What was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The rule.
    pub rule: String,
    /// Where it holds.
    pub scope: GrantScope,
    /// Until when; `None` for until it is taken back.
    pub until: Option<Millis>,
}
