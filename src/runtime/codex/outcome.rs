//! How a turn ended, and of which kind its failure was, from what Codex says.

use std::time::Duration;

use serde_json::Value;

use crate::runtime::{ErrorClass, TurnEnd, TurnOutcome, Usage};

/// A `turn/completed`. `words` is the agent's last message, `failed` what its turn said before of why it fails.
pub(super) fn turn_end(turn: &Value, words: &str, failed: Option<&Value>, usage: Usage) -> TurnEnd {
    let outcome = match turn["status"].as_str() {
        Some("completed") => TurnOutcome::Answered(words.to_owned()),
        Some("interrupted") => TurnOutcome::Stopped,
        _ => {
            let error = Some(&turn["error"]).filter(|error| !error.is_null());
            let error = error.or(failed).unwrap_or(&Value::Null);
            TurnOutcome::Failed {
                class: class_of(error),
                detail: detail_of(error),
            }
        }
    };
    TurnEnd {
        outcome,
        usage,
        // Codex does not tell what anything costs.
        cost_total_microusd: 0,
        took: Duration::from_millis(turn["durationMs"].as_u64().unwrap_or(0)),
        stopped: Vec::new(),
    }
}

/// What a system says to what a sandbox does not let do, if a command has said that.
pub(super) fn refusal(output: &str) -> Option<&'static str> {
    const NO: [&str; 3] = [
        "Operation not permitted",
        "Permission denied",
        "Read-only file system",
    ];
    NO.into_iter().find(|no| output.contains(no))
}

/// Codex's own words for an error.
pub(super) fn detail_of(error: &Value) -> String {
    let message = error["message"].as_str().unwrap_or("it did not say why");
    match error["additionalDetails"].as_str() {
        Some(details) if !details.is_empty() && !message.contains(details) => {
            format!("{message}: {details}")
        }
        _ => message.to_owned(),
    }
}

/// The class of an error (0.169): by its kind where that says enough, else by its words.
pub(super) fn class_of(error: &Value) -> ErrorClass {
    let message = error["message"].as_str().unwrap_or("");
    let details = error["additionalDetails"].as_str().unwrap_or("");
    let words = format!("{message}\n{details}");
    let info = &error["codexErrorInfo"];
    match kind_of(info) {
        "unauthorized" => ErrorClass::LoginDead,
        // Also said of an account that has no money, or whose plan has no Codex: no time mends that.
        "usageLimitExceeded" => by_words(&words).unwrap_or(ErrorClass::LimitReached),
        "rateLimitExceeded" => ErrorClass::Throttled,
        "sessionBudgetExceeded" => ErrorClass::BudgetUsedUp,
        "serverOverloaded"
        | "internalServerError"
        | "flexUnavailable"
        | "policyCapacityUnavailable" => ErrorClass::ServiceDown,
        "contextWindowExceeded" => ErrorClass::TooLong,
        "modelNotFound" => ErrorClass::UnknownModel,
        "cyberPolicy" | "misalignmentPolicyViolation" => ErrorClass::PolicyRefusal,
        "inferenceHookDenied" => ErrorClass::OrgBlocks,
        "badRequest" => by_words(&words).unwrap_or(ErrorClass::BadRequest),
        "httpConnectionFailed"
        | "responseStreamConnectionFailed"
        | "responseStreamDisconnected"
        | "responseTooManyFailedAttempts" => by_status(info, &words),
        _ => by_words(&words).unwrap_or_else(|| by_body(message)),
    }
}

/// What the service answers with 400 is handed on as it is, and no kind with it.
fn by_body(message: &str) -> ErrorClass {
    match serde_json::from_str::<Value>(message) {
        Ok(Value::Object(_)) => ErrorClass::BadRequest,
        Ok(_) | Err(_) => ErrorClass::Other,
    }
}

/// The name of a kind, which may have a status in it.
fn kind_of(info: &Value) -> &str {
    let named = info.as_object().and_then(|fields| fields.keys().next());
    info.as_str()
        .or(named.map(String::as_str))
        .unwrap_or_default()
}

fn by_status(info: &Value, words: &str) -> ErrorClass {
    let fields = info.as_object().and_then(|fields| fields.values().next());
    let status = fields.and_then(|fields| fields["httpStatusCode"].as_u64());
    match status {
        Some(401) if is_about_login(words) => ErrorClass::LoginDead,
        Some(401) => ErrorClass::BadApiKey,
        Some(403) => ErrorClass::Forbidden,
        Some(404) => ErrorClass::UnknownModel,
        Some(413) => ErrorClass::RequestTooLarge,
        Some(429) => by_words(words).unwrap_or(ErrorClass::Throttled),
        Some(400) => by_words(words).unwrap_or(ErrorClass::BadRequest),
        Some(500..=599) => ErrorClass::ServiceDown,
        Some(_) => by_words(words).unwrap_or(ErrorClass::Other),
        None => by_words(words).unwrap_or(ErrorClass::Unreachable),
    }
}

fn is_about_login(words: &str) -> bool {
    words.contains("workspace routing") || words.contains("refresh")
}

