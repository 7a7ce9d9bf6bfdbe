//! How a turn ended, from what Claude Code says at its end.
//!
//! `subtype` is `success` for every failure of the model service, so it decides last: first whether
//! the turn was aborted, then `is_error`, then the words that came with it.

use std::time::Duration;

use serde_json::Value;

use crate::runtime::{ErrorClass, TurnEnd, TurnOutcome, Usage};

/// What an unfinished start says about a conversation that the program does not have.
const UNKNOWN_CONVERSATION: &str = "No conversation found with session ID";

/// What is said where nothing answers.
const UNREACHABLE: &str = "Unable to connect to API";

/// What is known of a failure.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Failure<'a> {
    /// The program's own kind (`assistant.error`, or `error` of a retry).
    pub(super) kind: Option<&'a str>,
    /// The model service's HTTP status.
    pub(super) status: Option<u64>,
    /// The program's words.
    pub(super) words: &'a str,
}

/// A `result` line. `said` is the kind of error that an assistant line before it named.
pub(super) fn turn_end(result: &Value, said: Option<&str>) -> TurnEnd {
    TurnEnd {
        outcome: outcome(result, said),
        usage: usage(&result["usage"]),
        cost_total_microusd: microusd(result["total_cost_usd"].as_f64()),
        took: Duration::from_millis(result["duration_ms"].as_u64().unwrap_or(0)),
    }
}

fn outcome(result: &Value, said: Option<&str>) -> TurnOutcome {
    let terminal = result["terminal_reason"].as_str().unwrap_or("");
    if terminal.starts_with("aborted") {
        return TurnOutcome::Stopped;
    }
    let words = words(result);
    if result["is_error"] != Value::Bool(true) {
        return TurnOutcome::Answered(words);
    }
    let class = match result["subtype"].as_str() {
        Some("error_max_turns" | "error_max_budget_usd") => ErrorClass::BudgetUsedUp,
        _ if result["stop_reason"] == "refusal" => ErrorClass::PolicyRefusal,
        _ => class_of(Failure {
            kind: said,
            status: result["api_error_status"].as_u64(),
            words: &words,
        }),
    };
    TurnOutcome::Failed {
        class,
        detail: words,
    }
}

/// Its answer, or its errors.
fn words(result: &Value) -> String {
    if let Some(answer) = result["result"].as_str() {
        return answer.to_owned();
    }
    let errors = result["errors"].as_array().into_iter().flatten();
    let errors: Vec<&str> = errors.filter_map(Value::as_str).collect();
    errors.join("\n")
}

/// The words of a `result` that stands for a start, not for a turn: the process ends with it.
pub(super) fn start_failure(result: &Value) -> Option<(ErrorClass, String)> {
    let detail = words(result);
    detail
        .starts_with(UNKNOWN_CONVERSATION)
        .then_some((ErrorClass::UnknownConversation, detail))
}

/// The class of a failure of the model service.
pub(super) fn class_of(failure: Failure<'_>) -> ErrorClass {
    let Failure {
        kind,
        status,
        words,
    } = failure;
    match kind {
        Some("authentication_failed") if status == Some(403) => {
            if words.contains("login again") {
                ErrorClass::LoginNeeded
            } else {
                ErrorClass::Forbidden
            }
        }
        Some("authentication_failed") => ErrorClass::LoginNeeded,
        Some("oauth_org_not_allowed") => ErrorClass::Forbidden,
        Some("billing_error") => ErrorClass::NoCredit,
        Some("model_not_found") => ErrorClass::UnknownModel,
        Some("rate_limit") => limit_class(words),
        Some("overloaded") => ErrorClass::ServiceDown,
        // An overload that outlasts all retries has no status either.
        Some("server_error") if !words.contains(UNREACHABLE) => ErrorClass::ServiceDown,
        _ if words.starts_with("Prompt is too long") => ErrorClass::TooLong,
        _ if words.contains("violate our Usage Policy") => ErrorClass::PolicyRefusal,
        _ if words.contains(UNREACHABLE) => ErrorClass::Unreachable,
        _ => match status {
            Some(401) => ErrorClass::LoginNeeded,
            Some(403) => ErrorClass::Forbidden,
            Some(413) => ErrorClass::TooLong,
            Some(429) => limit_class(words),
            Some(500..=599) => ErrorClass::ServiceDown,
            _ => ErrorClass::Other,
        },
    }
}

