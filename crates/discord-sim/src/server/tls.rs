//! The listener with TLS. With it a client runs the code that it runs against Discord: only its resolver
//! and its trust differ.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::serve::Listener;
use sim_tls::{Certified, certify};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::door::Guarded;
use super::wire::CuttableStream;

/// The names of the leaf: Discord's hosts, and loopback for clients that resolve nothing.
const NAMES: [&str; 4] = [
    "discord.com",
    "gateway.discord.gg",
    "localhost",
    "127.0.0.1",
];

/// Handshakes that have ended and wait to be served.
const READY: usize = 64;

/// What a client needs to trust the listener.
#[derive(Clone, Debug)]
pub(crate) struct Secure {
    pub(crate) address: SocketAddr,
    /// The certificate of the authority.
    pub(crate) ca_pem: String,
}

/// Wraps a listener.
pub(super) fn listen(tcp: Guarded) -> io::Result<(Secure, TlsListener)> {
    let Certified { ca_pem, acceptor } = certify(&NAMES)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, tcp.port()));
    let (ready, inbox) = mpsc::channel(READY);
    tokio::spawn(shake_hands(tcp, acceptor, ready));
    Ok((Secure { address, ca_pem }, TlsListener { inbox, address }))
}

/// Takes connections; each handshake is a task, so that a slow one keeps nobody waiting.
async fn shake_hands(
    mut tcp: Guarded,
    acceptor: TlsAcceptor,
    ready: mpsc::Sender<(TlsStream<CuttableStream>, SocketAddr)>,
) {
    loop {
        let (stream, address) = tokio::select! {
            accepted = tcp.accept() => accepted,
            () = ready.closed() => return,
        };
        let (acceptor, ready) = (acceptor.clone(), ready.clone());
        tokio::spawn(async move {
            // A client that does not trust us has said so itself; a server that has ended needs none.
            if let Ok(stream) = acceptor.accept(stream).await {
                let _ = ready.send((stream, address)).await;
            }
        });
    }
}

/// Connections whose handshake has ended.
pub(super) struct TlsListener {
    inbox: mpsc::Receiver<(TlsStream<CuttableStream>, SocketAddr)>,
    address: SocketAddr,
}

impl Listener for TlsListener {
    type Io = TlsStream<CuttableStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.inbox.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}
