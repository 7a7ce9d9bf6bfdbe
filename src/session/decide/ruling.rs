//! What a person can decide, what can keep it from being done, and the end that it makes of a question.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::{
    approval::{GrantRule, MayNot},
    clock::Millis,
    delivery::inquiries,
    store::{ApprovalEnd, ApprovalRow},
    words::{ApprovalKind, ApprovalState, GrantReach, UserId, escape_markdown, without_middle},
};

/// The longest reason and the longest answer that an agent is given, in characters.
const LONGEST_WORDS: usize = 1_000;

/// The longest path that is repeated to a person, in characters.
const LONGEST_PATH: usize = 500;

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Yes: a call may run, a plan may be carried out.
    Allow(Span),
    /// No, perhaps with a reason that the agent is told.
    Deny(Option<String>),
    /// Answers to some or all of what the agent wants to know: which question, counted from 0, and the
    /// answer. Several options of one question are joined by the caller (", ").
    Answer(Vec<(u8, String)>),
}

/// How far a yes reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// This once.
    Once,
    /// The like, as long as the session lasts.
    Session,
    /// The like, for longer; for owners.
    Always {
        /// What it allows, which has to be the call at least.
        rule: GrantRule,
        /// Where.
        breadth: Breadth,
        /// Until when; `None` for until it is taken back.
        until: Option<Millis>,
    },
}

/// Where a lasting yes holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// In the session's thread, or in its channel if it is bound to that.
    Thread,
    /// In the session's channel and its threads.
    Channel,
    /// Everywhere in the project.
    Project,
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The question has this end.
    Ended(ApprovalState),
    /// The answers are noted, and there is more to be answered.
    Partly,
}

/// Why nothing was decided, in words for the person.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotDecided {
    /// He is not one who may.
    #[error(transparent)]
    MayNot(#[from] MayNot),
    /// He could not have asked for it himself.
    #[error("Only people who could have asked for this themselves can answer the agent here.")]
    NotYours,
    /// A lasting yes is for owners of all the places where it would hold.
    #[error(
        "Only an owner of all that it would hold for can allow that. Allow it once, or choose less."
    )]
    NotAnOwner,
    /// It has its end already.
    #[error("{}", already(*by, *state))]
    AlreadyEnded {
        /// Who decided, if a person did.
        by: Option<UserId>,
        /// How it ended.
        state: ApprovalState,
    },
    /// Its time is up.
    #[error("Nobody decided in time, so the agent was told no. Ask it to try again.")]
    Expired,
    /// It was asked somewhere else.
    #[error("This was asked somewhere else. Decide there.")]
    Elsewhere,
    /// Nothing is known of it any more.
    #[error("Nothing is known of this question any more.")]
    Gone,
    /// A rule that would not have allowed the call.
    #[error(
        "That rule would not have allowed what is asked here. Press the button again and keep the rule, or widen it."
    )]
    OtherRule,
    /// A link has changed since it was asked.
    #[error(
        "What this names has changed since you were asked: by now it leads to {}. Nothing was decided; it is asked \
         anew. Decide there.",
        destination(.0.as_deref())
    )]
    LeadsElsewhere(Option<String>),
    /// The same, and a rule of the project denies it now.
    #[error(
        "What this names has changed since you were asked: by now it leads to {}, which the project's rules do not \
         allow. The agent was told no.",
        destination(.0.as_deref())
    )]
    LeadsToDenied(Option<String>),
    /// The same, and people have been asked as much as they can be in one turn.
    #[error(
        "What this names has changed since you were asked: by now it leads to {}. In this turn people have been asked \
         too often to be asked anew, so the agent was told no. Write to it if it should try again.",
        destination(.0.as_deref())
    )]
    LeadsElsewhereTooOften(Option<String>),
    /// It cannot be decided in this way.
    #[error("This question cannot be answered in that way. Use its own buttons.")]
    NotThatWay,
}

fn already(by: Option<UserId>, state: ApprovalState) -> String {
    match (by, state) {
        (Some(by), _) => format!("<@{by}> was faster: it is {state}."),
        (None, ApprovalState::Lost) => {
            "The agent's process has gone. Send a message to go on, and it \
                                        asks again if it still wants to."
                .to_owned()
        }
        (None, ApprovalState::AskedAnew) => {
            "What this names has changed, so it was asked anew. Decide there.".to_owned()
        }
        (None, _) => format!("Nothing is to be decided here any more: it is {state}."),
    }
}

/// Where something leads, for the middle of a sentence.
fn destination(path: Option<&str>) -> String {
    path.map_or_else(
        || "where nobody can tell".to_owned(),
        |path| escape_markdown(&without_middle(path, LONGEST_PATH)),
    )
}

/// Why nothing is to be decided any more.
pub(super) fn closed(row: &ApprovalRow, now: Millis) -> Option<NotDecided> {
    match row.state {
        ApprovalState::Pending if now < row.expires_at => None,
        ApprovalState::Pending | ApprovalState::Expired => Some(NotDecided::Expired),
        state @ (ApprovalState::Allowed
        | ApprovalState::Denied
        | ApprovalState::Answered
        | ApprovalState::Cancelled
        | ApprovalState::Lost
        | ApprovalState::AskedAnew) => Some(NotDecided::AlreadyEnded {
            by: row.decided_by,
            state,
        }),
    }
}

/// The end that a ruling gives a question, and whether it is a whole one; `None` if it does not fit.
pub(super) fn end_of(
    row: &ApprovalRow,
    by: UserId,
    ruling: &Ruling,
) -> Option<(ApprovalEnd, bool)> {
    let end = |state| ApprovalEnd {
        state,
        reach: None,
        grant: None,
        by: Some(by),
        reason: None,
        answers: None,
    };
    Some(match (ruling, row.kind) {
        (Ruling::Allow(span), ApprovalKind::Call) => {
            let reach = Some(match span {
                Span::Once => GrantReach::Once,
                Span::Session => GrantReach::Session,
                Span::Always { .. } => GrantReach::Project,
            });
            let state = ApprovalState::Allowed;
            (
                ApprovalEnd {
                    reach,
                    ..end(state)
                },
                true,
            )
        }
        (Ruling::Allow(Span::Once), ApprovalKind::Plan) => (end(ApprovalState::Allowed), true),
        (Ruling::Deny(reason), _) => {
            let reason = reason.as_deref().map(bounded);
            let state = ApprovalState::Denied;
            (
                ApprovalEnd {
                    reason,
                    ..end(state)
                },
                true,
            )
        }
        (Ruling::Answer(given), ApprovalKind::Choice) => {
            let (answers, is_whole) = answered(row, given)?;
            let state = ApprovalState::Answered;
            let answers = Some(answers);
            (
                ApprovalEnd {
                    answers,
                    ..end(state)
                },
                is_whole,
            )
        }
        (Ruling::Allow(_) | Ruling::Answer(_), _) => return None,
    })
}

/// The answers so far with those that are given now, and whether nothing is left to be answered.
fn answered(row: &ApprovalRow, given: &[(u8, String)]) -> Option<(Value, bool)> {
    let asked = inquiries(&row.input);
    let mut answers: Map<String, Value> = row
        .answers
        .as_ref()
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for (question, answer) in given {
        let inquiry = asked.get(usize::from(*question))?;
        answers.insert(inquiry.key.clone(), bounded(answer).into());
    }
    let is_whole = asked
        .iter()
        .all(|inquiry| answers.contains_key(&inquiry.key));
    Some((Value::Object(answers), is_whole))
}

fn bounded(text: &str) -> String {
    text.chars().take(LONGEST_WORDS).collect()
}
