//! The listener with TLS: a throw-away authority, and a leaf for the name that clients ask for. With
//! it a client runs the code that it runs against Discord: only its resolver and its trust differ.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
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
    let (ca_pem, config) = certify().map_err(io::Error::other)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, tcp.port()));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (ready, inbox) = mpsc::channel(READY);
    tokio::spawn(shake_hands(tcp, acceptor, ready));
    Ok((Secure { address, ca_pem }, TlsListener { inbox, address }))
}

fn certify() -> Result<(String, ServerConfig), Box<dyn std::error::Error + Send + Sync>> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(NAMES.map(str::to_owned))?.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // The provider is named here: a process-wide default belongs to the program, not to a library.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((authority.pem(), config))
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
