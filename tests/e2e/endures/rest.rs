//! Answers of the REST API that are errors, late, broken, or never come.

use discord_sim::{Fault, RouteKind, Rule, Scope, Truncation};
use serde_json::json;

use super::{Case, Trouble, fault::all};

/// What a 429 tells to wait.
const WAIT_MS: u32 = 700;

/// How long a late answer is late.
const LATE_MS: u64 = 1_500;

/// Those that cost Baton its patience come first.
pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        Case::requests("no answer", Fault::Hang),
        Case::carried_out("no answer, carried out", Fault::Hang),
        Case::requests(
            "half an answer and silence",
            Fault::Truncate(Truncation::Stall),
        ),
        Case::new(
            "status 500 while it reads back",
            Trouble::ReadingBack(all(), Fault::status(500)),
        ),
    ];
    for status in [500, 502, 503, 504] {
        let name = format!("status {status}");
        cases.push(Case::requests(name, Fault::status(status)));
    }
    let empty = Fault::Answer {
        status: 500,
        body: None,
    };
    cases.extend([
        Case::requests("status 500 without a body", empty),
        Case::carried_out("status 500, carried out", Fault::status(500)),
        Case::carried_out("status 502, carried out", Fault::status(502)),
        Case::requests("delay", Fault::delay(LATE_MS)),
        Case::carried_out("delay, carried out", Fault::delay(LATE_MS)),
        Case::requests("connection ended", Fault::DropConnection),
        Case::carried_out("connection ended, carried out", Fault::DropConnection),
        Case::requests("connection reset", Fault::ResetConnection),
        Case::carried_out("connection reset, carried out", Fault::ResetConnection),
        Case::requests("half an answer", Fault::Truncate(Truncation::Cut)),
        Case::requests(
            "half an answer that claims to be all",
            Fault::Truncate(Truncation::Short),
        ),
    ]);
    let unreadable = Fault::Answer {
        status: 200,
        body: Some(json!({ "id": true })),
    };
    cases.push(Case::carried_out(
        "an answer that cannot be read, carried out",
        unreadable,
    ));
    for (status, code) in [(400, 50_035), (403, 50_013)] {
        let fault = Fault::error(status, code, "as told");
        let name = format!("status {status} to messages");
        cases.push(Case::new(name, Trouble::Refusals(fault)));
    }
    // What is nobody's answer may be refused for good.
    let refused = |what: &str, rule: Rule, (status, code)| {
        let fault = Fault::error(status, code, "as told");
        Case::new(
            format!("status {status} to {what}"),
            Trouble::Requests(rule.always(), fault),
        )
    };
    for error in [(400, 30_010), (403, 50_013), (404, 10_008)] {
        cases.push(refused("signs", Rule::route(RouteKind::AddReaction), error));
    }
    cases.push(refused(
        "typing",
        Rule::route(RouteKind::Typing),
        (403, 50_001),
    ));
    for scope in [Scope::User, Scope::Shared, Scope::Global] {
        let name = format!("429 of scope {scope:?}");
        cases.push(Case::requests(name, Fault::rate_limited(scope, WAIT_MS)));
    }
    cases
}
