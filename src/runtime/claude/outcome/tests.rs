use serde_json::json;

use super::*;

type Told = (Option<&'static str>, Option<u64>, &'static str, ErrorClass);

/// (assistant.error, api_error_status, result, class), the first three as 2.1.197 printed them.
const FAILURES: [Told; 24] = [
    (
        Some("authentication_failed"),
        Some(401),
        "Failed to authenticate. API Error: 401 Invalid authentication credentials",
        ErrorClass::LoginDead,
    ),
    (
        Some("authentication_failed"),
        None,
        "Not logged in · Please run /login",
        ErrorClass::LoginNeeded,
    ),
    (
        Some("authentication_failed"),
        Some(401),
        "Invalid API key · Fix external API key",
        ErrorClass::BadApiKey,
    ),
    (
        Some("authentication_failed"),
        Some(403),
        "Failed to authenticate. API Error: 403 Your API key does not have permission",
        ErrorClass::Forbidden,
    ),
    (
        Some("authentication_failed"),
        Some(403),
        "Your account does not have access to Claude. Please login again",
        ErrorClass::LoginDead,
    ),
    (
        Some("oauth_org_not_allowed"),
        Some(403),
        "Your organization has disabled Claude subscription access for Claude Code",
        ErrorClass::OrgBlocks,
    ),
    (
        Some("rate_limit"),
        Some(429),
        "You've hit your weekly limit · resets 10:50am (UTC)",
        ErrorClass::LimitReached,
    ),
    (
        Some("rate_limit"),
        Some(429),
        "You're out of usage credits · resets 10:50am (UTC)",
        ErrorClass::LimitReached,
    ),
    (
        Some("rate_limit"),
        Some(429),
        "Your org is out of usage · add funds to continue",
        ErrorClass::NoCredit,
    ),
    (
        Some("rate_limit"),
        Some(429),
        "API Error: Server is temporarily limiting requests (not your usage limit) · Rate limited",
        ErrorClass::Throttled,
    ),
    (
        Some("rate_limit"),
        Some(429),
        "API Error: Request rejected (429) · x",
        ErrorClass::Throttled,
    ),
    (
        Some("billing_error"),
        Some(400),
        "Credit balance is too low",
        ErrorClass::NoCredit,
    ),
    (
        Some("invalid_request"),
        Some(400),
        "Prompt is too long · the request is ~250000 tokens (limit 200000)",
        ErrorClass::TooLong,
    ),
    (
        Some("invalid_request"),
        Some(413),
        "Request too large (max 32MB). Try with a smaller file.",
        ErrorClass::RequestTooLarge,
    ),
    (
        Some("invalid_request"),
        Some(400),
        "Image was too large. Try resizing the image or using a different approach.",
        ErrorClass::ImageUnusable,
    ),
    (
        Some("model_not_found"),
        Some(404),
        "There's an issue with the selected model (claude-nope).",
        ErrorClass::UnknownModel,
    ),
    (
        Some("invalid_request"),
        None,
        "API Error: Claude Code is unable to respond to this request, which appears to violate our Usage Policy",
        ErrorClass::PolicyRefusal,
    ),
    (
        Some("unknown"),
        Some(400),
        "API Error: 400 messages: bad thing",
        ErrorClass::BadRequest,
    ),
    (
        Some("server_error"),
        None,
        "API Error: Repeated 529 Overloaded errors.",
        ErrorClass::ServiceDown,
    ),
    (
        Some("server_error"),
        Some(529),
        "API Error: 529 Overloaded.",
        ErrorClass::ServiceDown,
    ),
    (
        Some("server_error"),
        None,
        "API Error: Unable to connect to API (ConnectionRefused)",
        ErrorClass::Unreachable,
    ),
    (
        None,
        Some(401),
        "Invalid API key · Fix external API key",
        ErrorClass::BadApiKey,
    ),
    (None, Some(503), "API Error: 503 x", ErrorClass::ServiceDown),
    (
        None,
        None,
        "API Error: Unable to connect to API (ConnectionRefused)",
        ErrorClass::Unreachable,
    ),
];

#[test]
fn failures_of_the_model_service_are_told_apart() {
    for (kind, status, words, class) in FAILURES {
        let result = json!({"subtype": "success", "is_error": true, "api_error_status": status,
            "result": words, "terminal_reason": "completed", "stop_reason": "stop_sequence"});
        assert_eq!(
            outcome(&result, kind),
            TurnOutcome::Failed {
                class,
                detail: words.to_owned()
            }
        );
    }
}

