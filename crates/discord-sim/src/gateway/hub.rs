//! All sessions of one simulator.

use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::session::{Out, Session, Stuck};
use super::{Event, GatewayMode};

/// The sessions, connected or waiting for RESUME.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    sessions: Vec<Session>,
    /// Connections that have not identified yet, so that tests can drop them too.
    strangers: Vec<(u64, UnboundedSender<Out>)>,
    made_sessions: u64,
    made_connections: u64,
    pub(crate) mode: GatewayMode,
}

/// How a RESUME ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// It goes on; this many events were replayed.
    Done(usize),
    /// There is no such session, or what it missed is no longer kept.
    Unknown,
    /// Its sequence number is from the future.
    InvalidSeq,
    /// It had no connection for too long.
    TimedOut,
}

/// What RESUME says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResumeAt<'a> {
    pub(crate) session: &'a str,
    pub(crate) seq: u64,
    pub(crate) now: i64,
}

impl Hub {
    /// A websocket was opened.
    pub(crate) fn connect(&mut self, out: UnboundedSender<Out>) -> u64 {
        self.made_connections += 1;
        self.strangers.push((self.made_connections, out));
        self.made_connections
    }

    /// IDENTIFY: a new session that is told `first` (READY and the guilds) in order.
    pub(crate) fn identify(
        &mut self,
        connection: u64,
        intents: u64,
        out: UnboundedSender<Out>,
        first: impl FnOnce(&str) -> Vec<(&'static str, Value)>,
    ) -> String {
        self.strangers.retain(|(id, _)| *id != connection);
        self.made_sessions += 1;
        let id = format!("sim-session-{}", self.made_sessions);
        let mut session = Session::new(id.clone(), intents, connection, out);
        for (name, data) in first(&id) {
            session.tell(name, &data);
        }
        self.sessions.push(session);
        id
    }

    /// RESUME.
    pub(crate) fn resume(
        &mut self,
        connection: u64,
        at: ResumeAt<'_>,
        out: UnboundedSender<Out>,
    ) -> Resume {
        let found = self
            .sessions
            .iter_mut()
            .find(|known| known.id == at.session);
        let Some(found) = found else {
            return Resume::Unknown;
        };
        if !found.is_alive(at.now) {
            self.forget_session(at.session);
            return Resume::TimedOut;
        }
        match found.resume(at.seq, connection, out) {
            Ok(replayed) => {
                self.strangers.retain(|(id, _)| *id != connection);
                Resume::Done(replayed)
            }
            Err(Stuck::Ahead) => Resume::InvalidSeq,
            Err(Stuck::Behind) => Resume::Unknown,
        }
    }

    /// A connection ended. After close code 1000 or 1001 from the client its session is over.
    /// Sessions that nobody can resume any more are forgotten.
    pub(crate) fn disconnect(&mut self, connection: u64, code: Option<u16>, now: i64) {
        self.strangers.retain(|(id, _)| *id != connection);
        if matches!(code, Some(1000 | 1001)) {
            self.forget_session_of(connection);
        }
        for session in &mut self.sessions {
            session.disconnect(connection, now);
        }
        self.sessions.retain(|session| session.is_kept(now));
    }

    /// Forgets one session, so that its RESUME fails.
    pub(crate) fn forget_session(&mut self, session: &str) {
        self.sessions.retain(|known| known.id != session);
    }

    /// Forgets the session of a connection.
    pub(crate) fn forget_session_of(&mut self, connection: u64) {
        self.sessions.retain(|session| !session.serves(connection));
    }

    /// Tells an event to all sessions that want it.
    pub(crate) fn dispatch(&mut self, event: &Event) {
        for session in &mut self.sessions {
            session.hear(event);
        }
    }

    /// Tells the session of one connection an event that only it asked for.
    pub(crate) fn tell_one(&mut self, connection: u64, name: &str, data: &Value) {
        for session in self
            .sessions
            .iter_mut()
            .filter(|session| session.serves(connection))
        {
            session.tell(name, data);
        }
    }

    /// Tells every connection something that is no event.
    pub(crate) fn tell_all(&self, out: &Out) {
        for session in &self.sessions {
            session.send(out.clone());
        }
        for (_, stranger) in &self.strangers {
            // A connection that has just ended needs no telling.
            let _ = stranger.send(out.clone());
        }
    }

    /// Forgets all sessions, so that RESUME fails.
    pub(crate) fn forget_sessions(&mut self) {
        self.sessions.clear();
    }

    /// How many sessions have a connection.
    pub(crate) fn connected(&self) -> usize {
        self.sessions
            .iter()
            .filter(|session| session.is_connected())
            .count()
    }
}
