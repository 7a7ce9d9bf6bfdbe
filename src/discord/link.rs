//! How the connection to the gateway is, for whoever wants to know.

use std::{sync::Arc, time::Instant};

use tokio::sync::watch;

use super::refusals::{Refusals, Treatment};

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
pub struct Link(Arc<watch::Sender<Inner>>);

#[derive(Debug)]
struct Inner {
    state: LinkState,
    acknowledged: Option<Instant>,
    /// Why nothing is done to be connected.
    waits: Option<String>,
    unread: u64,
    refusals: Refusals,
    /// Serenity's handlers may still be running when the connection has been given up.
    ended: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Inner {
            state: LinkState::Down,
            acknowledged: None,
            waits: None,
            unread: 0,
            refusals: Refusals::default(),
            ended: false,
        })))
    }
}

impl Link {
    /// Whether the gateway is there.
    pub fn state(&self) -> LinkState {
        self.0.borrow().state
    }

    /// How long ago the gateway last acknowledged a heartbeat; `None` before the first time, which
    /// comes one interval (about 41 s) after the connection.
    pub fn last_acknowledged(&self) -> Option<std::time::Duration> {
        self.0.borrow().acknowledged.map(|at| at.elapsed())
    }

    /// Why Baton waits before it connects, if it does.
    pub fn waits(&self) -> Option<String> {
        self.0.borrow().waits.clone()
    }

    /// How many events since the start were of a kind that is wanted and could not be read.
    pub fn unreadable(&self) -> u64 {
        self.0.borrow().unread
    }

    /// How Discord treats what the server asks.
    pub fn treatment(&self) -> Treatment {
        self.0.borrow().refusals.treatment()
    }

    /// Here Discord's refusals are counted.
    pub(super) fn watch(&self, refusals: Refusals) {
        self.0.send_modify(|inner| inner.refusals = refusals);
    }

    /// Waits until Discord does not accept the bot's token any more.
    pub(super) async fn bad_token(&self) {
        let refusals = self.0.borrow().refusals.clone();
        refusals.bad_token().await;
    }

    pub(super) fn wait(&self, why: String) {
        self.0.send_modify(|inner| inner.waits = Some(why));
    }

    pub(super) fn wait_over(&self) {
        self.0.send_modify(|inner| inner.waits = None);
    }

    /// An event could not be read.
    pub(super) fn unread(&self) {
        self.0.send_modify(|inner| inner.unread += 1);
    }

    pub(super) fn set(&self, state: LinkState) {
        self.0.send_modify(|inner| {
            if !inner.ended {
                inner.state = state;
            }
        });
    }

    /// Down, and for good.
    pub(super) fn end(&self) {
        self.0.send_modify(|inner| {
            inner.state = LinkState::Down;
            inner.ended = true;
        });
    }

    pub(super) fn acknowledged(&self) {
        self.0
            .send_modify(|inner| inner.acknowledged = Some(Instant::now()));
    }
}

#[cfg(test)]
impl Link {
    /// Waits until Baton waits; says why.
    pub(super) async fn until_it_waits(&self) -> String {
        let mut told = self.0.subscribe();
        let inner = told.wait_for(|inner| inner.waits.is_some()).await.unwrap();
        inner.waits.clone().unwrap()
    }
}
