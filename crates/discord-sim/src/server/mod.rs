//! The listeners on loopback: one port for REST, gateway, files and control, on request a second one
//! with TLS, and connections that can be cut from inside, as faults need it. It knows sockets; what
//! is asked over them is answered elsewhere.

mod door;
mod tls;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::response::Response;
use axum::routing::any;
use axum::serve::{IncomingStream, Listener};
use tokio_util::sync::CancellationToken;

use crate::config::{SimConfig, Tls};
use crate::schema::Schemas;
use crate::shared::Shared;
use crate::{control, gateway, limits, rest};

pub(crate) use door::{Door, Doors};
pub(crate) use tls::Secure;
pub(crate) use wire::Wire;

/// Where the listeners are.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    pub(crate) plain: u16,
    pub(crate) secure: Option<Secure>,
}

/// Binds 127.0.0.1 and starts serving.
pub(crate) fn start(config: &SimConfig) -> io::Result<Arc<Shared>> {
    let schemas = config.openapi.as_deref().map(Schemas::at).transpose()?;
    let stop = CancellationToken::new();
    let doors = Doors::new(&stop);
    let plain = door::Guarded::bind(config.port, &doors)?;
    let port = plain.port();
    let (secure, listener) = match config.tls {
        Tls::Off => (None, None),
        Tls::On => {
            let guarded = door::Guarded::bind(0, &doors)?;
            let (secure, listener) = tls::listen(guarded)?;
            (Some(secure), Some(listener))
        }
    };
    let shared = Shared::new(
        config,
        Ports {
            plain: port,
            secure,
        },
        doors,
        schemas,
        stop,
    );
    let router = Router::new()
        .route(gateway::Entrance::Front.path(), any(websocket))
        .route(gateway::Entrance::Resume.path(), any(websocket))
        // Clients put a slash between an address and their query, or none.
        .route(
            &format!("{}/", gateway::Entrance::Resume.path()),
            any(websocket),
        )
        .nest("/_ctl", control::router(&shared))
        .fallback(rest::serve)
        // axum's own limit is 2 MB, and a file alone may have more.
        .layer(DefaultBodyLimit::max(limits::REQUEST_BYTES))
        .with_state(Arc::clone(&shared));
    if let Some(listener) = listener {
        serve(&shared, listener, router.clone());
    }
    serve(&shared, plain, router);
    Ok(shared)
}

fn serve<L>(shared: &Shared, listener: L, router: Router)
where
    L: Listener<Addr = SocketAddr>,
    Wire: for<'a> Connected<IncomingStream<'a, L>>,
{
    let service = router.into_make_service_with_connect_info::<Wire>();
    let stop = shared.stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            // `serve` ends only when it is told to, which it never is.
            _ = axum::serve(listener, service) => {}
        }
    });
}

async fn websocket(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    gateway::upgrade(shared, wire, request.into_parts().0).await
}
