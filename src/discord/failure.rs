//! What a failed call to Discord means for the one who made it.

use std::{error::Error as _, time::Duration};

use serenity::{
    all as sn,
    http::{ErrorResponse, HttpError, StatusCode},
};

use crate::delivery::ChatError;

/// How long to wait after a 429 whose `Retry-After` cannot be reached: serenity hands out the body
/// of the error only. With its rate limiter on, it has waited already and this is not seen.
const DEFAULT_WAIT: Duration = Duration::from_secs(2);

/// "Invalid Form Body" (Discord: opcodes-and-status-codes#json-error-codes).
const INVALID_FORM: u32 = 50_035;

/// An interaction has its first answer already (Discord: opcodes-and-status-codes#json-error-codes).
pub(super) const ALREADY_ANSWERED: u32 = 40_060;

/// There is no such channel or thread (any more) (Discord: opcodes-and-status-codes#json-error-codes).
pub(super) const UNKNOWN_CHANNEL: u32 = 10_003;

/// Somebody is not in the guild, or there is no such account (Discord:
/// opcodes-and-status-codes#json-error-codes).
pub(super) const UNKNOWN_MEMBER: u32 = 10_007;
pub(super) const UNKNOWN_USER: u32 = 10_013;

/// Translates an error of serenity.
pub(super) fn meaning(error: &sn::Error) -> ChatError {
    if let sn::Error::Http(HttpError::UnsuccessfulRequest(response)) = error {
        return refusal(error, response);
    }
    if let sn::Error::Http(HttpError::Request(request)) = error {
        return transport(request);
    }
    if was_sent(error) {
        return ChatError::Unknown(error.to_string());
    }
    ChatError::Refused {
        status: StatusCode::BAD_REQUEST.as_u16(),
        code: INVALID_FORM,
        text: error.to_string(),
    }
}

/// Whether the request was carried out, and only its answer or its rate-limit headers cannot be
/// read: the thing asked for may exist. Every other error is a check of serenity's own before
/// anything is sent.
const fn was_sent(error: &sn::Error) -> bool {
    matches!(
        error,
        sn::Error::Http(HttpError::RateLimitI64F64 | HttpError::RateLimitUtf8)
            | sn::Error::Json(_)
            | sn::Error::Decode(..)
            | sn::Error::Io(_)
    )
}

fn refusal(error: &sn::Error, response: &ErrorResponse) -> ChatError {
    let status = response.status_code;
    let code = u32::try_from(response.error.code);
    if status == StatusCode::UNAUTHORIZED {
        ChatError::Unauthorized
    } else if status == StatusCode::TOO_MANY_REQUESTS && code != Ok(ChatError::TOO_OLD_TO_EDIT) {
        ChatError::Throttled(DEFAULT_WAIT)
    } else if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        ChatError::Unknown(format!("{status}: {error}"))
    } else {
        // Serenity says -1 where the answer was not Discord's JSON: something on the way there
        // answered, and what Discord thinks of the request is not known.
        let Ok(code) = code else {
            return ChatError::Unknown(format!("{status}, not from Discord: {error}"));
        };
        ChatError::Refused {
            status: status.as_u16(),
            code,
            text: error.to_string(),
        }
    }
}

fn transport(error: &reqwest::Error) -> ChatError {
    // The chain says what happened ("connection refused"), the top only that something did.
    let mut text = String::from("the request failed");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    if error.is_connect() || error.is_builder() {
        ChatError::NotSent(text)
    } else if error.is_timeout() {
        ChatError::Unknown("no answer in time".to_owned())
    } else {
        ChatError::Unknown(text)
    }
}
