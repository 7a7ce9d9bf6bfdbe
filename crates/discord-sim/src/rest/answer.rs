//! Answers as HTTP: whole ones, and those of which only a half arrives.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures::{StreamExt, stream};

use crate::rules::Truncation;
use crate::server::Wire;

use super::reply::Reply;

/// Headers beside those that the body needs.
pub(super) type Headers = Vec<(&'static str, String)>;

/// An answer as it should be.
pub(super) fn whole(reply: Reply, headers: Headers) -> Response {
    let status = StatusCode::from_u16(reply.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    let (content_type, body) = reply.into_parts();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let content_type = content_type.map(|value| (CONTENT_TYPE.as_str(), value));
    for (name, value) in content_type.into_iter().chain(headers) {
        // A file's type is what its sender said; one that is no header is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// An answer, or what a fault leaves of it.
pub(super) fn whole_or_half(
    reply: Reply,
    headers: Headers,
    truncation: Option<Truncation>,
    wire: Wire,
) -> Response {
    let Some(truncation) = truncation else {
        return whole(reply, headers);
    };
    let (_, bytes) = reply.clone().into_parts();
    let mut response = whole(reply, headers);
    let half = Bytes::copy_from_slice(&bytes[..bytes.len() / 2]);
    let promised = match truncation {
        Truncation::Cut | Truncation::Stall => bytes.len(),
        Truncation::Short => half.len(),
    };
    let rest = async move {
        if truncation == Truncation::Cut {
            // One turn of the connection, in which the half goes out.
            tokio::task::yield_now().await;
            wire.kill();
        }
        match std::future::pending::<Infallible>().await {}
    };
    let first = stream::once(async { Ok::<_, Infallible>(half) });
    *response.body_mut() = match truncation {
        Truncation::Short => Body::from_stream(first),
        Truncation::Cut | Truncation::Stall => Body::from_stream(first.chain(stream::once(rest))),
    };
    let length = HeaderValue::from(promised);
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}
