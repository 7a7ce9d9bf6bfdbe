//! The listener on loopback: one port for REST, gateway, files and control, and TCP connections that
//! can be cut from inside, as faults need it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::routing::any;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::config::SimConfig;
use crate::schema::Schemas;
use crate::shared::Shared;
use crate::{control, gateway, rest};

/// Binds 127.0.0.1 and starts serving.
pub(crate) async fn start(config: &SimConfig) -> io::Result<Arc<Shared>> {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
    let port = tcp.local_addr()?.port();
    let schemas = config.openapi.as_deref().map(Schemas::at).transpose()?;
    let shared = Shared::new(config, port, schemas);
    let router = Router::new()
        .route("/", any(websocket))
        .nest("/_ctl", control::router(&shared))
        .fallback(rest::serve)
        .with_state(Arc::clone(&shared));
    let listener = CuttableListener {
        tcp,
        stop: shared.stop.clone(),
    };
    let service = router.into_make_service_with_connect_info::<Wire>();
    let stop = shared.stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            // `serve` ends only when it is told to, which it never is.
            _ = axum::serve(listener, service) => {}
        }
    });
    Ok(shared)
}

async fn websocket(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    gateway::upgrade(shared, wire, request.into_parts().0).await
}

/// The TCP connection that a request came over.
#[derive(Clone, Debug)]
pub(crate) struct Wire(CancellationToken);

impl Wire {
    /// Ends the connection without an answer.
    pub(crate) fn kill(&self) {
        self.0.cancel();
    }

    /// Ends the connection; what awaits this is dropped with it.
    pub(crate) async fn cut(&self) -> Response {
        self.kill();
        match std::future::pending::<Infallible>().await {}
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        stream.io().wire.clone()
    }
}

struct CuttableListener {
    tcp: TcpListener,
    stop: CancellationToken,
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (tcp, address) = Listener::accept(&mut self.tcp).await;
        // Small frames at once: without this, Nagle's algorithm adds 40 ms to some answers. A
        // connection that has already ended cannot be told, and does not care.
        let _ = tcp.set_nodelay(true);
        let wire = Wire(self.stop.child_token());
        let cut = Box::pin(wire.0.clone().cancelled_owned());
        (CuttableStream { tcp, wire, cut }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// A TCP stream that breaks when its [`Wire`] is killed.
struct CuttableStream {
    tcp: TcpStream,
    wire: Wire,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.wire.0.is_cancelled() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
