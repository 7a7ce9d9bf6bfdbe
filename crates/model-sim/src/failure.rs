//! An error reply, before an API gives it its shape.

use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::script::Step;

/// What is known of an error. What is missing each API fills in as it does for that status.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) kind: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) plan_type: Option<String>,
    pub(crate) resets_at: Option<u64>,
    /// The whole body, in place of the API's usual shape.
    pub(crate) body: Option<Value>,
    pub(crate) headers: HeaderMap,
}

impl Failure {
    /// An error of which only this is known.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            kind: None,
            code: None,
            message: message.into(),
            plan_type: None,
            resets_at: None,
            body: None,
            headers: HeaderMap::new(),
        }
    }

    /// What a step with an error status answers; nothing for any other step.
    pub(crate) fn of_step(step: &Step) -> Option<Self> {
        Some(Self {
            status: step.failure()?,
            kind: step.error.clone(),
            code: step.code.clone(),
            message: step
                .message
                .clone()
                .unwrap_or_else(|| "scripted error".to_owned()),
            plan_type: step.plan_type.clone(),
            resets_at: step.resets_at,
            body: step.body.clone(),
            headers: step.header_map(),
        })
    }
}
