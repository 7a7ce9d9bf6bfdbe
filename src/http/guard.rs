//! Which requests are answered at all: those that read, and that ask for this server by its loopback
//! address. A web page may have given itself a name that leads here, and its visitors' browsers would
//! ask under that name.

use std::net::SocketAddr;

use axum::{
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// Why a request gets no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It would change something.
    Method,
    /// It asks for another server, or does not say which.
    Host,
    /// It names no page.
    Target,
}

/// Whether a request is answered.
pub(super) fn judge<B>(request: &Request<B>, ours: SocketAddr) -> Result<(), Refused> {
    if !is_for(request.uri(), request.headers(), ours) {
        return Err(Refused::Host);
    }
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return Err(Refused::Method);
    }
    // `*` and what CONNECT asks for have no path.
    if !request.uri().path().starts_with('/') {
        return Err(Refused::Target);
    }
    Ok(())
}

/// Whether all that a request says of whom it asks names this server. A target that is a whole address
/// counts as well as the header (RFC 9112, 3.2.2), and a second header might be read by others.
fn is_for(target: &Uri, headers: &HeaderMap, ours: SocketAddr) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let is_ours = |host: &str| is_loopback_name(host, ours);
    host.to_str().is_ok_and(is_ours)
        && target
            .authority()
            .is_none_or(|authority| is_ours(authority.as_str()))
}

fn is_loopback_name(host: &str, ours: SocketAddr) -> bool {
    let host = host.to_ascii_lowercase();
    let port = ours.port();
    let is_bare = port == 80 && (host == "localhost" || host == ours.ip().to_string());
    is_bare || host == ours.to_string() || host == format!("localhost:{port}")
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                [(header::ALLOW, "GET, HEAD")],
                "This server can only be read: use GET.\n",
            )
                .into_response(),
            Self::Host => (
                StatusCode::MISDIRECTED_REQUEST,
                "Ask for this server by its loopback address.\n",
            )
                .into_response(),
            Self::Target => (
                StatusCode::BAD_REQUEST,
                "Ask for a page, such as /healthz.\n",
            )
                .into_response(),
        }
    }
}

/// An answer that no web page may read and nobody keeps.
pub(super) fn closed(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "127.0.0.1:7707";

    fn judged(method: &str, target: &str, hosts: &[&str]) -> Result<(), Refused> {
        let mut request = Request::builder().method(method).uri(target);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        judge(&request.body(()).unwrap(), OURS.parse().unwrap())
    }

    #[test]
    fn whoever_asks_for_this_server_by_a_name_of_loopback_is_answered() {
        for host in [OURS, "localhost:7707", "LocalHost:7707"] {
            assert_eq!(judged("GET", "/healthz", &[host]), Ok(()), "{host}");
            let whole = format!("http://{host}/healthz");
            assert_eq!(judged("HEAD", &whole, &[host]), Ok(()), "{whole}");
        }
    }

    #[test]
    fn whoever_asks_for_another_server_or_for_none_is_not() {
        let others: [&[&str]; 10] = [
            &[],
            &[OURS, OURS],
            &[OURS, "evil.example"],
            &["evil.example"],
            &["evil.example:7707"],
            &["127.0.0.1"],
            &["127.0.0.1:7708"],
            &["localhost.evil.example:7707"],
            &["127.0.0.1:7707@evil.example"],
            &["\u{e9}"],
        ];
        for hosts in others {
            assert_eq!(
                judged("GET", "/healthz", hosts),
                Err(Refused::Host),
                "{hosts:?}"
            );
        }
        for target in [
            "http://evil.example/healthz",
            "http://127.0.0.1:7708/healthz",
            "http://user@127.0.0.1:7707/healthz",
            "evil.example:7707",
        ] {
            assert_eq!(
                judged("GET", target, &[OURS]),
                Err(Refused::Host),
                "{target}"
            );
        }
    }

    #[test]
    fn what_is_no_reading_and_what_names_no_page_is_refused() {
        for method in [
            "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW", "get",
        ] {
            assert_eq!(
                judged(method, "/healthz", &[OURS]),
                Err(Refused::Method),
                "{method}"
            );
        }
        assert_eq!(judged("OPTIONS", "*", &[OURS]), Err(Refused::Method));
        assert_eq!(judged("CONNECT", OURS, &[OURS]), Err(Refused::Method));
        assert_eq!(judged("GET", "*", &[OURS]), Err(Refused::Target));
        assert_eq!(judged("GET", OURS, &[OURS]), Err(Refused::Target));
    }
}