/// The class of a failure that is tried again; without a status nothing answered.
pub(super) fn retry_class(kind: Option<&str>, status: Option<u64>) -> ErrorClass {
    match (kind, status) {
        (None | Some("unknown"), None) => ErrorClass::Unreachable,
        _ => class_of(Failure {
            kind,
            status,
            words: "",
        }),
    }
}

/// A subscription's limit is told in words only; both kinds have the status 429.
fn limit_class(words: &str) -> ErrorClass {
    if words.starts_with("You've hit your") {
        ErrorClass::LimitReached
    } else {
        ErrorClass::Throttled
    }
}

fn usage(usage: &Value) -> Usage {
    let count = |name: &str| usage[name].as_u64().unwrap_or(0);
    Usage {
        input: count("input_tokens")
            .saturating_add(count("cache_creation_input_tokens"))
            .saturating_add(count("cache_read_input_tokens")),
        output: count("output_tokens"),
    }
}

/// Millionths of a dollar, to the nearest: a span of time of as many seconds counts them exactly.
fn microusd(usd: Option<f64>) -> u64 {
    let half = Duration::from_nanos(500);
    usd.and_then(|usd| Duration::try_from_secs_f64(usd).ok())
        .and_then(|span| u64::try_from(span.saturating_add(half).as_micros()).ok())
        .unwrap_or(0)
}

/// What a process meant that ended without a word on its standard output.
pub(super) fn explain_exit(exit: &str, stderr: &str) -> ErrorClass {
    /// What the program prints when it does not like how it was started.
    const BAD_START: [&str; 6] = [
        "error: unknown option",
        "error: option",
        "Settings file not found",
        "Invalid session ID",
        "requires a valid session ID",
        "requires --verbose",
    ];
    if stderr.contains("is already in use") {
        ErrorClass::ConversationExists
    } else if stderr.contains(UNKNOWN_CONVERSATION) {
        ErrorClass::UnknownConversation
    } else if BAD_START.iter().any(|words| stderr.contains(words)) {
        ErrorClass::BadStart
    } else if stderr.contains("Please run /login") {
        ErrorClass::LoginNeeded
    } else if exit.contains("127") || exit.contains("No such file") {
        // The program itself is missing.
        ErrorClass::BadStart
    } else {
        ErrorClass::Other
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Told = (Option<&'static str>, Option<u64>, &'static str, ErrorClass);

    /// (assistant.error, api_error_status, result, class), the first three as 2.1.197 printed them.
    const FAILURES: [Told; 21] = [
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
            ErrorClass::LoginNeeded,
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
            ErrorClass::LoginNeeded,
        ),
        (
            Some("oauth_org_not_allowed"),
            Some(403),
            "Your organization has disabled Claude subscription access for Claude Code",
            ErrorClass::Forbidden,
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
            ErrorClass::TooLong,
        ),
        (
            Some("invalid_request"),
            Some(400),
            "Image was too large. Try resizing the image or using a different approach.",
            ErrorClass::Other,
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
            ErrorClass::Other,
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
            ErrorClass::LoginNeeded,
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
    fn retries_say_what_is_wrong() {
        for (kind, status, class) in [
            ("overloaded", Some(529), ErrorClass::ServiceDown),
            ("server_error", Some(500), ErrorClass::ServiceDown),
            ("authentication_failed", Some(401), ErrorClass::LoginNeeded),
            ("rate_limit", Some(429), ErrorClass::Throttled),
            ("unknown", None, ErrorClass::Unreachable),
        ] {
            assert_eq!(retry_class(Some(kind), status), class, "{kind}");
        }
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
}
