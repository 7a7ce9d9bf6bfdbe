//! One gateway session: what it wants to hear, what it was told, and the connection that it has now.

use std::collections::VecDeque;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::Event;
use crate::limits;

/// How many events a session keeps for RESUME; the oldest go first.
const BUFFER: usize = 10_000;

/// What a connection is told to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Out {
    /// Send this payload.
    Payload(Value),
    /// Close with a frame; without a code the frame is empty.
    Close(Option<u16>),
    /// Drop the TCP connection without a word.
    Drop,
}

/// A session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    intents: u64,
    seq: u64,
    buffer: VecDeque<(u64, Value)>,
    connection: Option<(u64, UnboundedSender<Out>)>,
    /// When its last connection ended, in Unix milliseconds.
    lost_ms: i64,
}

/// Why a session cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stuck {
    /// The client claims to have heard more than was told.
    Ahead,
    /// What the client missed is no longer kept.
    Behind,
}

impl Session {
    pub(crate) fn new(
        id: String,
        intents: u64,
        connection: u64,
        out: UnboundedSender<Out>,
    ) -> Self {
        Self {
            id,
            intents,
            seq: 0,
            buffer: VecDeque::new(),
            connection: Some((connection, out)),
            lost_ms: 0,
        }
    }

    /// Sends what this session may hear, and keeps it for a later RESUME.
    pub(crate) fn hear(&mut self, event: &Event) {
        if let Some(data) = event.for_intents(self.intents) {
            self.tell(event.kind.name(), &data);
        }
    }

    /// Sends an event whatever the intents are.
    pub(crate) fn tell(&mut self, name: &str, data: &Value) {
        self.seq += 1;
        let payload = json!({"op": 0, "t": name, "s": self.seq, "d": data});
        self.send(Out::Payload(payload.clone()));
        self.buffer.push_back((self.seq, payload));
        if self.buffer.len() > BUFFER {
            self.buffer.pop_front();
        }
    }

    /// Sends to the connection, if there is one.
    pub(crate) fn send(&self, out: Out) {
        if let Some((_, connection)) = &self.connection {
            // A connection that has just ended hears nothing; RESUME replays it.
            let _ = connection.send(out);
        }
    }

    /// Goes on over a new connection: replays what came after `seq`.
    pub(crate) fn resume(
        &mut self,
        seq: u64,
        connection: u64,
        out: UnboundedSender<Out>,
    ) -> Result<usize, Stuck> {
        let oldest = self.buffer.front().map_or(self.seq, |(first, _)| first - 1);
        if seq > self.seq {
            return Err(Stuck::Ahead);
        }
        if seq < oldest {
            return Err(Stuck::Behind);
        }
        self.connection = Some((connection, out));
        let missed: Vec<Value> = self
            .buffer
            .iter()
            .filter(|(sent, _)| *sent > seq)
            .map(|(_, payload)| payload.clone())
            .collect();
        let replayed = missed.len();
        for payload in missed {
            self.send(Out::Payload(payload));
        }
        self.tell("RESUMED", &json!({"_trace": []}));
        Ok(replayed)
    }

    /// Forgets a connection that has ended.
    pub(crate) fn disconnect(&mut self, connection: u64, now: i64) {
        if self.serves(connection) {
            self.connection = None;
            self.lost_ms = now;
        }
    }

    /// Whether it can still be resumed, as far as time goes.
    pub(crate) const fn is_alive(&self, now: i64) -> bool {
        self.connection.is_some() || now - self.lost_ms < limits::SESSION_LIFE_MS
    }

    /// Whether it is remembered: for twice its life, so that a late RESUME is told why it fails.
    pub(crate) const fn is_kept(&self, now: i64) -> bool {
        self.connection.is_some() || now - self.lost_ms < 2 * limits::SESSION_LIFE_MS
    }

    pub(crate) fn serves(&self, connection: u64) -> bool {
        self.connection
            .as_ref()
            .is_some_and(|(id, _)| *id == connection)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connection.is_some()
    }
}
