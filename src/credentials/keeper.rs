//! Keeps the login of one account alive for as long as the server runs.

use std::{
    os::unix::fs::MetadataExt as _,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{
    Fingerprint,
    attempt::{self, Pending, Renewal, Tried, blocking},
    course::{Course, Ended, Now, Renewer, Saved, Seen, Step},
    file::{Look, free_on},
    news::Bearer,
    watch::{Keeping, Seat, Status},
};
use crate::{
    clock::Millis,
    observe::Lease,
    store::{LoginRow, StoreError},
};

/// How often it is looked whether somebody else has changed the file.
const GLANCE: Duration = Duration::from_secs(2);

/// The pause before what an earlier process knew is read again.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// A jump of the machine's time against the one that does not jump: it was asleep, or its clock was set.
const JUMP: Duration = Duration::from_mins(1);

/// The pauses before what is in memory alone is tried to be put on disk again; the last one holds from then on.
const STORE_AGAIN: [Duration; 6] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(16),
    Duration::from_secs(30),
];

/// The rules of keeping a login alive.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How often each login is looked at, give or take a fifth.
    pub tick: Duration,
    /// How long before its expiry it is renewed.
    pub ahead: Duration,
    /// With less free than so many bytes where the file lies, people are told.
    pub disk_low: u64,
}

/// Who keeps one login.
pub(super) struct Keeper {
    pub(super) renewal: Renewal,
    pub(super) rules: Rules,
    pub(super) renewer: Renewer,
    pub(super) seat: Arc<Seat>,
    pub(super) bearer: Bearer,
    /// Renewals, which outlive whoever waits for them.
    pub(super) under_way: TaskTracker,
}

/// What is known while it is kept.
struct Kept {
    course: Course,
    began: Instant,
    pending: Option<(Pending, usize)>,
    stamp: Option<Stamp>,
    /// What was stored last.
    saved: Option<Saved>,
    /// What stands in the file is shown to nobody.
    secret: Option<Lease>,
}

/// By what a file is known that nobody has changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    modified: Option<SystemTime>,
}

impl Keeper {
    /// Keeps it until the server ends.
    pub(super) async fn run(self, stop: CancellationToken) {
        let Some(mut kept) = self.begin(&stop).await else {
            return;
        };
        let mut is_first = true;
        loop {
            self.look(&mut kept).await;
            if std::mem::take(&mut is_first) {
                let now = self.now(&kept);
                self.bearer.tell(kept.course.over(now)).await;
            }
            if stop.is_cancelled() {
                break;
            }
            // What was seen is known to the next start before anything is done about it.
            self.save(&mut kept).await;
            self.act(&mut kept).await;
            self.save(&mut kept).await;
            let now = self.now(&kept);
            self.bearer.tell(kept.course.standing(now)).await;
            self.show(&kept, self.keeping(&kept.course));
            if !self.rest(&mut kept, &stop).await {
                break;
            }
        }
        if let Some((pending, _)) = kept.pending.take() {
            // The last try; a copy lies where another disk took it.
            let _ = self.renewal.try_again(pending).await;
        }
        self.show(&kept, Keeping::Stopped);
    }

    fn keeping(&self, course: &Course) -> Keeping {
        match (self.renewer, course.seen()) {
            (Renewer::Holds | Renewer::Nobody, _) | (_, Seen::Lasting { .. }) => Keeping::Dormant,
            (Renewer::Baton | Renewer::Program, _) => Keeping::Running,
        }
    }

