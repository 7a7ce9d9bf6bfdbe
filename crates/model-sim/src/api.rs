//! The model APIs that are spoken, and all in which one differs from another.

use axum::http::{HeaderName, StatusCode};
use serde_json::Value;

use crate::failure::Failure;
use crate::play::Act;
use crate::script::{Step, Turn};
use crate::{anthropic, openai};

/// A model API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// The Messages API.
    Anthropic,
    /// The Responses API, with an API key or with a `ChatGPT` login.
    OpenAi,
}

impl Api {
    /// Whose path it is. Nobody's is Anthropic's.
    pub(crate) fn of(path: &str) -> Self {
        let openai = [
            "/v1/responses",
            "/v1/models",
            "/backend-api/",
            "/oauth/",
            "/api/accounts/",
        ];
        if openai.iter().any(|beginning| path.starts_with(beginning)) {
            Self::OpenAi
        } else {
            Self::Anthropic
        }
    }

    /// A request to the model as turns.
    pub(crate) fn turns(self, body: &Value) -> Vec<Turn> {
        match self {
            Self::Anthropic => anthropic::turns(body),
            Self::OpenAi => openai::turns(body),
        }
    }

    /// What tells the conversation of a request from others with the same words.
    pub(crate) fn conversation(self, body: &Value) -> &str {
        let id = match self {
            Self::Anthropic => &body["metadata"]["user_id"],
            Self::OpenAi => &body["prompt_cache_key"],
        };
        id.as_str().unwrap_or_default()
    }

    /// A step as an unstreamed reply.
    pub(crate) fn whole(self, model: &str, step: &Step) -> Value {
        match self {
            Self::Anthropic => anthropic::whole(model, step),
            Self::OpenAi => openai::whole(model, step),
        }
    }

    /// A step as a stream of events.
    pub(crate) fn acts(self, model: &str, step: &Step) -> Vec<Act> {
        match self {
            Self::Anthropic => anthropic::acts(model, step),
            Self::OpenAi => openai::acts(model, step),
        }
    }

    /// The body of an error reply.
    pub(crate) fn error(self, failure: &Failure, request_id: &str) -> Value {
        match self {
            Self::Anthropic => anthropic::error(failure, request_id),
            Self::OpenAi => openai::error(failure),
        }
    }

    /// An error of the simulator's own, in words that the API has for it.
    pub(crate) fn refusal(self, status: StatusCode, message: impl Into<String>) -> Failure {
        let kind = match self {
            Self::Anthropic => Some(anthropic::kind(status).to_owned()),
            Self::OpenAi => None,
        };
        Failure {
            kind,
            ..Failure::new(status, message)
        }
    }

    /// The header with the id of a request.
    pub(crate) fn request_id(self) -> HeaderName {
        match self {
            Self::Anthropic => HeaderName::from_static("request-id"),
            Self::OpenAi => HeaderName::from_static("x-request-id"),
        }
    }
}