/// What words tell that come with no kind, or with one that says too little.
fn by_words(words: &str) -> Option<ErrorClass> {
    /// Part of what is said, and what it means; the first that fits counts.
    const SAID: [(&str, ErrorClass); 16] = [
        ("Missing bearer", ErrorClass::LoginNeeded),
        ("log out and sign in again", ErrorClass::LoginDead),
        ("hit your usage limit", ErrorClass::LimitReached),
        ("upgrade to Plus", ErrorClass::NoCredit),
        ("Quota exceeded", ErrorClass::NoCredit),
        ("insufficient_quota", ErrorClass::NoCredit),
        ("at capacity", ErrorClass::ServiceDown),
        ("experiencing high demand", ErrorClass::ServiceDown),
        (
            "ran out of room in the model's context",
            ErrorClass::TooLong,
        ),
        ("429 Too Many Requests", ErrorClass::Throttled),
        ("rate limit exceeded", ErrorClass::Throttled),
        ("401 Unauthorized", ErrorClass::BadApiKey),
        (
            "does not represent a valid image",
            ErrorClass::ImageUnusable,
        ),
        ("error sending request", ErrorClass::Unreachable),
        ("waiting for network", ErrorClass::Unreachable),
        ("stream disconnected", ErrorClass::ServiceDown),
    ];
    SAID.iter()
        .find(|(part, _)| words.contains(part))
        .map(|(_, class)| *class)
}

/// What a process meant that ended before its thread was open.
pub(super) fn explain_exit(stderr: &str) -> ErrorClass {
    if stderr.contains(crate::runtime::seat::HUB_GONE) {
        ErrorClass::Crashed
    } else {
        ErrorClass::BadStart
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What an error is of, which is said with a status.
    fn http(kind: &str, status: Option<u64>) -> Value {
        json!({kind: {"httpStatusCode": status}})
    }

    fn has_class((info, message, class): (Value, &str, ErrorClass)) {
        let error = json!({"codexErrorInfo": info, "message": message});
        assert_eq!(class_of(&error), class, "{error}");
    }

    #[test]
    fn every_error_has_its_class() {
        for row in [
            (
                json!("unauthorized"),
                "Your access token could not be refreshed because your refresh token was revoked. Please log out and sign in again.",
                ErrorClass::LoginDead,
            ),
            (
                http("httpConnectionFailed", Some(401)),
                "unexpected status 401 Unauthorized: no such key",
                ErrorClass::BadApiKey,
            ),
            (
                http("httpConnectionFailed", Some(401)),
                "workspace routing discovery unauthorized (401)",
                ErrorClass::LoginDead,
            ),
            (
                json!("other"),
                "unexpected status 401 Unauthorized: Missing bearer or basic authentication in header",
                ErrorClass::LoginNeeded,
            ),
            (
                json!("usageLimitExceeded"),
                "You’ve hit your usage limit. Try again later.",
                ErrorClass::LimitReached,
            ),
            (
                json!("usageLimitExceeded"),
                "You’ve hit your usage limit. Upgrade to Plus to continue using Codex (https://chatgpt.com/explore/plus), or try again at 10:34 AM.",
                ErrorClass::LimitReached,
            ),
            (
                json!("usageLimitExceeded"),
                "To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.",
                ErrorClass::NoCredit,
            ),
            (
                json!("other"),
                "stream disconnected before completion: Transport error: network error: error decoding response body",
                ErrorClass::ServiceDown,
            ),
            (
                http("httpConnectionFailed", Some(413)),
                "unexpected status 413 Payload Too Large: too much, url: http://127.0.0.1:1/v1/responses",
                ErrorClass::RequestTooLarge,
            ),
            (
                json!("usageLimitExceeded"),
                "Quota exceeded. Check your plan and billing details.",
                ErrorClass::NoCredit,
            ),
            (
                http("responseTooManyFailedAttempts", Some(429)),
                "exceeded retry limit, last status: 429 Too Many Requests",
                ErrorClass::Throttled,
            ),
            (
                json!("serverOverloaded"),
                "Selected model is at capacity. Please try a different model.",
                ErrorClass::ServiceDown,
            ),
        ] {
            has_class(row);
        }
    }

    #[test]
    fn every_other_error_has_its_class_too() {
        for row in [
            (
                json!("internalServerError"),
                "We’re currently experiencing high demand",
                ErrorClass::ServiceDown,
            ),
            (
                json!("contextWindowExceeded"),
                "Codex ran out of room in the model's context window.",
                ErrorClass::TooLong,
            ),
            (
                json!("modelNotFound"),
                "no such model",
                ErrorClass::UnknownModel,
            ),
            (
                json!("other"),
                "stream disconnected before completion: stream closed before response.completed",
                ErrorClass::ServiceDown,
            ),
            (
                http("responseStreamConnectionFailed", None),
                "error sending request",
                ErrorClass::Unreachable,
            ),
            (
                http("httpConnectionFailed", Some(500)),
                "unexpected status 500",
                ErrorClass::ServiceDown,
            ),
            (json!("badRequest"), "nonsense", ErrorClass::BadRequest),
            (
                json!("other"),
                "{\"error\":{\"message\":\"bad thing\"}}",
                ErrorClass::BadRequest,
            ),
            (
                json!("other"),
                "{\"detail\":\"no such thing\"}",
                ErrorClass::BadRequest,
            ),
            (json!("other"), "something else", ErrorClass::Other),
            (
                json!("rateLimitExceeded"),
                "rate limit exceeded: as it is",
                ErrorClass::Throttled,
            ),
            (json!("flexUnavailable"), "later", ErrorClass::ServiceDown),
            (json!("inferenceHookDenied"), "no", ErrorClass::OrgBlocks),
        ] {
            has_class(row);
        }
    }

    #[test]
    fn a_turn_ends_as_it_says() {
        let end = |turn: Value| turn_end(&turn, "words", None, Usage::default()).outcome;
        assert_eq!(
            end(json!({"status": "completed"})),
            TurnOutcome::Answered("words".into())
        );
        assert_eq!(end(json!({"status": "interrupted"})), TurnOutcome::Stopped);
        let failed = TurnOutcome::Failed {
            class: ErrorClass::UnknownModel,
            detail: "no: not here".into(),
        };
        let error = json!({"message": "no", "codexErrorInfo": "modelNotFound", "additionalDetails": "not here"});
        assert_eq!(end(json!({"status": "failed", "error": error})), failed);
    }
}
