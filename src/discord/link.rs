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
    /// Since when events come.
    up_since: Option<Instant>,
    acknowledged: Option<Instant>,
    /// Sessions that were begun, and those that were taken up again.
    identified: u64,
    resumed: u64,
    /// Why nothing is done to be connected.
    waits: Option<String>,
    /// Why Discord may not know the commands as they are now.
    unregistered: Option<String>,
    unread: u64,
    late: u64,
    refusals: Refusals,
    /// Serenity's handlers may still be running when the connection has been given up.
    ended: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Inner {
            state: LinkState::Down,
            up_since: None,
            acknowledged: None,
            identified: 0,
            resumed: 0,
            waits: None,
            unregistered: None,
            unread: 0,
            late: 0,
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

    /// How long ago the gateway last gave a sign of life: an acknowledgement, or the greeting of the
    /// connection if none has come since.
    pub fn last_sign(&self) -> Option<std::time::Duration> {
        let inner = self.0.borrow();
        let last = inner.acknowledged.max(inner.up_since);
        last.map(|at| at.elapsed())
    }

    /// How many sessions were begun anew since the start (IDENTIFY).
    pub fn identified(&self) -> u64 {
        self.0.borrow().identified
    }

    /// How many sessions were taken up again since the start (RESUME).
    pub fn resumed(&self) -> u64 {
        self.0.borrow().resumed
    }

    /// Why Baton waits before it connects, if it does.
    pub fn waits(&self) -> Option<String> {
        self.0.borrow().waits.clone()
    }

    /// Why the slash commands are not registered, if that was tried in vain.
    pub fn unregistered(&self) -> Option<String> {
        self.0.borrow().unregistered.clone()
    }

    /// How many events since the start were of a kind that is wanted and could not be read.
    pub fn unreadable(&self) -> u64 {
        self.0.borrow().unread
    }

    /// How many commands and clicks since the start came too late to be answered.
    pub fn late(&self) -> u64 {
        self.0.borrow().late
    }

    /// How Discord treats what the server asks.
    pub fn treatment(&self) -> Treatment {
        self.0.borrow().refusals.treatment()
    }

    /// Waits until it is so.
    pub(super) async fn until(&self, state: LinkState) {
        let mut told = self.0.subscribe();
        // It cannot fail as long as this link is there.
        let _ = told.wait_for(|inner| inner.state == state).await;
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

    /// The commands are not registered, for this reason.
    pub(super) fn not_registered(&self, why: String) {
        self.0.send_modify(|inner| inner.unregistered = Some(why));
    }

    /// The commands are registered.
    pub(super) fn registered(&self) {
        self.0.send_modify(|inner| inner.unregistered = None);
    }

    /// An event could not be read.
    pub(super) fn unread(&self) {
        self.0.send_modify(|inner| inner.unread += 1);
    }

    /// A command or a click came too late.
    pub(super) fn note_late(&self) {
        self.0.send_modify(|inner| inner.late += 1);
    }

    pub(super) fn set(&self, state: LinkState) {
        self.0.send_modify(|inner| {
            if !inner.ended {
                inner.state = state;
                if state == LinkState::Up {
                    inner.up_since = Some(Instant::now());
                }
            }
        });
    }

    /// A session is begun.
    pub(super) fn note_identify(&self) {
        self.0.send_modify(|inner| inner.identified += 1);
    }

    /// A session was taken up again.
    pub(super) fn note_resume(&self) {
        self.0.send_modify(|inner| inner.resumed += 1);
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
    /// Events come.
    pub(crate) fn be_up(&self) {
        self.set(LinkState::Up);
    }

    /// The same, and there was no sign of life since.
    pub(crate) fn be_silent_for(&self, span: std::time::Duration) {
        self.be_up();
        let then = Instant::now().checked_sub(span);
        self.0.send_modify(|inner| inner.up_since = then);
    }

    /// Waits until events come.
    pub(super) async fn until_up(&self) {
        let mut told = self.0.subscribe();
        let up = told.wait_for(|inner| inner.state == LinkState::Up).await;
        up.unwrap();
    }

    /// Waits until the commands could not be registered; says why.
    pub(super) async fn until_unregistered(&self) -> String {
        let mut told = self.0.subscribe();
        let inner = told.wait_for(|inner| inner.unregistered.is_some());
        inner.await.unwrap().unregistered.clone().unwrap()
    }

    /// Waits until Baton waits; says why.
    pub(super) async fn until_it_waits(&self) -> String {
        let mut told = self.0.subscribe();
        let inner = told.wait_for(|inner| inner.waits.is_some()).await.unwrap();
        inner.waits.clone().unwrap()
    }
}
