//! How the connection to the gateway is, for whoever wants to know.

use std::{sync::Arc, time::Instant};

use parking_lot::Mutex;

/// Whether the gateway is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Not yet, or not any more.
    Down,
    /// Events come.
    Up,
}

/// Shared between the gateway, which writes, and `/health` and the health page, which read.
#[derive(Clone, Debug)]
pub struct Link(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    state: LinkState,
    acknowledged: Option<Instant>,
    /// Serenity's handlers may still be running when the connection has been given up.
    ended: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            state: LinkState::Down,
            acknowledged: None,
            ended: false,
        })))
    }
}

impl Link {
    /// Whether the gateway is there.
    pub fn state(&self) -> LinkState {
        self.0.lock().state
    }

    /// How long ago the gateway last acknowledged a heartbeat; `None` before the first time, which
    /// comes one interval (about 41 s) after the connection.
    pub fn last_acknowledged(&self) -> Option<std::time::Duration> {
        self.0.lock().acknowledged.map(|at| at.elapsed())
    }

    pub(super) fn set(&self, state: LinkState) {
        let mut inner = self.0.lock();
        if !inner.ended {
            inner.state = state;
        }
    }

    /// Down, and for good.
    pub(super) fn end(&self) {
        let mut inner = self.0.lock();
        inner.state = LinkState::Down;
        inner.ended = true;
    }

    pub(super) fn acknowledged(&self) {
        self.0.lock().acknowledged = Some(Instant::now());
    }
}
