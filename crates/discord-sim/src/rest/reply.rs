//! The answer to a request.

use serde_json::Value;

use crate::error::ApiError;
use crate::mistake::Mistake;

use super::RouteKind;

/// A status with a body.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    body: ReplyBody,
}

#[derive(Clone, Debug)]
enum ReplyBody {
    Empty,
    Json(Value),
    File {
        content_type: String,
        bytes: Vec<u8>,
    },
}

impl Reply {
    /// 200 with JSON.
    pub(crate) const fn json(value: Value) -> Self {
        Self {
            status: 200,
            body: ReplyBody::Json(value),
        }
    }

    /// 201 with JSON.
    pub(crate) const fn created(value: Value) -> Self {
        Self {
            status: 201,
            body: ReplyBody::Json(value),
        }
    }

    /// 204.
    pub(crate) const fn empty() -> Self {
        Self {
            status: 204,
            body: ReplyBody::Empty,
        }
    }

    pub(crate) const fn file(content_type: String, bytes: Vec<u8>) -> Self {
        Self {
            status: 200,
            body: ReplyBody::File {
                content_type,
                bytes,
            },
        }
    }

    pub(crate) fn raw(status: u16, body: Option<Value>) -> Self {
        Self {
            status,
            body: body.map_or(ReplyBody::Empty, ReplyBody::Json),
        }
    }

    pub(crate) fn error(error: &ApiError) -> Self {
        Self {
            status: error.status(),
            body: ReplyBody::Json(error.body()),
        }
    }

    pub(crate) const fn status(&self) -> u16 {
        self.status
    }

    /// The answer as it is with a mistake in it.
    pub(crate) fn with_mistake(mut self, mistake: Mistake, route: RouteKind) -> Self {
        let mut body = match self.body {
            ReplyBody::Empty => None,
            ReplyBody::Json(value) => Some(value),
            ReplyBody::File { .. } => return self,
        };
        mistake.in_answer(route, &mut self.status, &mut body);
        Self::raw(self.status, body)
    }

    /// The JSON, if it is that.
    pub(crate) const fn value(&self) -> Option<&Value> {
        match &self.body {
            ReplyBody::Json(value) => Some(value),
            ReplyBody::Empty | ReplyBody::File { .. } => None,
        }
    }

    /// The content type and the bytes.
    pub(crate) fn into_parts(self) -> (Option<String>, Vec<u8>) {
        match self.body {
            ReplyBody::Empty => (None, Vec::new()),
            ReplyBody::Json(value) => (
                Some("application/json".to_owned()),
                value.to_string().into_bytes(),
            ),
            ReplyBody::File {
                content_type,
                bytes,
            } => (Some(content_type), bytes),
        }
    }
}