#[test]
fn what_a_turn_ended_with_decides_where_its_words_say_little() {
    for (status, words, terminal, class) in [
        (Some(400), "x", "image_error", ErrorClass::ImageUnusable),
        (None, "x", "image_error", ErrorClass::ImageUnusable),
        // As it was seen.
        (
            Some(413),
            "Request too large (max 32MB). Try with a smaller file.",
            "image_error",
            ErrorClass::RequestTooLarge,
        ),
        (None, "x", "prompt_too_long", ErrorClass::TooLong),
        (Some(400), "x", "completed", ErrorClass::BadRequest),
        (None, "x", "of another version", ErrorClass::Other),
    ] {
        let result = json!({"subtype": "success", "is_error": true, "api_error_status": status,
            "result": words, "terminal_reason": terminal});
        let detail = words.to_owned();
        let said = Some("invalid_request");
        assert_eq!(
            outcome(&result, said),
            TurnOutcome::Failed { class, detail },
            "{terminal}"
        );
    }
}

#[test]
fn what_is_used_up_and_what_is_refused_is_told_apart_from_what_failed() {
    for (subtype, stop_reason, result, errors, class, detail) in [
        (
            "error_max_turns",
            "tool_use",
            None,
            json!(["Reached maximum number of turns (1)"]),
            ErrorClass::TurnsUsedUp,
            "Reached maximum number of turns (1)",
        ),
        (
            "error_max_budget_usd",
            "end_turn",
            None,
            json!(["Reached maximum budget ($1)"]),
            ErrorClass::BudgetUsedUp,
            "Reached maximum budget ($1)",
        ),
        // Whatever its words are.
        (
            "success",
            "refusal",
            Some("API Error: it does not want to"),
            json!(null),
            ErrorClass::PolicyRefusal,
            "API Error: it does not want to",
        ),
    ] {
        let line = json!({"subtype": subtype, "is_error": true, "stop_reason": stop_reason,
            "result": result, "errors": errors, "terminal_reason": "completed"});
        let detail = detail.to_owned();
        assert_eq!(outcome(&line, None), TurnOutcome::Failed { class, detail });
    }
}

#[test]
fn retries_say_what_is_wrong() {
    for (kind, status, class) in [
        ("overloaded", Some(529), ErrorClass::ServiceDown),
        ("server_error", Some(500), ErrorClass::ServiceDown),
        ("authentication_failed", Some(401), ErrorClass::LoginDead),
        ("rate_limit", Some(429), ErrorClass::Throttled),
        ("unknown", None, ErrorClass::Unreachable),
    ] {
        let by = LogsIn::ByLogin;
        assert_eq!(retry_class(Some(kind), status, by), class, "{kind}");
    }
    let by_key = retry_class(Some("authentication_failed"), Some(401), LogsIn::ByKey);
    assert_eq!(by_key, ErrorClass::BadApiKey);
}

#[test]
fn an_end_without_a_word_is_explained_by_what_went_to_standard_error() {
    for (exit, stderr, class) in [
        (
            "exit status: 1",
            "Error: Session ID 1-2 is already in use.",
            ErrorClass::ConversationExists,
        ),
        (
            "exit status: 1",
            "No conversation found with session ID: 9-9",
            ErrorClass::UnknownConversation,
        ),
        (
            "exit status: 1",
            "error: unknown option '--nope'\n(Did you mean --name?)",
            ErrorClass::BadStart,
        ),
        (
            "exit status: 1",
            "Error: Settings file not found: {bad",
            ErrorClass::BadStart,
        ),
        ("exit status: 127", "", ErrorClass::BadStart),
        ("signal: 9 (SIGKILL)", "", ErrorClass::Other),
    ] {
        assert_eq!(explain_exit(exit, stderr), class, "{stderr}");
    }
}

#[test]
fn costs_are_whole_millionths() {
    for (usd, expected) in [
        (0.00046, 460),
        (0.000_690_000_000_000_000_1, 690),
        (1.50011, 1_500_110),
        (-1.0, 0),
    ] {
        assert_eq!(microusd(Some(usd)), expected);
    }
    assert_eq!(microusd(None), 0);
}
