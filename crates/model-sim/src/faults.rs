//! Errors that a prompt cannot express, because they hit whatever comes next.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::oauth::Guard;
use crate::script::{Step, header_map};
use crate::usage::Usage;

/// A rule that answers requests with an error, whatever their script says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForcedError {
    status: u16,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    plan_type: Option<String>,
    #[serde(default)]
    resets_at: Option<u64>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    bearer: Option<String>,
    #[serde(default)]
    times: Option<u32>,
}

impl ForcedError {
    /// An error with this HTTP status for every request until the rules change.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            error: None,
            code: None,
            message: None,
            plan_type: None,
            resets_at: None,
            body: None,
            headers: BTreeMap::new(),
            path: None,
            bearer: None,
            times: None,
        }
    }

    /// What OpenAI answers when the limit of a `ChatGPT` plan is reached: 429 with the plan and, if the first window says
    /// one, the time at which it is over; and the rate limits in headers.
    pub fn usage_limit_reached(usage: &Usage) -> Self {
        let headers = usage.headers().into_iter();
        Self {
            error: Some("usage_limit_reached".to_owned()),
            message: Some("The usage limit has been reached".to_owned()),
            plan_type: Some(usage.plan.clone()),
            resets_at: usage.primary.as_ref().map(|window| window.resets_at),
            headers: headers
                .map(|(name, value)| (name.to_owned(), Value::from(value)))
                .collect(),
            ..Self::status(429)
        }
    }

    /// The error's type, for example `overloaded_error`. Default: `api_error` (Anthropic), what belongs to the status (OpenAI).
    #[must_use]
    pub fn error(mut self, kind: &str) -> Self {
        self.error = Some(kind.to_owned());
        self
    }

    /// The error's code, for OpenAI. Default: its type.
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    /// The whole JSON body, in place of the API's usual shape.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// The error's message.
    #[must_use]
    pub fn message(mut self, message: &str) -> Self {
        self.message = Some(message.to_owned());
        self
    }

    /// An extra header, for example `retry-after`.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), Value::from(value));
        self
    }

    /// Only for paths that begin so. Default: every path.
    #[must_use]
    pub fn path(mut self, prefix: &str) -> Self {
        self.path = Some(prefix.to_owned());
        self
    }

    /// Only for requests with this bearer token or API key. Default: with any, and with none.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.bearer = Some(token.to_owned());
        self
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// A sentence about what is wrong with a rule that was read.
    pub(crate) fn check(&self) -> Result<(), String> {
        StatusCode::from_u16(self.status)
            .map_err(|_| format!("{} is not an HTTP status", self.status))?;
        header_map(&self.headers).map(drop)
    }

    fn hits(&mut self, path: &str, sent: &str) -> bool {
        let is_there = |prefix: &str| path.starts_with(prefix);
        let is_whose = |token: &str| token == sent;
        if !(self.path.as_deref().is_none_or(is_there)
            && self.bearer.as_deref().is_none_or(is_whose))
        {
            return false;
        }
        match &mut self.times {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

/// The rules in force and the credentials that are accepted.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Mutex<Vec<ForcedError>>,
    accepted: Mutex<Accepted>,
    /// The services whose logins are or were accepted.
    services: Mutex<Vec<Guard>>,
}

/// Which bearer tokens and API keys are accepted.
#[derive(Debug, Default)]
pub(crate) enum Accepted {
    /// Any, and none too.
    #[default]
    Any,
    /// These.
    These(Vec<String>),
    /// Access tokens of the logins of a service, as long as they hold.
    Issued(Guard),
}

impl Faults {
    /// Replaces all rules; the first that fits a request is used.
    pub(crate) fn force(&self, rules: Vec<ForcedError>) {
        *self.rules.lock() = rules;
    }

    /// What is accepted from now on.
    pub(crate) fn accept(&self, accepted: Accepted) {
        *self.accepted.lock() = accepted;
    }

    /// Accepts the logins of a service from now on.
    pub(crate) fn accept_logins(&self, guard: Guard) {
        self.services.lock().push(guard.clone());
        self.accept(Accepted::Issued(guard));
    }

    /// Every token that a service has given out whose logins are or were accepted.
    pub(crate) fn given(&self) -> Vec<String> {
        self.services.lock().iter().flat_map(Guard::given).collect()
    }

    pub(crate) fn reset(&self) {
        self.force(Vec::new());
        self.accept(Accepted::Any);
    }

    /// The error that a request to `path` with these headers must get; counts it.
    pub(crate) fn strike(&self, path: &str, headers: &BTreeMap<String, String>) -> Option<Failure> {
        let sent = credential(headers);
        let mut rules = self.rules.lock();
        let rule = rules
            .iter_mut()
            .find_map(|rule| rule.hits(path, sent).then_some(rule))?;
        Failure::of_step(&Step {
            status: Some(rule.status),
            error: rule.error.clone(),
            code: rule.code.clone(),
            plan_type: rule.plan_type.clone(),
            resets_at: rule.resets_at,
            message: rule.message.clone(),
            body: rule.body.clone(),
            headers: rule.headers.clone(),
            ..Step::default()
        })
    }

    /// Why the request's bearer token or API key is not accepted, if it is not.
    pub(crate) fn refusal(&self, headers: &BTreeMap<String, String>) -> Option<&'static str> {
        let sent = credential(headers);
        match &*self.accepted.lock() {
            Accepted::Any => None,
            Accepted::These(these) => {
                let is_known = these.iter().any(|credential| credential == sent);
                (!is_known).then_some("Invalid authentication credentials")
            }
            Accepted::Issued(guard) => guard.complaint(sent),
        }
    }
}

/// The bearer token or API key of a request; empty if it has none.
fn credential(headers: &BTreeMap<String, String>) -> &str {
    let bearer = headers
        .get("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    let sent = bearer.or_else(|| headers.get("x-api-key").map(String::as_str));
    sent.unwrap_or_default()
}
