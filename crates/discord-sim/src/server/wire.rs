//! TCP connections that can be cut from inside.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::response::Response;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::door::Guarded;
use super::tls::TlsListener;

/// The TCP connection that a request came over.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    cut: CancellationToken,
    reset: Arc<AtomicBool>,
}

impl Wire {
    /// A connection that ends with `parent`.
    pub(super) fn below(parent: &CancellationToken) -> Self {
        Self {
            cut: parent.child_token(),
            reset: Arc::default(),
        }
    }

    /// Ends the connection without an answer.
    pub(crate) fn kill(&self) {
        self.cut.cancel();
    }

    /// Ends the connection without an answer and without TCP's good-bye: the peer gets a reset.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::SeqCst);
        self.kill();
    }

    /// Ends the connection; what awaits this is dropped with it.
    pub(crate) async fn cut(&self) -> Response {
        self.kill();
        match std::future::pending::<Infallible>().await {}
    }
}

impl Connected<IncomingStream<'_, Guarded>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Guarded>) -> Self {
        stream.io().wire.clone()
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        // The stream below the encryption.
        stream.io().get_ref().0.wire.clone()
    }
}

/// A TCP stream that breaks when its [`Wire`] is killed.
pub(crate) struct CuttableStream {
    tcp: TcpStream,
    wire: Wire,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl CuttableStream {
    pub(super) fn new(tcp: TcpStream, parent: &CancellationToken) -> Self {
        // Small frames at once: without this, Nagle's algorithm adds 40 ms to some answers. A
        // connection that has already ended cannot be told, and does not care.
        let _ = tcp.set_nodelay(true);
        let wire = Wire::below(parent);
        let cut = Box::pin(wire.cut.clone().cancelled_owned());
        Self { tcp, wire, cut }
    }

    fn broken(&self) -> io::Error {
        if self.wire.reset.load(Ordering::SeqCst) {
            // With no time to linger the kernel resets the connection when it is dropped. One that
            // has ended cannot be told, and does not care.
            let _ = self.tcp.set_zero_linger();
        }
        io::ErrorKind::ConnectionReset.into()
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(self.broken()));
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
        if self.wire.cut.is_cancelled() {
            return Poll::Ready(Err(self.broken()));
        }
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.wire.cut.is_cancelled() {
            return Poll::Ready(Err(self.broken()));
        }
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}
