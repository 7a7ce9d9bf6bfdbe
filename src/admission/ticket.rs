//! Tickets, and what bounds them.

use std::{collections::HashMap, sync::Arc};

use crate::{
    clock::Millis,
    words::{ChannelId, RunId, SessionId, UserId},
};

/// How much may be going on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Runs that work.
    pub active: usize,
    /// Runs that wait.
    pub queued: usize,
}

/// The caps of one project; what is not set is bounded by the caps of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProjectCaps {
    /// Runs that work.
    pub active: Option<usize>,
    /// Runs that wait.
    pub queued: Option<usize>,
}

/// All that bounds the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Of everybody together.
    pub all: Caps,
    /// Of one person in one channel and its threads.
    pub person: Caps,
    /// Of projects; one that is not named has none of its own.
    pub projects: HashMap<Arc<str>, ProjectCaps>,
}

impl Caps {
    /// How many of everybody's places to wait are kept for people who have nothing waiting. One person's caps count
    /// for each channel, so that he could fill the queue from several.
    pub const fn kept(self) -> usize {
        self.queued / 4
    }
}

impl Rules {
    /// The caps of a project, with those of all where it has none of its own.
    pub(super) fn of_project(&self, project: &str) -> Caps {
        let own = self.projects.get(project).copied().unwrap_or_default();
        Caps {
            active: own.active.unwrap_or(self.all.active),
            queued: own.queued.unwrap_or(self.all.queued),
        }
    }
}

/// A run that wants a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The run.
    pub run: RunId,
    /// Its session; one run a session works at a time.
    pub session: SessionId,
    /// Who asked.
    pub person: UserId,
    /// The channel; for a thread, the one it hangs under.
    pub channel: ChannelId,
    /// The project.
    pub project: Arc<str>,
    /// When it is given up if its turn has not come.
    pub expires_at: Millis,
}

/// There is no room to wait; whose caps say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Those of everybody together.
    All(Caps),
    /// Those of everybody together, but for the places that are [kept](Caps::kept).
    Kept(Caps),
    /// So many wait for a time, and not for a slot.
    Parked(usize),
    /// Those of one person in one channel.
    Person(Caps),
    /// Those of one project.
    Project(Caps),
}
