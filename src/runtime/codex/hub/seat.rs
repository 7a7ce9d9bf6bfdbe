//! One connection of the hub: a session, and how far its thread is, or whoever asks for something of the account.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    path::PathBuf,
};

use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::super::wire::{Open, Order};

/// A connection.
pub(super) type SeatId = u64;

/// One session.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) stage: Stage,
    /// What it ordered before its thread was open.
    pub(super) waiting: Vec<Order>,
    /// Since when its other end is gone.
    pub(super) leaving: Option<Instant>,
    /// Another Codex still has its thread.
    pub(super) held: Option<Held>,
}

/// How long a thread has been another Codex's, which leaves when nobody needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) since: Instant,
    /// When it is asked for again.
    pub(super) again: Instant,
}

/// How far its thread is.
#[derive(Debug)]
pub(super) enum Stage {
    /// It has not said which thread it is.
    New,
    /// Its thread is being opened.
    Opening(Box<Open>),
    /// Its thread is open.
    At(Box<Thread>),
    /// Its thread cannot be opened, or is closed.
    Shut,
    /// It is no session: it asks for something of the account.
    Errand {
        /// The login that it waits for.
        login: Option<String>,
    },
}

/// An open thread.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) id: String,
    /// The record that Codex keeps of it.
    pub(super) record: Option<PathBuf>,
    pub(super) open: Open,
    pub(super) turn: Turn,
    /// Prompts that wait until they can be given.
    pub(super) prompts: VecDeque<(Uuid, String)>,
    /// Since when its turn waits for a service that is not reached.
    pub(super) troubled: Option<Instant>,
    /// When its turn is to be stopped, if Codex has not taken that before.
    pub(super) stop_again: Option<Instant>,
    /// Patches and calls of MCP servers that were told of, by their ids: who asks about one does not repeat it.
    pub(super) patches: HashMap<String, Value>,
    /// Commands that have begun and of whose end nothing was told.
    pub(super) commands: BTreeSet<String>,
    /// Whether it is being found out which of them have failed.
    pub(super) is_looked_at: bool,
}

/// What a thread is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing.
    None,
    /// A turn was asked for.
    Beginning {
        /// Whether it is to be stopped as soon as it can be.
        stop: bool,
    },
    /// A turn, by its id.
    Running(String),
    /// It is over, and what it has left is cleared away.
    Ending,
}

impl Seat {
    pub(super) const fn new() -> Self {
        Self {
            stage: Stage::New,
            waiting: Vec::new(),
            leaving: None,
            held: None,
        }
    }

    /// Since when its thread is to be left.
    pub(super) fn leaves_thread(&self) -> Option<Instant> {
        self.leaving.filter(|_| self.thread().is_some())
    }

    pub(super) fn thread(&self) -> Option<&Thread> {
        match &self.stage {
            Stage::At(thread) => Some(thread),
            Stage::New | Stage::Opening(_) | Stage::Shut | Stage::Errand { .. } => None,
        }
    }

    pub(super) fn thread_mut(&mut self) -> Option<&mut Thread> {
        match &mut self.stage {
            Stage::At(thread) => Some(thread),
            Stage::New | Stage::Opening(_) | Stage::Shut | Stage::Errand { .. } => None,
        }
    }
}

impl Thread {
    pub(super) fn new(id: String, record: Option<PathBuf>, open: Open) -> Self {
        Self {
            id,
            record,
            open,
            turn: Turn::None,
            prompts: VecDeque::new(),
            troubled: None,
            stop_again: None,
            patches: HashMap::new(),
            is_looked_at: false,
            commands: BTreeSet::new(),
        }
    }
}
