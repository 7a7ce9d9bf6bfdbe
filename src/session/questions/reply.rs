//! What the agent is answered to a question that people have decided on.

use serde_json::Value;

use crate::{
    approval::Decision,
    runtime::{Reply, Verdict},
    store::ApprovalRow,
    words::{ApprovalKind, ApprovalState},
};

/// What a plan of Claude Code's wants to be allowed together with it. Each call is decided on when it comes.
const ALLOWED_AHEAD: &str = "allowedPrompts";

/// The answer of a turn that is being stopped.
pub(super) fn stopped() -> Reply {
    match Decision::stopped().verdict {
        Verdict::Allow => Reply::Allow,
        Verdict::Ask(why) | Verdict::Deny(why) => Reply::Deny(why),
    }
}

/// What the agent is answered to a question that has ended.
pub(super) fn reply_of(row: &ApprovalRow) -> Reply {
    match row.state {
        ApprovalState::Allowed => match row.kind {
            ApprovalKind::Plan => Reply::AllowWith(plan_alone(&row.input)),
            ApprovalKind::Call | ApprovalKind::Choice => Reply::Allow,
        },
        ApprovalState::Answered => {
            let mut input = row.input.clone();
            input["answers"] = row.answers.clone().unwrap_or(Value::Null);
            Reply::AllowWith(input)
        }
        // A rule did, as what the call names leads elsewhere by now.
        ApprovalState::Denied if row.decided_by.is_none() => {
            row.reason.clone().map_or_else(stopped, Reply::Deny)
        }
        ApprovalState::Denied => Reply::Deny(match (&row.reason, row.kind) {
            (Some(reason), _) => format!("A person decided against it and says: {reason}"),
            (None, ApprovalKind::Call) => "A person decided against it. Do not look for a way \
                                           around: say what you would need and why."
                .to_owned(),
            (None, ApprovalKind::Plan) => {
                "A person rejected the plan. Ask what should be different.".to_owned()
            }
            (None, ApprovalKind::Choice) => {
                "The person did not want to answer. Go on as you think best, or end your turn."
                    .to_owned()
            }
        }),
        ApprovalState::Expired => Reply::Deny(
            "Nobody decided on this in time. Do not ask again for it now: end your turn and say what \
             you would need and why."
                .to_owned(),
        ),
        // Of what was asked anew, the last time counts.
        ApprovalState::Pending
        | ApprovalState::Cancelled
        | ApprovalState::Lost
        | ApprovalState::AskedAnew => stopped(),
    }
}

/// A plan without what it wants to be allowed ahead.
fn plan_alone(input: &Value) -> Value {
    let mut input = input.clone();
    if let Some(fields) = input.as_object_mut() {
        fields.remove(ALLOWED_AHEAD);
    }
    input
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plan_is_allowed_without_what_it_wants_to_be_allowed_ahead() {
        let input = json!({"plan": "1. run it", "planFilePath": "/plan.md",
            "allowedPrompts": [{"tool": "Bash", "prompt": "anything"}]});
        let wanted = json!({"plan": "1. run it", "planFilePath": "/plan.md"});
        assert_eq!(plan_alone(&input), wanted);
        assert_eq!(plan_alone(&wanted), wanted);
    }
}
