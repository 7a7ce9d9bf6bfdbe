//! What the server says of itself over HTTP, on loopback: `/healthz`, `/livez`, `/readyz`, `/metrics`.
//!
//! Read-only: knows how to ask for a report, not where its parts come from. Whoever can reach the port
//! may read all of it, so nothing in it is secret; and whatever he sends, he gets an answer or is left,
//! and the server goes on.

mod guard;
mod health;
mod metrics;
mod report;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{Router, response::IntoResponse as _, routing::get};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::observe::{Metrics, Visit};
pub use report::{
    Database, Gateway, LastFault, Queue, Report, Reporter, Slot, SlotState, Stage, TokenStatus,
};

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once; more are closed unheard. Each is a file that the server has open.
    pub connections: usize,
    /// How long a request may take to arrive.
    pub header: Duration,
    /// How long a connection may take altogether, the answer included.
    pub whole: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 64,
            header: Duration::from_secs(5),
            whole: Duration::from_secs(10),
        }
    }
}

/// How large a request may be, in bytes (the least that hyper works with), and how many headers it may
/// have. No browser's and no Prometheus's has a tenth of it.
const REQUEST: usize = 8 << 10;
const HEADERS: usize = 64;

/// The pause after a connection could not be accepted, mostly because too many files are open.
const BREATH: Duration = Duration::from_millis(200);

/// Serves until told to stop. What goes wrong with a connection is that connection's end only.
pub async fn serve(
    listener: TcpListener,
    reporter: Arc<dyn Reporter>,
    metrics: Metrics,
    bounds: Bounds,
    stop: CancellationToken,
) -> io::Result<()> {
    let ours = listener.local_addr()?;
    take_in(&listener, ours, reporter, metrics, bounds, stop).await;
    Ok(())
}

/// Where connections come in.
#[async_trait]
trait Door: Sync {
    async fn next(&self) -> io::Result<TcpStream>;
}

#[async_trait]
impl Door for TcpListener {
    async fn next(&self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

async fn take_in(
    door: &impl Door,
    ours: SocketAddr,
    reporter: Arc<dyn Reporter>,
    metrics: Metrics,
    bounds: Bounds,
    stop: CancellationToken,
) {
    let pages = pages(reporter, metrics.clone());
    let room = Arc::new(Semaphore::new(bounds.connections));
    let mut visits = JoinSet::new();
    let mut is_troubled = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            Some(ended) = visits.join_next() => {
                let visit = ended.unwrap_or_else(|fault| {
                    tracing::error!(%fault, "a connection to the health page met a fault");
                    Visit::Failed
                });
                metrics.visit(visit);
                continue;
            }
            accepted = door.next() => accepted,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                if !is_troubled {
                    tracing::warn!(%error, "the health page cannot take connections; trying on");
                }
                is_troubled = true;
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        is_troubled = false;
        match Arc::clone(&room).try_acquire_owned() {
            Ok(place) => drop(visits.spawn(visit(stream, ours, pages.clone(), bounds, place))),
            Err(_) => metrics.visit(Visit::TurnedAway),
        }
    }
}

fn pages(reporter: Arc<dyn Reporter>, metrics: Metrics) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .with_state(Desk { reporter, metrics })
}

/// What the pages are made from.
#[derive(Clone)]
struct Desk {
    reporter: Arc<dyn Reporter>,
    metrics: Metrics,
}

/// Serves one connection: one request, one answer.
async fn visit(
    stream: TcpStream,
    ours: SocketAddr,
    pages: Router,
    bounds: Bounds,
    _place: OwnedSemaphorePermit,
) -> Visit {
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let pages = pages.clone();
        async move {
            Ok::<_, std::convert::Infallible>(match guard::judge(&request, ours) {
                Ok(()) => match pages.oneshot(request).await {
                    Ok(answer) => guard::closed(answer),
                    Err(never) => match never {},
                },
                Err(refusal) => guard::closed(refusal.into_response()),
            })
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.header)
        .max_buf_size(REQUEST)
        .max_headers(HEADERS)
        // A second request behind the first one is not heard: nobody has a place for long.
        .keep_alive(false);
    let served = http.serve_connection(TokioIo::new(stream), answer);
    match tokio::time::timeout(bounds.whole, served).await {
        Ok(Ok(())) => Visit::Served,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection to the health page broke off");
            Visit::BrokenOff
        }
        Err(_) => Visit::BrokenOff,
    }
}

#[cfg(test)]
mod tests;
