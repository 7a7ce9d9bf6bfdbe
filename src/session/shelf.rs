//! The agents without work, and those of them that are being ended.

use std::{
    collections::HashMap,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::agent::{Agent, Overheard};
use crate::{
    runtime::runner::Seq,
    words::{RunnerId, SessionId},
};

/// An agent without work.
struct Idle {
    agent: Agent,
    since: Instant,
    /// Tells whoever listens to it that it does not lie here any more.
    _taken: DropGuard,
}

/// How long agents without work are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// One in which nothing goes on.
    pub(super) idle: Duration,
    /// One that has left something running.
    pub(super) astir: Duration,
}

impl Idle {
    fn due(&self, patience: Patience) -> Instant {
        let kept = if self.agent.is_astir() {
            patience.astir.max(patience.idle)
        } else {
            patience.idle
        };
        self.since + kept
    }
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
    /// Puts an agent here; what is answered is cancelled when it is taken.
    pub(super) fn put(&mut self, session: SessionId, agent: Agent) -> CancellationToken {
        let taken = CancellationToken::new();
        let idle = Idle {
            agent,
            since: Instant::now(),
            _taken: taken.clone().drop_guard(),
        };
        self.idle.insert(session, idle);
        taken
    }

    /// Listens to the agent of a session; see [`Agent::poll_overhear`].
    pub(super) fn poll_overhear(
        &mut self,
        session: SessionId,
        context: &mut Context<'_>,
    ) -> Poll<Overheard> {
        match self.idle.get_mut(&session) {
            Some(idle) => idle.agent.poll_overhear(context),
            None => Poll::Ready(Overheard::Gone),
        }
    }

    pub(super) fn take(&mut self, session: SessionId) -> Option<Agent> {
        self.idle.remove(&session).map(|idle| idle.agent)
    }

    pub(super) fn has(&self, session: SessionId) -> bool {
        self.idle.contains_key(&session)
    }

    /// Whether the agent of a session lies here, belongs to this runner, and goes on behind this record.
    pub(super) fn goes_on(&self, session: SessionId, runner: RunnerId, after: Seq) -> bool {
        let idle = self.idle.get(&session);
        idle.is_some_and(|idle| idle.agent.runner == runner && idle.agent.goes_on_after(after))
    }

    /// What was heard of the agent of a session that lies here and goes on by itself.
    pub(super) fn overheard(&self, session: SessionId) -> Option<(RunnerId, Overheard)> {
        let agent = &self.idle.get(&session)?.agent;
        Some((agent.runner, agent.still_goes_on()?))
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

    /// When the first of them will have been here for too long.
    pub(super) fn next_due(&self, patience: Patience) -> Option<Instant> {
        self.idle.values().map(|idle| idle.due(patience)).min()
    }

    /// Takes every agent that has been here for too long.
    pub(super) fn overdue(&mut self, patience: Patience) -> Vec<Leaving> {
        let now = Instant::now();
        let over: Vec<SessionId> = self
            .idle
            .iter()
            .filter(|(_, idle)| idle.due(patience) <= now)
            .map(|(session, _)| *session)
            .collect();
        over.into_iter()
            .filter_map(|session| self.leave(session))
            .collect()
    }

    /// Takes the agent that was used least recently, of those in which nothing goes on if there is one.
    pub(super) fn least_recent(&mut self) -> Option<Leaving> {
        let all = self.idle.iter();
        let oldest = all.min_by_key(|(_, idle)| (idle.agent.is_astir(), idle.since));
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
