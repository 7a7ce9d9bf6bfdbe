//! The agents without work: kept warm, listened to, ended when idle or one too many.

use std::{
    future::poll_fn,
    sync::{Arc, atomic::Ordering},
};

use tokio::{sync::mpsc::UnboundedSender, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        agent::{Agent, Left, Overheard, Warmth},
        follow_up::GoesOn,
        shelf::{Leaving, Patience},
    },
    Agents, GRACE,
};
use crate::{
    runtime::runner::Seq,
    words::{RunnerId, SessionId},
};

impl Agents {
    /// Keeps an agent warm for the session's next turn, if it is fit for one and there is room.
    pub(in crate::session) async fn put_back(&self, session: SessionId, mut agent: Agent) {
        if agent.left == Left::Messages || !self.is_fit(&agent).await {
            return self.end(agent).await;
        }
        agent.warmth = Warmth::Warm;
        let one_too_many = {
            let mut kept = self.shelf.lock();
            if self.working.load(Ordering::Relaxed) + kept.len() <= self.keep {
                agent.at_work = None;
                let runner = agent.runner;
                let taken = kept.put(session, agent);
                self.listen(session, runner, taken);
                None
            } else {
                Some(agent)
            }
        };
        if let Some(agent) = one_too_many {
            self.end(agent).await;
        }
    }

    /// Listens to an agent without work until it is taken, goes on by itself or is gone.
    fn listen(&self, session: SessionId, runner: RunnerId, taken: CancellationToken) {
        let lies = Arc::clone(&self.shelf);
        let goes_on = self.goes_on.clone();
        tokio::spawn(async move {
            let sound = poll_fn(|context| lies.lock().poll_overhear(session, context));
            let heard = tokio::select! {
                biased;
                () = taken.cancelled() => return,
                heard = sound => heard,
            };
            tell(&goes_on, session, runner, heard);
        });
    }

    /// Tells again that the agent of a session goes on by itself, if it does and nobody has taken it up with
    /// that: what was in the way is over.
    pub(in crate::session) fn tell_again(&self, session: SessionId) {
        let overheard = self.shelf.lock().overheard(session);
        if let Some((runner, heard)) = overheard {
            tell(&self.goes_on, session, runner, heard);
        }
    }

    /// Whether what was told of an agent without work is still to be followed.
    pub(in crate::session) fn still_goes_on(&self, sign: &GoesOn) -> bool {
        let kept = self.shelf.lock();
        kept.goes_on(sign.session, sign.runner, sign.after)
    }

    /// Takes the agent of a session if it is the one of this runner, has no work, and what it goes on with
    /// behind a record is still to be followed.
    pub(in crate::session) fn take_idle(
        &self,
        session: SessionId,
        runner: RunnerId,
        after: Seq,
    ) -> Option<Agent> {
        let mut kept = self.shelf.lock();
        if !kept.goes_on(session, runner, after) {
            return None;
        }
        let mut agent = kept.take(session)?;
        agent.went_on_after = None;
        agent.at_work = Some(self.at_work());
        Some(agent)
    }

    /// Whether an agent bears another turn. Its journal is never shortened, and when that is full it
    /// is ended in the middle of one.
    async fn is_fit(&self, agent: &Agent) -> bool {
        match agent.handle.status().await {
            Ok(status) => status.journal_bytes <= self.host.journal_limit(agent.runner) / 2,
            Err(error) => {
                tracing::debug!(runner = %agent.runner, %error, "a runner was gone after its turn");
                false
            }
        }
    }

    /// Takes every agent that has had no work for too long, to be [closed](Self::close_leaving).
    pub(in crate::session) fn overdue(&self, patience: Patience) -> Vec<Leaving> {
        self.shelf.lock().overdue(patience)
    }

    /// Takes the agent of a session if it has no work, to be [closed](Self::close_leaving).
    pub(in crate::session) fn leave(&self, session: SessionId) -> Option<Leaving> {
        self.shelf.lock().leave(session)
    }

    /// Ends the agent of a session that has ended, unless it works: then that is seen to when it
    /// has stopped.
    pub(in crate::session) async fn end_of_session(&self, session: SessionId) {
        let leaving = self.shelf.lock().leave(session);
        if let Some(leaving) = leaving {
            self.close_leaving(leaving).await;
        }
    }

    /// When the first agent will have had no work for too long.
    pub(in crate::session) fn next_overdue(&self, patience: Patience) -> Option<Instant> {
        self.shelf.lock().next_due(patience)
    }

    pub(in crate::session) fn idle_count(&self) -> usize {
        self.shelf.lock().len()
    }

    pub(in crate::session) fn working_count(&self) -> usize {
        self.working.load(Ordering::Relaxed)
    }

    /// Ends agents that were used least recently, until those that are left and those at work, the
    /// one that is about to start included, are not too many.
    pub(super) async fn make_room(&self) {
        loop {
            let leaving = {
                let mut kept = self.shelf.lock();
                if self.working.load(Ordering::Relaxed) + kept.len() <= self.keep {
                    return;
                }
                let Some(leaving) = kept.least_recent() else {
                    return;
                };
                leaving
            };
            self.close_leaving(leaving).await;
        }
    }

    /// Ends an agent that nobody can have any more.
    pub(in crate::session) async fn close_leaving(&self, leaving: Leaving) {
        let Leaving {
            session,
            agent,
            gone,
        } = leaving;
        self.close(agent).await;
        self.shelf.lock().gone(session);
        drop(gone);
    }

    /// Asks every idle agent to end, without waiting for it.
    pub(in crate::session) async fn dismiss(&self) {
        let agents = self.shelf.lock().empty();
        let asks = agents.iter().map(|agent| agent.handle.terminate(GRACE));
        futures::future::join_all(asks).await;
    }
}

/// Tells of what was heard of an agent without work.
fn tell(goes_on: &UnboundedSender<GoesOn>, session: SessionId, runner: RunnerId, heard: Overheard) {
    match heard {
        Overheard::GoesOn { after, call } => {
            // Nobody cares any more when the server ends.
            let _ = goes_on.send(GoesOn {
                session,
                runner,
                after,
                call,
            });
        }
        // Whoever wants it finds out.
        Overheard::Gone => {}
    }
}
