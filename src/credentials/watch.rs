//! What others see of the accounts' logins, and how they wake who keeps them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::course::{Circuit, Course, Now, Renewer, Seen};
use crate::{
    clock::Millis,
    words::{SlotId, words},
};

words! {
    /// Whether somebody keeps a login alive.
    Keeping {
        /// It is watched, and renewed if that is Baton's to do.
        Running = "running",
        /// There is nothing to renew.
        Dormant = "dormant",
        /// Nobody does any more.
        Stopped = "stopped",
    }
}

/// How a login is. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Who renews it.
    pub renewer: Renewer,
    /// Whether somebody keeps it alive.
    pub keeping: Keeping,
    /// Whether there is one; `None` before the first look, and where it may be in a keychain.
    pub has_login: Option<bool>,
    /// When its access token runs out, if that is told.
    pub expires_at: Option<Millis>,
    /// Failures in a row to renew it.
    pub failures: u32,
    /// How many of them an earlier process has left.
    pub inherited_failures: u32,
    /// How many turns were refused for want of a login.
    pub refused: u64,
    /// Whether the service is asked.
    pub circuit: Circuit,
    /// When it was renewed last.
    pub renewed: Option<Millis>,
    /// What is wrong with it, for people.
    pub trouble: Option<String>,
}

impl Status {
    pub(super) fn of(course: &Course, now: Now, keeping: Keeping) -> Self {
        let saved = course.saved();
        let (has_login, expires_at) = match course.seen() {
            // It stands elsewhere.
            _ if course.renewer() == Renewer::Nobody => (Some(true), None),
            Seen::Tokens { expires_at, .. } | Seen::Lasting { expires_at } => {
                (Some(!course.is_dead()), *expires_at)
            }
            Seen::Nothing if cfg!(target_os = "macos") => (None, None),
            Seen::Nothing | Seen::Blanked | Seen::Refused(_) => (Some(false), None),
        };
        Self {
            renewer: course.renewer(),
            keeping,
            has_login,
            expires_at,
            failures: saved.failures,
            inherited_failures: course.inherited(),
            refused: saved.refused,
            circuit: course.circuit(now),
            renewed: saved.renewed,
            trouble: trouble(course),
        }
    }
}

fn trouble(course: &Course) -> Option<String> {
    if let Seen::Refused(why) = course.seen() {
        return Some(format!("its file is not read: {why}"));
    }
    if course.is_held() {
        return Some("its new tokens are in memory alone: do not stop Baton".to_owned());
    }
    if course.is_dead() || *course.seen() == Seen::Blanked {
        return Some("somebody has to log in again".to_owned());
    }
    if let Some((apart, is_ahead)) = course.skew() {
        let way = if is_ahead { "ahead of" } else { "behind" };
        let minutes = apart.as_secs() / 60;
        return Some(format!(
            "this machine's clock is {minutes} min {way} the service's"
        ));
    }
    course
        .is_doubtful()
        .then(|| "it is not known whether its last renewal was received".to_owned())
}

/// The logins of all accounts, as others see them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    seats: Arc<BTreeMap<SlotId, Arc<Seat>>>,
    /// Some program is to be woken.
    wakes: Arc<Notify>,
}

/// Where one account is seen and woken.
#[derive(Debug)]
pub(super) struct Seat {
    status: Mutex<Status>,
    refused: Mutex<u64>,
    pub(super) woken: Notify,
    /// Whether its program is to be woken, and what tells of that.
    wakes: (Mutex<bool>, Arc<Notify>),
}

impl Seat {
    fn new(renewer: Renewer, wakes: Arc<Notify>) -> Self {
        Self {
            status: Mutex::new(Status {
                renewer,
                keeping: Keeping::Stopped,
                has_login: None,
                expires_at: None,
                failures: 0,
                inherited_failures: 0,
                refused: 0,
                circuit: Circuit::Closed,
                renewed: None,
                trouble: None,
            }),
            refused: Mutex::new(0),
            woken: Notify::new(),
            wakes: (Mutex::new(false), wakes),
        }
    }

    /// Has the agent program told to look after its login.
    pub(super) fn wake_program(&self) {
        *self.wakes.0.lock() = true;
        self.wakes.1.notify_one();
    }

    pub(super) fn show(&self, status: Status) {
        *self.status.lock() = status;
    }

    /// How many turns were refused since this was asked last.
    pub(super) fn take_refused(&self) -> u64 {
        std::mem::take(&mut self.refused.lock())
    }
}

impl Watch {
    pub(super) fn over(slots: impl IntoIterator<Item = (SlotId, Renewer)>) -> Self {
        let wakes = Arc::new(Notify::new());
        let seat = |(slot, renewer)| (slot, Arc::new(Seat::new(renewer, Arc::clone(&wakes))));
        Self {
            seats: Arc::new(slots.into_iter().map(seat).collect()),
            wakes,
        }
    }

    pub(super) fn seat(&self, slot: &SlotId) -> Option<Arc<Seat>> {
        self.seats.get(slot).cloned()
    }

    /// How an account's login is; `None` if there is no such account.
    pub fn status(&self, slot: &SlotId) -> Option<Status> {
        self.seats.get(slot).map(|seat| seat.status.lock().clone())
    }

    /// All accounts with how their logins are, in the order of their names.
    pub fn all(&self) -> Vec<(SlotId, Status)> {
        let shown =
            |(slot, seat): (&SlotId, &Arc<Seat>)| (slot.clone(), seat.status.lock().clone());
        self.seats.iter().map(shown).collect()
    }

    /// A turn was refused for want of a login: who keeps it looks at it now.
    pub fn refused(&self, slot: &SlotId) {
        if let Some(seat) = self.seats.get(slot) {
            *seat.refused.lock() += 1;
            seat.woken.notify_one();
        }
    }

    /// Waits until agent programs are to be told to look after their logins, and says which accounts these are. There is
    /// one who waits.
    pub async fn to_be_woken(&self) -> Vec<SlotId> {
        loop {
            let wanted = |seat: &Arc<Seat>| std::mem::take(&mut *seat.wakes.0.lock());
            let slots = self.seats.iter().filter(|(_, seat)| wanted(seat));
            let slots: Vec<SlotId> = slots.map(|(slot, _)| slot.clone()).collect();
            if !slots.is_empty() {
                return slots;
            }
            self.wakes.notified().await;
        }
    }

    /// How long the access token still holds; `None` if that is not known or over.
    pub fn remaining(&self, slot: &SlotId, now: Millis) -> Option<Duration> {
        let at = self.status(slot)?.expires_at?;
        (at > now).then(|| at.since(now))
    }
}
