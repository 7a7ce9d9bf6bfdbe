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
        stopped: Vec::new(),
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
        Some("error_max_turns") => ErrorClass::TurnsUsedUp,
        Some("error_max_budget_usd") => ErrorClass::BudgetUsedUp,
        _ if result["stop_reason"] == "refusal" => ErrorClass::PolicyRefusal,
        _ => {
            let class = class_of(Failure {
                kind: said,
                status: result["api_error_status"].as_u64(),
                words: &words,
            });
            match (class, terminal) {
                // Its words need not be those that are known, and it says so of what is too large at all, too.
                (ErrorClass::BadRequest | ErrorClass::Other, "image_error") => {
                    ErrorClass::ImageUnusable
                }
                (ErrorClass::BadRequest | ErrorClass::Other, "prompt_too_long") => {
                    ErrorClass::TooLong
                }
                (class, _) => class,
            }
        }
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
                ErrorClass::LoginDead
            } else {
                ErrorClass::Forbidden
            }
        }
        Some("authentication_failed") => login_class(status, words),
        Some("oauth_org_not_allowed") => ErrorClass::OrgBlocks,
        Some("billing_error") => ErrorClass::NoCredit,
        Some("model_not_found") => ErrorClass::UnknownModel,
        Some("rate_limit") => limit_class(words),
        Some("overloaded") => ErrorClass::ServiceDown,
        // An overload that outlasts all retries has no status either.
        Some("server_error") if !words.contains(UNREACHABLE) => ErrorClass::ServiceDown,
        _ if words.starts_with("Prompt is too long") => ErrorClass::TooLong,
        _ if words.starts_with("Image was too large") => ErrorClass::ImageUnusable,
        _ if words.contains("violate our Usage Policy") => ErrorClass::PolicyRefusal,
        _ if words.contains(UNREACHABLE) => ErrorClass::Unreachable,
        _ => match status {
            Some(400) => ErrorClass::BadRequest,
            Some(401) => login_class(status, words),
            Some(403) => ErrorClass::Forbidden,
            Some(413) => ErrorClass::RequestTooLarge,
            Some(429) => limit_class(words),
            Some(500..=599) => ErrorClass::ServiceDown,
            _ => ErrorClass::Other,
        },
    }
}

/// How the program logs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LogsIn {
    /// With a login of its own.
    #[default]
    ByLogin,
    /// With a key that it was given.
    ByKey,
}

/// The class of a failure that is tried again; without a status nothing answered.
pub(super) fn retry_class(kind: Option<&str>, status: Option<u64>, by: LogsIn) -> ErrorClass {
    let class = match (kind, status) {
        (None | Some("unknown"), None) => ErrorClass::Unreachable,
        _ => class_of(Failure {
            kind,
            status,
            words: "",
        }),
    };
    match (class, by) {
        (ErrorClass::LoginDead, LogsIn::ByKey) => ErrorClass::BadApiKey,
        _ => class,
    }
}

/// A login that is missing was never sent, so nobody has answered.
fn login_class(status: Option<u64>, words: &str) -> ErrorClass {
    match status {
        _ if words.contains("API key") => ErrorClass::BadApiKey,
        Some(_) => ErrorClass::LoginDead,
        None => ErrorClass::LoginNeeded,
    }
}

/// How a subscription's limit is told (2.1.197).
const LIMITS: [&str; 4] = [
    "You've hit your",
    "You've reached your",
    "You're out of usage credits",
    "You're out of extra usage",
];

/// How it is told that somebody has to pay first (2.1.197).
const TO_BE_PAID: &str = "Your org is out of usage";

/// A subscription's limit is told in words only; all kinds have the status 429.
fn limit_class(words: &str) -> ErrorClass {
    if LIMITS.iter().any(|limit| words.starts_with(limit)) {
        ErrorClass::LimitReached
    } else if words.starts_with(TO_BE_PAID) {
        ErrorClass::NoCredit
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
mod tests;
