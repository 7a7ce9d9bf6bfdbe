//! A listener that can be closed for a while: then connections are refused, and the port stays ours.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::serve::Listener;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::wire::CuttableStream;

/// Connections that wait to be accepted; more than any test makes at once.
const BACKLOG: u32 = 1_024;

/// Whether connections are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Door {
    /// They are.
    #[default]
    Open,
    /// The operating system refuses them.
    Shut,
}

/// The switch of all listeners of a simulator.
#[derive(Clone, Debug)]
pub(crate) struct Doors(Arc<Switch>);

#[derive(Debug)]
struct Switch {
    wanted: watch::Sender<Door>,
    /// One turn at a time: a listener could skip the first of two.
    turning: tokio::sync::Mutex<()>,
    /// How each listener stands.
    listeners: Mutex<Vec<watch::Receiver<Door>>>,
    /// Cuts the connections of now.
    wires: Mutex<CancellationToken>,
    /// Ends everything.
    stop: CancellationToken,
}

impl Doors {
    pub(crate) fn new(stop: &CancellationToken) -> Self {
        Self(Arc::new(Switch {
            wanted: watch::Sender::default(),
            turning: tokio::sync::Mutex::default(),
            listeners: Mutex::default(),
            wires: Mutex::new(stop.child_token()),
            stop: stop.clone(),
        }))
    }

    /// Opens or shuts all listeners and waits until they are. Shutting cuts what is connected.
    pub(crate) async fn turn(&self, door: Door) {
        let _turn = self.0.turning.lock().await;
        self.0.wanted.send_replace(door);
        let listeners = self.0.listeners.lock().clone();
        for mut listener in listeners {
            // A listener that has ended takes no connections any more.
            let _ = listener.wait_for(|is| *is == door).await;
        }
        if door == Door::Shut {
            self.cut_all();
        }
    }

    /// Cuts every TCP connection.
    pub(crate) fn cut_all(&self) {
        let fresh = self.0.stop.child_token();
        std::mem::replace(&mut *self.0.wires.lock(), fresh).cancel();
    }
}

/// A listener behind the switch.
pub(super) struct Guarded {
    socket: Socket,
    address: SocketAddr,
    wanted: watch::Receiver<Door>,
    now: watch::Sender<Door>,
    doors: Doors,
}

enum Socket {
    Listening(TcpListener),
    /// Bound, so that nobody else gets the port, but not listening.
    Kept(TcpSocket),
    /// Between the two, or lost to somebody who was faster.
    None,
}

impl Guarded {
    pub(super) fn bind(port: u16, doors: &Doors) -> io::Result<Self> {
        let listener = bind((Ipv4Addr::LOCALHOST, port).into())?.listen(BACKLOG)?;
        let now = watch::Sender::new(Door::Open);
        doors.0.listeners.lock().push(now.subscribe());
        Ok(Self {
            address: listener.local_addr()?,
            socket: Socket::Listening(listener),
            wanted: doors.0.wanted.subscribe(),
            now,
            doors: doors.clone(),
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    fn turn(&mut self) -> io::Result<()> {
        let wanted = *self.wanted.borrow_and_update();
        let socket = std::mem::replace(&mut self.socket, Socket::None);
        self.socket = match (wanted, socket) {
            (Door::Open, Socket::Kept(kept)) => Socket::Listening(kept.listen(BACKLOG)?),
            (Door::Open, Socket::None) => Socket::Listening(bind(self.address)?.listen(BACKLOG)?),
            (Door::Shut, Socket::Listening(listener)) => {
                drop(listener);
                Socket::Kept(bind(self.address)?)
            }
            (Door::Shut, Socket::None) => Socket::None,
            (Door::Open, open @ Socket::Listening(_)) => open,
            (Door::Shut, shut @ Socket::Kept(_)) => shut,
        };
        self.now.send_replace(wanted);
        Ok(())
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Without this the port of connections that have just ended could not be listened on again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Listener for Guarded {
    type Io = CuttableStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let came = tokio::select! {
                biased;
                turned = self.wanted.changed() => {
                    if turned.is_err() {
                        // Nobody is left who could turn it.
                        return std::future::pending().await;
                    }
                    None
                }
                came = accept(&mut self.socket) => Some(came),
            };
            let Some((tcp, address)) = came else {
                if self.turn().is_err() {
                    // Somebody else has the port: tried again when the switch is turned again.
                    self.now.send_replace(Door::Shut);
                }
                continue;
            };
            let parent = self.doors.0.wires.lock().clone();
            return (CuttableStream::new(tcp, &parent), address);
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

async fn accept(socket: &mut Socket) -> (tokio::net::TcpStream, SocketAddr) {
    match socket {
        // axum's own way of accepting, which outlives errors.
        Socket::Listening(listener) => Listener::accept(listener).await,
        Socket::Kept(_) | Socket::None => std::future::pending().await,
    }
}
