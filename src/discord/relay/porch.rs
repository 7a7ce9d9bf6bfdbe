//! Where serenity knocks: a port of loopback, and a word that only it knows.

use std::{collections::VecDeque, io, net::Ipv4Addr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        handshake::server::{ErrorResponse, Request, Response},
        http::StatusCode,
    },
};
use uuid::Uuid;

use super::client::Client;

/// How long the handshake may take, on this machine.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes at the same time. Serenity needs one, for a moment; who comes without the word and stays must
/// not use up the server's open files, and the one that waits longest has to go.
const AT_ONCE: usize = 64;

/// How long to wait when no connection can be taken, as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// The listener.
pub(super) struct Porch {
    listener: TcpListener,
    word: String,
}

impl Porch {
    /// Takes a free port of loopback.
    pub(super) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let word = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        Ok(Self { listener, word })
    }

    /// Where serenity has to connect to. Whoever knows it can give the relay a token to use.
    pub(super) fn url(&self) -> io::Result<String> {
        let address = self.listener.local_addr()?;
        Ok(format!("ws://{address}/{}", self.word))
    }

    /// Lets in who knows the word, until nobody waits for guests any more.
    pub(super) async fn receive(self, guests: mpsc::Sender<Client>) {
        let mut handshakes = JoinSet::new();
        let mut waiting = VecDeque::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        make_room(&mut waiting);
                        let handshake = let_in(stream, format!("/{}", self.word));
                        waiting.push_back(handshakes.spawn(handshake));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the relay cannot take a connection");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                Some(done) = handshakes.join_next() => {
                    if let Ok(Some(client)) = done && guests.send(client).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// Ends the handshakes that have waited longest, if there are too many.
fn make_room(waiting: &mut VecDeque<AbortHandle>) {
    waiting.retain(|handshake| !handshake.is_finished());
    while waiting.len() >= AT_ONCE {
        if let Some(oldest) = waiting.pop_front() {
            oldest.abort();
        }
    }
}

async fn let_in(stream: TcpStream, path: String) -> Option<Client> {
    // Small frames at once: without this, each waits for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    #[expect(
        clippy::result_large_err,
        reason = "the callback's signature is the library's"
    )]
    let check = |request: &Request, response: Response| {
        if request.uri().path() == path {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(None);
        *refusal.status_mut() = StatusCode::NOT_FOUND;
        Err(refusal)
    };
    let socket = timeout(HANDSHAKE, accept_hdr_async(stream, check)).await;
    Some(Client(socket.ok()?.ok()?))
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio_tungstenite::connect_async;

    use super::*;

    #[tokio::test]
    async fn only_who_knows_the_word_is_let_in() {
        let porch = Porch::open().await.unwrap();
        let url = porch.url().unwrap();
        let (door, mut guests) = mpsc::channel(1);
        let receiving = tokio::spawn(porch.receive(door));
        let (server, _) = url.rsplit_once('/').unwrap();
        assert!(connect_async(format!("{server}/?v=10")).await.is_err());
        assert!(connect_async(format!("{server}/guess?v=10")).await.is_err());
        assert!(connect_async(format!("{url}?v=10")).await.is_ok());
        assert!(guests.recv().await.is_some());
        assert!(guests.try_recv().is_err());
        receiving.abort();
    }

    #[tokio::test]
    async fn who_comes_often_and_says_nothing_keeps_nobody_out_and_is_sent_away() {
        let porch = Porch::open().await.unwrap();
        let url = porch.url().unwrap();
        let address = porch.listener.local_addr().unwrap();
        let (door, mut guests) = mpsc::channel(1);
        let receiving = tokio::spawn(porch.receive(door));
        let mut silent = Vec::new();
        for _ in 0..=AT_ONCE {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        assert!(connect_async(format!("{url}?v=10")).await.is_ok());
        assert!(guests.recv().await.is_some());
        let mut end = [0];
        assert_eq!(silent[0].read(&mut end).await.unwrap(), 0);
        receiving.abort();
    }
}
