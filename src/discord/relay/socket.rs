//! One websocket to Discord's gateway, with a bound on everything that is waited for.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::{
    super::arrivals::FIRST_ANSWER,
    client::INTERVAL,
    frame::{self, op},
};

/// How long a frame may take to be sent; the other side reads no more after that.
const SEND: Duration = Duration::from_secs(10);

/// The version and the encoding that serenity speaks.
const QUERY: &str = "?v=10&encoding=json";

/// Keeps the session alive: 1000 and 1001 from us would end it (Discord: events/gateway#resuming).
const COME_BACK: u16 = 4_000;

/// How long Discord may take. A test has less time.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Patience {
    /// For the TCP connection and the two handshakes together.
    pub(in super::super) connect: Duration,
    /// For HELLO after those.
    pub(in super::super) hello: Duration,
    /// For the first event after IDENTIFY or RESUME.
    pub(in super::super) answer: Duration,
    /// Before what could not be read back is tried again.
    pub(in super::super) again: Duration,
    /// After the second attempt in a row that failed; doubled with each one more, up to a minute.
    pub(in super::super) pause: Duration,
    /// For a sign of life of serenity's own side, before its shard is started anew.
    pub(in super::super) silence: Duration,
    /// For a first answer to an interaction, of the time since what takes the least would have come.
    pub(in super::super) sign: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            hello: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            again: Duration::from_secs(15),
            pause: Duration::from_secs(1),
            silence: 3 * INTERVAL,
            sign: FIRST_ANSWER,
        }
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoSocket {
    /// TCP, TLS or the websocket's handshake.
    #[error("it cannot be reached: {0}")]
    Connect(String),
    /// Nobody answered.
    #[error("it did not answer within {:?}", .0)]
    Silent(Duration),
    /// Something else than HELLO came, or nothing.
    #[error("it did not begin with HELLO")]
    NoHello,
}

/// A connection that was greeted.
pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// How often it wants a heartbeat.
    pub(super) interval: Duration,
}

impl Socket {
    /// Connects and waits for HELLO.
    pub(super) async fn open(url: &str, patience: Patience) -> Result<Self, NoSocket> {
        let address = format!("{}/{QUERY}", url.trim_end_matches('/'));
        let connecting = connect_async_with_config(address, None, true);
        let (stream, _) = timeout(patience.connect, connecting)
            .await
            .map_err(|_| NoSocket::Silent(patience.connect))?
            .map_err(|error| NoSocket::Connect(error.to_string()))?;
        let mut socket = Self {
            stream,
            interval: Duration::ZERO,
        };
        socket.interval = timeout(patience.hello, socket.hello())
            .await
            .map_err(|_| NoSocket::Silent(patience.hello))?
            .ok_or(NoSocket::NoHello)?;
        Ok(socket)
    }

    async fn hello(&mut self) -> Option<Duration> {
        loop {
            let message = self.stream.next().await?.ok()?;
            if let Some(payload) = frame::read(&message).ok()? {
                let is_hello = payload.op == op::HELLO;
                let interval = frame::interval(&payload).filter(|interval| *interval > 0);
                return interval.filter(|_| is_hello).map(Duration::from_millis);
            }
        }
    }

    /// The next frame; `None` when the connection has ended, however.
    pub(super) async fn next(&mut self) -> Option<Message> {
        self.stream.next().await?.ok()
    }

    /// Sends a frame; `false` when the connection is lost.
    pub(super) async fn send(&mut self, message: Message) -> bool {
        matches!(timeout(SEND, self.stream.send(message)).await, Ok(Ok(())))
    }

    /// Leaves so that the session can be resumed.
    pub(super) async fn leave(self) {
        self.close(COME_BACK).await;
    }

    /// Leaves for good: the session ends, and the bot is shown as offline at once.
    pub(super) async fn log_off(self) {
        self.close(CloseCode::Normal.into()).await;
    }

    async fn close(mut self, code: u16) {
        let farewell = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        // One who does not hear it finds out by himself.
        let _ = timeout(Duration::from_secs(1), self.stream.close(Some(farewell))).await;
    }
}
