//! Serenity's end: a gateway that has no faults.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message, Utf8Bytes,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::frame::{self, op};

/// How often serenity is asked for a heartbeat. Those are between it and the relay, and show that
/// its shard is alive; Discord gets the relay's own.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);

/// How long serenity may take to read a frame.
const SEND: Duration = Duration::from_secs(30);

/// How long serenity may take to leave when it was told to.
const LEAVE: Duration = Duration::from_secs(5);

/// Serenity resumes after this code.
const COME_BACK: u16 = 4_000;

/// What serenity connected for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// To begin a session; the payload.
    Identify(Utf8Bytes),
    /// To go on with one; the payload.
    Resume(Utf8Bytes),
}

/// What serenity wants while it is connected.
#[derive(Debug)]
pub(super) enum Wish {
    /// This is for Discord.
    Send(Utf8Bytes),
    /// A heartbeat, to be acknowledged here.
    Beat,
    /// It ends the session, as it does when it is shut down.
    LogOff,
    /// It has gone, to come back or not.
    Gone,
}

/// Serenity, connected.
pub(super) struct Client(pub(super) WebSocketStream<TcpStream>);

impl Client {
    /// Greets serenity and waits for what it came for. `None` when it leaves before that.
    pub(super) async fn greet(&mut self) -> Option<Opening> {
        let hello = format!(
            r#"{{"op":{},"s":null,"t":null,"d":{{"heartbeat_interval":{}}}}}"#,
            op::HELLO,
            INTERVAL.as_millis()
        );
        if !self.send(Message::text(hello)).await {
            return None;
        }
        loop {
            let Wish::Send(text) = self.want().await else {
                return None;
            };
            let opcode = frame::read(&Message::Text(text.clone())).ok().flatten()?.op;
            match opcode {
                op::IDENTIFY => return Some(Opening::Identify(text)),
                op::RESUME => return Some(Opening::Resume(text)),
                // A presence that is set before the session began is set again by IDENTIFY.
                _ => {}
            }
        }
    }

    /// The next thing that serenity wants. Nothing is lost when this is dropped.
    pub(super) async fn wish(&mut self) -> Wish {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => {
                    let payload = frame::read(&Message::Text(text.clone())).ok().flatten();
                    let is_beat = payload.is_some_and(|payload| payload.op == op::HEARTBEAT);
                    return if is_beat {
                        Wish::Beat
                    } else {
                        Wish::Send(text)
                    };
                }
                Some(Ok(Message::Close(close))) => {
                    // Sends the answer to it, which serenity waits for.
                    let _ = timeout(LEAVE, self.0.flush()).await;
                    let is_last = close.is_some_and(|close| close.code == CloseCode::Normal);
                    return if is_last { Wish::LogOff } else { Wish::Gone };
                }
                Some(Err(_)) | None => return Wish::Gone,
                // Serenity sends text only.
                Some(Ok(
                    Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_),
                )) => {}
            }
        }
    }

    /// The next thing that concerns others.
    async fn want(&mut self) -> Wish {
        loop {
            match self.wish().await {
                Wish::Beat if self.acknowledge().await => {}
                Wish::Beat => return Wish::Gone,
                other @ (Wish::Send(_) | Wish::LogOff | Wish::Gone) => return other,
            }
        }
    }

    /// Keeps serenity content while there is nothing to tell it. Comes back when it leaves.
    pub(super) async fn idle(&mut self) {
        while matches!(self.want().await, Wish::Send(_)) {}
    }

    /// Acknowledges a heartbeat; `false` when serenity has gone.
    pub(super) async fn acknowledge(&mut self) -> bool {
        let text = format!(
            r#"{{"op":{},"s":null,"t":null,"d":null}}"#,
            op::HEARTBEAT_ACK
        );
        self.send(Message::text(text)).await
    }

    /// Sends a frame; `false` when serenity has gone.
    pub(super) async fn send(&mut self, message: Message) -> bool {
        matches!(timeout(SEND, self.0.send(message)).await, Ok(Ok(())))
    }

    /// Has serenity come back and resume.
    pub(super) async fn send_back(mut self) {
        let close = CloseFrame {
            code: COME_BACK.into(),
            reason: "".into(),
        };
        if self.send(Message::Close(Some(close))).await {
            // Whoever stays is cut off.
            let _ = timeout(LEAVE, self.idle()).await;
        }
    }

    /// Has serenity come back with a new session.
    pub(super) async fn session_over(mut self) {
        let text = format!(
            r#"{{"op":{},"s":null,"t":null,"d":false}}"#,
            op::INVALID_SESSION
        );
        if self.send(Message::text(text)).await {
            // It takes some seconds to begin anew, and leaves without a word.
            let _ = timeout(LEAVE, self.idle()).await;
        }
        // The stream never ends without a close frame: serenity would spin on it.
        self.send_back().await;
    }
}
