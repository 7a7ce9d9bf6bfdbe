//! How clients come to the service: one port on loopback takes HTTP, TLS, and, as a proxy does, `CONNECT` to the hosts
//! that it plays. A client that has their addresses built in comes here by `HTTPS_PROXY` and trust in the authority.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use sim_tls::Certified;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::faults::Queue;
use super::posts::Posts;

/// The hosts with a token endpoint.
const ISSUERS: [&str; 2] = ["platform.claude.com", "auth.openai.com"];
/// The host with the profile of a login, and the model.
const API: &str = "api.anthropic.com";
/// What a certificate is for; the last two for clients that come without a proxy.
const NAMES: [&str; 5] = [ISSUERS[0], ISSUERS[1], API, "localhost", "127.0.0.1"];

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;
/// The longest head of a `CONNECT` that is read.
const LONGEST_HEAD: usize = 8 * 1024;
/// Connections that wait to be served.
const READY: usize = 64;
/// Connections that wait to be accepted; more than any test makes at once.
const BACKLOG: u32 = 1_024;

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Road {
    /// Over HTTP. A proxy for HTTP is asked so too.
    Plain,
    /// Over TLS.
    Tls,
    /// Over TLS, through `CONNECT`.
    Tunnel,
}

/// A connection, whatever lies below it.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Socket for T {}

type Arrived = (Box<dyn Socket>, Road);

/// Whether connections are taken, and whether that is so yet.
#[derive(Debug)]
pub(super) struct Door {
    wanted: watch::Sender<bool>,
    now: watch::Receiver<bool>,
}

impl Door {
    /// Opens or shuts it, and waits until it is.
    pub(super) async fn turn(&self, open: bool) {
        self.wanted.send_replace(open);
        // A simulator that has ended takes no connections any more.
        let _ = self.now.clone().wait_for(|now| *now == open).await;
    }
}

/// What has been set up.
pub(super) struct Entrance {
    pub(super) address: SocketAddr,
    pub(super) ca_pem: String,
    pub(super) door: Door,
    pub(super) inbox: Inbox,
}

/// Listens until it is told to stop.
pub(super) fn listen(
    faults: Arc<Queue>,
    posts: Posts,
    stop: CancellationToken,
) -> io::Result<Entrance> {
    let Certified { ca_pem, acceptor } = sim_tls::certify(&NAMES)?;
    let listener = bind((Ipv4Addr::LOCALHOST, 0).into())?.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    let (ready, inbox) = mpsc::channel(READY);
    let (wanted, asked) = watch::channel(true);
    let (told, now) = watch::channel(true);
    let gate = Gatekeeper {
        ways: Ways {
            acceptor,
            faults,
            posts,
            ready,
        },
        address,
        asked,
        told,
    };
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = gate.keep(listener) => {}
        }
    });
    Ok(Entrance {
        address,
        ca_pem,
        door: Door { wanted, now },
        inbox: Inbox(inbox),
    })
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Without this the port of connections that have just ended could not be listened on again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Takes connections while the door is open.
struct Gatekeeper {
    ways: Ways,
    address: SocketAddr,
    asked: watch::Receiver<bool>,
    told: watch::Sender<bool>,
}

impl Gatekeeper {
    /// Ends when the simulator is gone, or somebody else has taken the port while the door was shut.
    async fn keep(mut self, mut listener: TcpListener) {
        loop {
            tokio::select! {
                biased;
                turned = self.asked.wait_for(|open| !*open) => {
                    if turned.is_err() {
                        return;
                    }
                }
                // axum's own way of accepting, which outlives errors.
                (tcp, _) = Listener::accept(&mut listener) => {
                    tokio::spawn(self.ways.clone().lead(tcp));
                    continue;
                }
            }
            drop(listener);
            // Bound, so that nobody else gets the port, but not listening.
            let Ok(kept) = bind(self.address) else { return };
            self.told.send_replace(false);
            if self.asked.wait_for(|open| *open).await.is_err() {
                return;
            }
            let Ok(again) = kept.listen(BACKLOG) else {
                return;
            };
            listener = again;
            self.told.send_replace(true);
        }
    }
}

/// Where a connection can lead.
#[derive(Clone)]
struct Ways {
    acceptor: sim_tls::TlsAcceptor,
    faults: Arc<Queue>,
    posts: Posts,
    ready: mpsc::Sender<Arrived>,
}

impl Ways {
    /// Finds out what a client wants by its first byte, which stays where it is. Errors are the client's to see.
    async fn lead(self, mut tcp: TcpStream) {
        let mut first = [0];
        if !matches!(tcp.peek(&mut first).await, Ok(1)) {
            return;
        }
        // Small answers at once; a connection that has ended cannot be told, and does not care.
        let _ = tcp.set_nodelay(true);
        match first[0] {
            b'C' => {
                if self.tunnel(&mut tcp).await.is_ok_and(|is_open| is_open) {
                    self.shake_hands(tcp, Road::Tunnel).await;
                }
            }
            HANDSHAKE if self.refuse(Road::Tls) => reset(&tcp),
            HANDSHAKE => self.shake_hands(tcp, Road::Tls).await,
            b'P' if self.refuse(Road::Plain) => reset(&tcp),
            _ => self.serve(Box::new(tcp), Road::Plain).await,
        }
    }

    /// Whether a fault wants this connection refused, which is written down.
    fn refuse(&self, road: Road) -> bool {
        let refuses = self.faults.refuses();
        if refuses {
            self.posts.refused(road);
        }
        refuses
    }

    /// Answers a `CONNECT`. Says whether the tunnel is open.
    async fn tunnel(&self, tcp: &mut TcpStream) -> io::Result<bool> {
        let host = host_of(&read_head(tcp).await?);
        let is_issuer = ISSUERS.contains(&host.as_str());
        let answer: &[u8] = if !is_issuer && host != API {
            b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        } else if is_issuer && self.refuse(Road::Tunnel) {
            b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        } else {
            tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await?;
            return Ok(true);
        };
        tcp.write_all(answer).await?;
        tcp.shutdown().await?;
        Ok(false)
    }

    async fn shake_hands(self, tcp: TcpStream, road: Road) {
        // A client that does not trust us has said so itself.
        if let Ok(stream) = self.acceptor.accept(tcp).await {
            self.serve(Box::new(stream), road).await;
        }
    }

    async fn serve(&self, socket: Box<dyn Socket>, road: Road) {
        // A server that has ended needs none.
        let _ = self.ready.send((socket, road)).await;
    }
}

/// Has a connection end without TCP's good-bye when it is dropped.
fn reset(tcp: &TcpStream) {
    // One that has ended cannot be told, and does not care.
    let _ = tcp.set_zero_linger();
}

/// Reads up to the empty line. Nothing follows it before the answer.
async fn read_head(tcp: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(tcp.read_u8().await?);
    }
    Ok(head)
}

/// The host that a `CONNECT` names, without its port; empty when there is none.
fn host_of(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head);
    let target = head.split(' ').nth(1).unwrap_or_default();
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    host.to_ascii_lowercase()
}

/// Connections that are to be served.
pub(super) struct Inbox(mpsc::Receiver<Arrived>);

impl Listener for Inbox {
    type Io = Box<dyn Socket>;
    /// All clients are on this machine; how they came is what tells them apart.
    type Addr = Road;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.0.recv().await {
            Some(arrived) => arrived,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(Road::Plain)
    }
}

impl Connected<IncomingStream<'_, Inbox>> for Road {
    fn connect_info(stream: IncomingStream<'_, Inbox>) -> Self {
        *stream.remote_addr()
    }
}
