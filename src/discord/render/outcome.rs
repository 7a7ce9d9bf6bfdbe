//! How a question ended, in a line.

use super::{
    escape_markdown,
    question::{code, meaning},
    text::one_line,
};
use crate::{
    delivery::{End, Granted, Matter, Question},
    words::{ApprovalState, GrantReach, GrantScope},
};

/// The longest reason or answer that is repeated, in code points.
const REPEATED: usize = 200;

/// Who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Who sees the question: what was decided is said with what it was decided by.
    Approvers,
    /// Everybody in the place of the session. What was asked and what was written elsewhere stays there.
    Everybody,
}

/// How a question ended.
pub(super) fn outcome(question: &Question, end: &End, before: Before) -> String {
    let by = match end.by {
        Some(person) => format!(" by <@{person}>"),
        None => String::new(),
    };
    let because = match (end.reason.as_deref().map(quoted).as_deref(), before) {
        (Some("") | None, _) => ".".to_owned(),
        (Some(reason), Before::Approvers) => format!(": {reason}"),
        (Some(_), Before::Everybody) => " with a reason.".to_owned(),
    };
    let granted = match (&end.granted, before) {
        (Some(granted), Before::Approvers) => covered(granted),
        (Some(_), Before::Everybody) | (None, _) => ".".to_owned(),
    };
    match (end.state, &question.matter) {
        // Nothing is said of what has not ended.
        (ApprovalState::Pending, _) => String::new(),
        (ApprovalState::Allowed, Matter::Plan { .. }) => format!("✅ Approved{by}."),
        (ApprovalState::Allowed, _) => match end.reach {
            Some(GrantReach::Session) => format!("✅ Allowed for this session{by}{granted}"),
            Some(GrantReach::Project) => format!("✅ Always allowed from now on{by}{granted}"),
            Some(GrantReach::Once) | None => format!("✅ Allowed once{by}."),
        },
        (ApprovalState::Denied, Matter::Plan { .. }) => format!("⛔ Rejected{by}{because}"),
        (ApprovalState::Denied, Matter::Inquiries(_)) => format!("⛔ Dismissed{by}{because}"),
        (ApprovalState::Denied, _) => format!("⛔ Denied{by}{because}"),
        (ApprovalState::Answered, _) => format!("✅ Answered{by}."),
        (ApprovalState::Expired, _) => {
            "⌛ Nobody answered in time, so it was not allowed.".to_owned()
        }
        (ApprovalState::Cancelled, _) => "🛑 This does not matter any more.".to_owned(),
        (ApprovalState::AskedAnew, _) => {
            "🔁 What this names leads elsewhere by now, so it was asked anew.".to_owned()
        }
        (ApprovalState::Lost, _) => "⚠️ The agent's process is gone, so nobody can answer this any more. Write \
                                     to the agent to go on; if it still needs this, it is asked again."
            .to_owned(),
    }
}

/// What was granted, and where it holds beyond its session.
fn covered(granted: &Granted) -> String {
    let place = match granted.scope {
        GrantScope::Session(_) => String::new(),
        GrantScope::Thread(id) | GrantScope::Channel(id) => format!(", in <#{id}>"),
        GrantScope::Project => ", in the whole project".to_owned(),
    };
    let until = granted.until.map_or_else(String::new, |at| {
        format!(", until <t:{}:f>", at.get() / 1_000)
    });
    let (rule, meaning) = (code(&granted.rule), meaning(&granted.rule));
    format!(": {rule}, {meaning}{place}{until}.")
}

/// Words of a person, in a sentence of ours.
pub(super) fn quoted(words: &str) -> String {
    escape_markdown(&one_line(words, REPEATED))
}
