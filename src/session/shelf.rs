//! The agents without work, and those of them that are being ended.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::agent::Agent;
use crate::words::SessionId;

/// An agent without work.
struct Idle {
    agent: Agent,
    since: Instant,
}

/// An agent that nobody can have any more. Its session waits until `gone` is dropped.
pub(super) struct Leaving {
    pub(super) session: SessionId,
    pub(super) agent: Agent,
    pub(super) gone: DropGuard,
}

/// What lies here belongs to no run.
#[derive(Default)]
pub(super) struct Shelf {
    idle: HashMap<SessionId, Idle>,
    leaving: HashMap<SessionId, CancellationToken>,
}

impl Shelf {
    pub(super) fn put(&mut self, session: SessionId, agent: Agent) {
        let since = Instant::now();
        self.idle.insert(session, Idle { agent, since });
    }

    pub(super) fn take(&mut self, session: SessionId) -> Option<Agent> {
        self.idle.remove(&session).map(|idle| idle.agent)
    }

    /// Is cancelled when the session's agent, which is being ended, is gone.
    pub(super) fn leaving(&self, session: SessionId) -> Option<CancellationToken> {
        self.leaving.get(&session).cloned()
    }

    /// Forgets an agent that has been ended.
    pub(super) fn gone(&mut self, session: SessionId) {
        self.leaving.remove(&session);
    }

    pub(super) fn len(&self) -> usize {
        self.idle.len()
    }

    pub(super) fn oldest(&self) -> Option<Instant> {
        self.idle.values().map(|idle| idle.since).min()
    }

    /// Takes every agent that has been here for so long.
    pub(super) fn idle_for(&mut self, longest: Duration) -> Vec<Leaving> {
        let now = Instant::now();
        let over: Vec<SessionId> = self
            .idle
            .iter()
            .filter(|(_, idle)| now.duration_since(idle.since) >= longest)
            .map(|(session, _)| *session)
            .collect();
        over.into_iter()
            .filter_map(|session| self.leave(session))
            .collect()
    }

    /// Takes the agent that was used least recently.
    pub(super) fn least_recent(&mut self) -> Option<Leaving> {
        let oldest = self.idle.iter().min_by_key(|(_, idle)| idle.since);
        let session = oldest.map(|(session, _)| *session)?;
        self.leave(session)
    }

    /// Takes them all; nobody waits for them.
    pub(super) fn empty(&mut self) -> Vec<Agent> {
        self.idle.drain().map(|(_, idle)| idle.agent).collect()
    }

    /// Takes the agent of a session, to be ended.
    pub(super) fn leave(&mut self, session: SessionId) -> Option<Leaving> {
        let agent = self.take(session)?;
        let token = CancellationToken::new();
        self.leaving.insert(session, token.clone());
        Some(Leaving {
            session,
            agent,
            gone: token.drop_guard(),
        })
    }
}
