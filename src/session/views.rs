//! What commands and the health page show.

use std::time::Duration;

use super::{Engine, SessionError};
use crate::{
    access::Permit,
    admission::Caps,
    clock::Millis,
    words::{ChannelId, RunState},
};

/// Sessions that a list shows; Discord's messages have room for about so many lines.
const LISTED: u32 = 15;

/// Threads that are watched besides the projects' channels: those that were used last.
const WATCHED: u32 = 500;

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Where it is.
    pub thread: ChannelId,
    /// What it is called.
    pub title: String,
    /// Its project.
    pub project: String,
    /// Where its run stands, if it has one.
    pub state: Option<RunState>,
    /// When it was last worked in.
    pub used_at: Millis,
    /// Why Discord refuses messages there.
    pub unreachable: Option<String>,
}

/// How the session room is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Runs at work.
    pub active: usize,
    /// Runs that wait.
    pub queued: usize,
    /// The caps of both.
    pub caps: Caps,
    /// Agents that are kept warm.
    pub warm: usize,
    /// Deliveries that Discord does not have yet.
    pub deliveries_waiting: u32,
    /// How long the server runs.
    pub uptime: Duration,
}

impl Engine {
    /// The sessions of the permit's channel, the last used first.
    pub async fn sessions(&self, permit: &Permit) -> Result<Vec<SessionView>, SessionError> {
        let mut views = Vec::new();
        for row in self
            .store
            .recent_sessions(Some(permit.place().channel), LISTED)
            .await?
        {
            let run = self.store.open_run_of(row.id).await?;
            views.push(SessionView {
                thread: row.thread_id,
                title: row.title,
                project: row.project,
                state: run.map(|run| run.state),
                used_at: row.used_at,
                unreachable: row.unreachable,
            });
        }
        Ok(views)
    }

    /// How the session room is.
    pub async fn health(&self) -> Result<Health, SessionError> {
        let (active, queued, caps) = {
            let queue = self.queue.lock();
            (queue.active(), queue.waiting(), queue.caps())
        };
        Ok(Health {
            active,
            queued,
            caps,
            warm: self.agents.idle_count(),
            deliveries_waiting: self.store.deliveries_waiting().await?,
            uptime: self.clock.now().since(self.started_at),
        })
    }

    /// Where messages may be for Baton: the projects' channels and the threads used last.
    pub async fn watched(&self) -> Result<Vec<ChannelId>, SessionError> {
        let mut channels: Vec<ChannelId> = self.projects.channels().collect();
        let sessions = self.store.recent_sessions(None, WATCHED).await?;
        channels.extend(
            sessions
                .into_iter()
                .filter(|session| session.post_channel_id == session.thread_id)
                .map(|session| session.thread_id),
        );
        Ok(channels)
    }
}
