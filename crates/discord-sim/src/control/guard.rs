//! Keeps web pages out: a page of another site can make a browser call loopback, but not with a
//! loopback `Host` after DNS rebinding, nor without its own `Origin`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::shared::Shared;

use super::reply::Refusal;

pub(super) async fn loopback_only(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if is_local(request.headers(), shared.ports.plain) {
        next.run(request).await
    } else {
        Refusal::Foreign.into_response()
    }
}

fn is_local(headers: &HeaderMap, port: u16) -> bool {
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let text = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let host = text(HOST).unwrap_or_default();
    let own_origin = |origin: &str| hosts.iter().any(|host| origin == format!("http://{host}"));
    hosts.iter().any(|known| known == host) && text(ORIGIN).is_none_or(own_origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_loopback_hosts_and_origins_may_steer() {
        assert!(is_local(&headers("127.0.0.1:80", None), 80));
        assert!(is_local(
            &headers("localhost:80", Some("http://localhost:80")),
            80
        ));
        assert!(!is_local(&headers("evil.example:80", None), 80));
        assert!(!is_local(
            &headers("127.0.0.1:80", Some("http://evil.example")),
            80
        ));
        assert!(!is_local(&HeaderMap::new(), 80));
    }
}