    /// Nothing is done before it is known what an earlier process did; `None` if the server ends before.
    async fn begin(&self, stop: &CancellationToken) -> Option<Kept> {
        let saved = loop {
            match self.stored().await {
                Ok(saved) => break saved,
                Err(error) => {
                    tracing::warn!(%error, slot = %self.renewal.slot, "what was known of a login cannot be read; trying again");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(READ_AGAIN) => {}
            }
        };
        self.settle(&saved).await;
        Some(Kept {
            course: Course::new(self.renewer, self.rules.ahead, saved),
            began: Instant::now(),
            pending: None,
            stamp: None,
            saved: None,
            secret: None,
        })
    }

    /// What an earlier process knew. A renewal that it was cut off in may have used its token.
    async fn stored(&self) -> Result<Saved, StoreError> {
        let slot = &self.renewal.slot;
        let row = self.renewal.store.login(slot).await?;
        let cut_off = self.renewal.store.renewal_cut_off(slot).await?;
        let print = |bytes: Option<Vec<u8>>| bytes.and_then(|it| Fingerprint::stored(&it));
        Ok(Saved {
            print: print(row.print.clone()),
            due: row.due_at.map(Millis::new),
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            renewed: row.renewed_at.map(Millis::new),
            dead: print(row.dead),
            doubt: doubt(print(row.print), print(cut_off), print(row.doubt)),
            left_alone: row.left_alone.map(Millis::new),
            refused: u64::try_from(row.refused).unwrap_or(0),
        })
    }

    /// Stores the doubt that a cut renewal leaves, in its place. If that fails, the next start finds it again.
    async fn settle(&self, saved: &Saved) {
        let slot = &self.renewal.slot;
        let stored = async {
            let mut tx = self.renewal.store.write().await?;
            tx.save_login(slot, &row_of(saved)).await?;
            tx.settle_renewals(slot, self.renewal.clock.now()).await?;
            tx.commit().await
        };
        if let Err(error) = stored.await {
            tracing::warn!(%error, %slot, "what is known of a login could not be stored");
        }
    }

    fn now(&self, kept: &Kept) -> Now {
        Now {
            wall: self.renewal.clock.now(),
            mono: kept.began.elapsed(),
        }
    }

    /// Looks into the file, and at the room around it.
    async fn look(&self, kept: &mut Kept) {
        kept.stamp = self.stamp().await;
        for _ in 0..self.seat.take_refused() {
            kept.course.refused(self.now(kept));
        }
        if kept.pending.is_some() {
            return;
        }
        self.recover(kept).await;
        let file = self.renewal.file.clone();
        let looked = blocking(move || {
            let look = file.look();
            let was_open = matches!(look, Look::There { was_open: true, .. });
            let free = free_on(file.directory());
            (attempt::seen(&look), look.secrets(), was_open, free)
        });
        let Some((seen, secrets, was_open, free)) = looked.await else {
            return;
        };
        // Before anything is said of it.
        kept.secret = Some(self.renewal.secrets.learn(secrets));
        if was_open {
            tracing::warn!(path = %self.renewal.file.path().display(), "others could read a login; now they cannot");
        }
        let news = kept.course.saw(self.now(kept), seen);
        self.bearer.tell(news).await;
        if let Some(free) = free {
            self.bearer.disk(free, self.rules.disk_low).await;
        }
    }

    /// What an earlier process has left behind is put in place before anything else, also once its program has given
    /// the login up.
    async fn recover(&self, kept: &Kept) {
        if self.renewer != Renewer::Baton || !self.renewal.has_left().await {
            return;
        }
        if let Err(error) = self.renewal.recover(kept.course.saved().print).await {
            tracing::warn!(%error, slot = %self.renewal.slot, "what a renewal has left behind is not in place yet");
        }
    }

    async fn act(&self, kept: &mut Kept) {
        if kept.pending.is_some() {
            return self.store_again(kept).await;
        }
        match kept.course.step(self.now(kept)) {
            Step::Wait => {}
            Step::AskDate => {
                let date = self.renewal.wire.date(&self.renewal.endpoint.url).await;
                let news = kept.course.told_date(self.now(kept), date);
                self.bearer.tell(news).await;
            }
            Step::Wake => {
                self.seat.wake_program();
                let now = self.now(kept);
                kept.course.woke(now);
            }
            Step::Renew => self.renew(kept).await,
        }
    }

    async fn renew(&self, kept: &mut Kept) {
        let Seen::Tokens { print, .. } = kept.course.seen() else {
            return;
        };
        // In a task of its own: whoever stops waiting must not lose the answer.
        let (renewal, print) = (self.renewal.clone(), *print);
        let is_again = kept.course.is_doubtful();
        let came = self
            .under_way
            .spawn(async move { renewal.run(print, is_again).await })
            .await;
        let Ok(came) = came else {
            tracing::error!(slot = %self.renewal.slot, "a renewal has a fault");
            let doubt = Ended::Doubt("a fault of Baton's".to_owned());
            return self.ended(kept, doubt).await;
        };
        kept.pending = came.pending.map(|pending| (pending, 0));
        self.ended(kept, came.ended).await;
    }

    async fn ended(&self, kept: &mut Kept, ended: Ended) {
        let slot = &self.renewal.slot;
        match &ended {
            Ended::Renewed { .. } => tracing::info!(%slot, "the login was renewed"),
            Ended::Busy => tracing::debug!(%slot, "somebody else holds the locks of the login"),
            Ended::Changed(_)
            | Ended::NoRoom(_)
            | Ended::NotSent(_)
            | Ended::Doubt(_)
            | Ended::Refused { .. }
            | Ended::Dead
            | Ended::Held { .. } => tracing::warn!(%slot, ?ended, "the login was not renewed"),
        }
        let news = kept.course.ended(self.now(kept), ended, fraction());
        self.bearer.tell(news).await;
    }

    async fn store_again(&self, kept: &mut Kept) {
        let Some((pending, tries)) = kept.pending.take() else {
            return;
        };
        let (came, pending) = self.renewal.try_again(pending).await;
        kept.pending = pending.map(|pending| (pending, tries + 1));
        let news = match came {
            Tried::Refused(_) if kept.pending.is_some() => return,
            // It has fallen; a copy may lie elsewhere.
            Tried::Refused(why) => kept
                .course
                .let_go(self.now(kept), Seen::Refused(why), false),
            Tried::Stored(seen) => kept.course.let_go(self.now(kept), seen, true),
            Tried::Changed(seen) => kept.course.let_go(self.now(kept), seen, false),
        };
        self.bearer.tell(news).await;
    }

    /// Waits until there is something to look at; says whether the server goes on.
    async fn rest(&self, kept: &mut Kept, stop: &CancellationToken) -> bool {
        let tick = match &kept.pending {
            Some((_, tries)) => STORE_AGAIN[(*tries).min(STORE_AGAIN.len() - 1)],
            None => self.rules.tick.mul_f64(0.8 + 0.4 * fraction()),
        };
        let from = self.now(kept);
        let pause = kept.course.pauses_until(from);
        let pause = pause.map_or(tick, |at| at.saturating_sub(from.mono).min(tick));
        let until = Instant::now() + pause;
        loop {
            let glance = until.min(Instant::now() + GLANCE);
            tokio::select! {
                () = stop.cancelled() => return false,
                () = self.seat.woken.notified() => return true,
                () = tokio::time::sleep_until(glance) => {}
            }
            if Instant::now() >= until {
                return true;
            }
            if has_jumped(from, self.now(kept)) {
                kept.course.clock_was_set();
                return true;
            }
            if kept.pending.is_none() && self.stamp().await != kept.stamp {
                return true;
            }
        }
    }

    async fn stamp(&self) -> Option<Stamp> {
        let path = self.renewal.file.path();
        let found = blocking(move || std::fs::symlink_metadata(path).ok()).await??;
        Some(Stamp {
            inode: found.ino(),
            length: found.len(),
            modified: found.modified().ok(),
        })
    }

    async fn save(&self, kept: &mut Kept) {
        let saved = kept.course.saved();
        if kept.saved == Some(saved) {
            return;
        }
        let stored = async {
            let mut tx = self.renewal.store.write().await?;
            tx.save_login(&self.renewal.slot, &row_of(&saved)).await?;
            if !kept.course.is_held() {
                // What came of renewals stands in the login now.
                tx.settle_renewals(&self.renewal.slot, self.renewal.clock.now())
                    .await?;
            }
            tx.commit().await
        };
        match stored.await {
            Ok(()) => kept.saved = Some(saved),
            Err(error) => {
                tracing::warn!(%error, slot = %self.renewal.slot, "what is known of a login could not be stored");
            }
        }
    }

    fn show(&self, kept: &Kept, keeping: Keeping) {
        self.seat
            .show(Status::of(&kept.course, self.now(kept), keeping));
    }
}

/// Which of two tokens that may have been used is the one to be careful with: that of the login that was seen last.
fn doubt(
    last: Option<Fingerprint>,
    cut_off: Option<Fingerprint>,
    noted: Option<Fingerprint>,
) -> Option<Fingerprint> {
    match (cut_off, noted) {
        (Some(_), Some(noted)) if last == Some(noted) => Some(noted),
        (cut_off, noted) => cut_off.or(noted),
    }
}

/// Whether the machine's time has gone another way than time.
fn has_jumped(from: Now, to: Now) -> bool {
    let passed = to.mono.saturating_sub(from.mono);
    let shown = to.wall.since(from.wall);
    shown.abs_diff(passed) >= JUMP || from.wall.since(to.wall) >= JUMP
}

/// A number from 0 to 1: who failed together must not try again together.
fn fraction() -> f64 {
    f64::from(Uuid::new_v4().as_bytes()[0]) / 255.0
}

fn row_of(saved: &Saved) -> LoginRow {
    let bytes = |print: Option<Fingerprint>| print.map(|print| print.as_bytes().to_vec());
    LoginRow {
        print: bytes(saved.print),
        due_at: saved.due.map(Millis::get),
        dead: bytes(saved.dead),
        doubt: bytes(saved.doubt),
        failures: saved.failures.into(),
        renewed_at: saved.renewed.map(Millis::get),
        left_alone: saved.left_alone.map(Millis::get),
        refused: i64::try_from(saved.refused).unwrap_or(i64::MAX),
    }
}
