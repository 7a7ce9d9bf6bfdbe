//! What the server says of itself over HTTP, on loopback.
//!
//! Read-only: knows how to ask for a report, not where its parts come from.

use std::{net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How the server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether it does what it is for: the gateway is connected and the database answers.
    pub healthy: bool,
    /// What is wrong, if anything.
    pub reason: Option<String>,
    /// The version of the program.
    pub version: &'static str,
    /// How long it runs, in seconds.
    pub uptime_seconds: u64,
    /// The connection to Discord: `connected`, `waiting` (and `reason` says for what) or `down`.
    pub gateway: &'static str,
    /// Runs that work.
    pub active_sessions: usize,
    /// Runs that wait.
    pub queued_count: usize,
    /// Runs that may work at once.
    pub max_active: usize,
    /// Runs that may wait.
    pub max_queued: usize,
    /// Agent processes that wait for the next message.
    pub warm_agents: usize,
    /// Deliveries that Discord does not have yet.
    pub deliveries_waiting: u32,
    /// Events of Discord's that should have been understood and were not, since the start.
    pub unreadable_events: u64,
    /// Requests of the last ten minutes that Discord refused (it bans an address at 10,000).
    pub refused_requests: u32,
    /// Whether reactions, typing and live edits are left out because of that.
    pub sparing: bool,
}

/// Where a report comes from.
#[async_trait]
pub trait Reporter: Send + Sync + 'static {
    /// How the server is now.
    async fn report(&self) -> Report;
}

/// Serves until told to stop.
pub async fn serve(
    listener: TcpListener,
    reporter: Arc<dyn Reporter>,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let ours = listener.local_addr()?;
    let app = Router::new()
        .route("/healthz", get(healthz))
        .with_state(reporter)
        .layer(middleware::from_fn_with_state(ours, only_for_us));
    axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

async fn healthz(State(reporter): State<Arc<dyn Reporter>>) -> Response {
    let report = reporter.report().await;
    let status = if report.healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(report)).into_response()
}

/// Refuses requests that a web page made under a name of its own that points to this machine.
async fn only_for_us(State(ours): State<SocketAddr>, request: Request, next: Next) -> Response {
    if is_loopback_name(request.headers(), ours) {
        next.run(request).await
    } else {
        (
            StatusCode::MISDIRECTED_REQUEST,
            "Ask for this server by its loopback address.\n",
        )
            .into_response()
    }
}

fn is_loopback_name(headers: &HeaderMap, ours: SocketAddr) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    host.is_some_and(|host| {
        let port = ours.port();
        host == ours.to_string()
            || host == format!("localhost:{port}")
            || (port == 80 && (host == "localhost" || host == ours.ip().to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Report);

    #[async_trait]
    impl Reporter for Fixed {
        async fn report(&self) -> Report {
            self.0.clone()
        }
    }

    fn report(reason: Option<&str>) -> Report {
        Report {
            healthy: reason.is_none(),
            reason: reason.map(str::to_owned),
            version: "1.2.3",
            uptime_seconds: 7,
            gateway: "connected",
            active_sessions: 1,
            queued_count: 2,
            max_active: 6,
            max_queued: 20,
            warm_agents: 3,
            deliveries_waiting: 4,
            unreadable_events: 5,
            refused_requests: 6,
            sparing: false,
        }
    }

    async fn ask(report: Report, host: Option<&str>) -> (StatusCode, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, Arc::new(Fixed(report)), stop.clone()));
        let mut ask = reqwest::Client::new().get(format!("http://{address}/healthz"));
        if let Some(host) = host {
            ask = ask.header(header::HOST, host);
        }
        let answer = ask.send().await.unwrap();
        let told = (answer.status(), answer.text().await.unwrap());
        stop.cancel();
        server.await.unwrap().unwrap();
        told
    }

    #[tokio::test]
    async fn a_healthy_server_says_so_in_numbers() {
        let (status, body) = ask(report(None), None).await;
        assert_eq!(status, StatusCode::OK);
        insta::assert_snapshot!(body, @r#"{"healthy":true,"reason":null,"version":"1.2.3","uptimeSeconds":7,"gateway":"connected","activeSessions":1,"queuedCount":2,"maxActive":6,"maxQueued":20,"warmAgents":3,"deliveriesWaiting":4,"unreadableEvents":5,"refusedRequests":6,"sparing":false}"#);
    }

    #[tokio::test]
    async fn an_unhealthy_server_answers_503_with_the_reason() {
        let (status, body) = ask(report(Some("the gateway is down")), None).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("the gateway is down"), "{body}");
    }

    #[tokio::test]
    async fn a_page_that_gave_itself_our_address_gets_nothing() {
        let (status, _) = ask(report(None), Some("evil.example")).await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST);
    }
}
