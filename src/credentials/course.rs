//! When the tokens of an account are to be renewed, and what follows from what came of it: pure, so that every
//! order of events can be tried.

use std::time::Duration;

use super::Fingerprint;
use crate::{clock::Millis, words::words};

/// The pauses after the first, second, … failure in a row; the last one holds from then on.
const PAUSES: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(2),
    Duration::from_mins(4),
    Duration::from_mins(8),
    Duration::from_mins(10),
];

/// So many failures in a row open the circuit.
const OPENS: u32 = 10;

/// How often an open circuit lets one attempt through.
const HALF_OPEN: Duration = Duration::from_mins(30);

/// After so many failures in a row people are told, each time more urgently.
pub const TIERS: [u32; 3] = [3, 7, 10];

/// A token that may have been used is used once more when the access token holds no longer than this: then nothing is
/// left to lose.
const NOTHING_TO_LOSE: Duration = Duration::from_mins(10);

/// How far the clocks of the service and of this machine may be apart.
const SKEW: Duration = Duration::from_mins(30);

/// How often the service is asked what time it is while they are further apart.
const ASK_DATE: Duration = Duration::from_mins(30);

/// How long an agent program that was told to look after its login is left in peace.
const WAKE_AGAIN: Duration = Duration::from_mins(30);

/// After so long locks are tried again that somebody else held.
const BUSY: Duration = Duration::from_secs(30);

/// Whose locks are waited for longer than this, of that people are told.
const STUCK: Duration = Duration::from_mins(5);

/// A turn that is refused so soon after a renewal was under way before it.
const MOMENT: Duration = Duration::from_mins(2);

/// How long a renewal is not repeated that was to help a turn that was refused, and did not.
const HELPED: Duration = Duration::from_mins(30);

/// So long before its end people are told of a token that nobody renews.
const ENDS_SOON: Duration = Duration::from_hours(7 * 24);

/// Why a login is lost whose refresh token was refused for good.
const REFUSED: &str = "the service takes its refresh token no more";
const BLANKED: &str = "its program was told that it holds no more";

/// A moment, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// The machine's time, which may jump.
    pub wall: Millis,
    /// Time since the start, which does not.
    pub mono: Duration,
}

/// Who renews an account's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewer {
    /// Baton.
    Baton,
    /// The agent program.
    Program,
    /// Nobody: what stands in its file holds for long.
    Holds,
    /// Nobody: a key that stands elsewhere is used instead of its file.
    Nobody,
}

/// What stands in an account's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// No login.
    Nothing,
    /// One that the program has given up.
    Blanked,
    /// A key, or a token that cannot be renewed.
    Lasting {
        /// When it runs out.
        expires_at: Option<Millis>,
    },
    /// Tokens.
    Tokens {
        /// By what they are known again.
        print: Fingerprint,
        /// When the access token runs out.
        expires_at: Option<Millis>,
    },
    /// Something that is not read.
    Refused(String),
}

impl Seen {
    const fn print(&self) -> Option<Fingerprint> {
        match self {
            Self::Tokens { print, .. } => Some(*print),
            Self::Nothing | Self::Blanked | Self::Lasting { .. } | Self::Refused(_) => None,
        }
    }

    const fn expires_at(&self) -> Option<Millis> {
        match self {
            Self::Tokens { expires_at, .. } | Self::Lasting { expires_at } => *expires_at,
            Self::Nothing | Self::Blanked | Self::Refused(_) => None,
        }
    }

    const fn is_login(&self) -> bool {
        matches!(self, Self::Tokens { .. } | Self::Lasting { .. })
    }
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody else holds the locks.
    Busy,
    /// The file is another one than before.
    Changed(Seen),
    /// What would come could not be kept, so nothing was asked for.
    NoRoom(String),
    /// Nothing was sent.
    NotSent(String),
    /// The token may have been used.
    Doubt(String),
    /// The service refuses for now.
    Refused {
        /// The status of HTTP.
        status: u16,
        /// How long it wants to be left alone.
        after: Option<Duration>,
        /// When it says that it is.
        date: Option<Millis>,
    },
    /// The service takes this token no more, ever.
    Dead,
    /// New tokens are on disk.
    Renewed {
        /// They.
        seen: Seen,
        /// When the service says that it is.
        date: Option<Millis>,
    },
    /// There are new tokens, and the disk does not take them.
    Held {
        /// When the service says that it is.
        date: Option<Millis>,
        /// What the disk says.
        why: String,
    },
}

/// What people should know of. That something is over is told whether or not they knew of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// So many attempts in a row have failed; one of [`TIERS`].
    Fails(u32, String),
    /// They do not any more.
    Works,
    /// Somebody has to log in.
    Lost(&'static str),
    /// Somebody has.
    Back,
    /// It is not known whether the token was used; it is tried again at this time.
    Doubtful(Option<Millis>, String),
    /// That is settled.
    Settled,
    /// New tokens are in memory alone.
    Held(String),
    /// They are on disk.
    Stored,
    /// There is no room for new tokens.
    NoRoom(String),
    /// There is.
    Room,
    /// The clocks are apart: by so much, and whether this machine's is ahead.
    Skewed(Duration, bool),
    /// They agree.
    Agree,
    /// Somebody holds the locks, and does not let go.
    Stuck,
    /// Somebody did.
    Free,
    /// What nobody renews ends at this time.
    EndsSoon(Millis),
    /// It holds for longer.
    LastsOn,
    /// The file is not read, and why.
    Unread(String),
    /// It is.
    Read,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Renew.
    Renew,
    /// Have the agent program look after it.
    Wake,
    /// Ask the service what time it is.
    AskDate,
    /// Nothing.
    Wait,
}

words! {
    /// Whether the service is asked at all.
    Circuit {
        /// It is.
        Closed = "closed",
        /// Too many attempts have failed: it is left alone for a while.
        Open = "open",
        /// One attempt is let through.
        HalfOpen = "half-open",
    }
}

/// What outlives the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The login that was seen last.
    pub print: Option<Fingerprint>,
    /// When it is to be renewed.
    pub due: Option<Millis>,
    /// Failures in a row.
    pub failures: u32,
    /// When tokens were renewed last.
    pub renewed: Option<Millis>,
    /// The token that the service takes no more.
    pub dead: Option<Fingerprint>,
    /// The token that may have been used.
    pub doubt: Option<Fingerprint>,
    /// Until when the service wants to be left alone.
    pub left_alone: Option<Millis>,
    /// How often the account was refused to a turn.
    pub refused: u64,
}

/// The course of one account.
#[derive(Clone, Debug)]
pub struct Course {
    renewer: Renewer,
    ahead: Duration,
    seen: Seen,
    /// Nobody has looked yet.
    is_unseen: bool,
    saved: Saved,
    /// How many failures an earlier process has left.
    inherited: u32,
    not_before: Option<Duration>,
    /// The token with which a turn was refused.
    woken: Option<Fingerprint>,
    /// When a token was renewed because a turn was refused.
    helped: Option<Duration>,
    clocks: Clocks,
    is_held: bool,
    busy_since: Option<Duration>,
    /// Why tokens were not renewed, the last time.
    last_failure: Option<String>,
}

/// How the machine's clock and the service's stand.
#[derive(Clone, Copy, Debug, Default)]
struct Clocks {
    /// How far they are apart, and whether the machine's is ahead, if that is too far.
    skew: Option<(Duration, bool)>,
    /// When the service was asked last.
    asked: Option<Duration>,
    /// The machine's was set, and nobody has looked whether it is right now.
    is_set: bool,
    /// They were seen to agree since the start.
    has_agreed: bool,
}

impl Course {
    /// An account whose tokens are renewed `ahead` of their expiry.
    pub fn new(renewer: Renewer, ahead: Duration, saved: Saved) -> Self {
        Self {
            renewer,
            ahead,
            seen: Seen::Nothing,
            is_unseen: true,
            saved,
            inherited: saved.failures,
            not_before: None,
            woken: None,
            helped: None,
            clocks: Clocks::default(),
            is_held: false,
            busy_since: None,
            last_failure: None,
        }
    }

    /// What is to be done.
    pub fn step(&self, now: Now) -> Step {
        match self.renewer {
            Renewer::Baton => {}
            Renewer::Program if self.may_renew(now) && self.has_run_out(now) => return Step::Wake,
            Renewer::Program | Renewer::Holds | Renewer::Nobody => return Step::Wait,
        }
        if self.is_held {
            return Step::Wait;
        }
        if self.clocks.skew.is_some() || self.clocks.is_set {
            let is_time = |asked: Duration| now.mono >= asked + ASK_DATE;
            return match self.clocks.asked {
                Some(asked) if !is_time(asked) => Step::Wait,
                Some(_) | None => Step::AskDate,
            };
        }
        if self.may_renew(now) && self.is_due(now) {
            Step::Renew
        } else {
            Step::Wait
        }
    }

    fn may_renew(&self, now: Now) -> bool {
        let Some(print) = self.seen.print() else {
            return false;
        };
        // A time that lies further ahead than any service may ask for is from a clock that has jumped.
        let is_left_alone = self.saved.left_alone.is_some_and(|until| {
            until > now.wall && until.since(now.wall) <= Duration::from_hours(24)
        });
        let is_paused = self.not_before.is_some_and(|at| at > now.mono);
        self.saved.dead != Some(print) && !is_left_alone && !is_paused
    }

    /// A program renews by itself before that, if it runs.
    fn has_run_out(&self, now: Now) -> bool {
        let is_woken = self.woken.is_some() && self.woken == self.seen.print();
        is_woken || self.seen.expires_at().is_some_and(|at| at <= now.wall)
    }

    fn is_due(&self, now: Now) -> bool {
        let print = self.seen.print();
        let is_woken = self.woken.is_some() && self.woken == print;
        if self.saved.doubt.is_some() && self.saved.doubt == print {
            return is_woken || self.last_moment().is_some_and(|last| last <= now.wall);
        }
        is_woken || self.saved.due.is_some_and(|due| due <= now.wall)
    }

    /// Somebody looked into the file.
    pub fn saw(&mut self, now: Now, seen: Seen) -> Vec<News> {
        let is_first = self.is_unseen;
        self.is_unseen = false;
        let is_other = seen.is_login() && seen.print() != self.saved.print;
        // The first look after a restart finds what was decided on before.
        let is_known = is_first && !is_other && self.saved.due.is_some();
        if seen != self.seen && !is_known {
            self.saved.due = seen.expires_at().map(|at| self.due(now, at));
        }
        let mut news = self.news_of(&seen);
        let ended = self.ends_soon(now);
        self.seen = seen;
        if ended.is_some() && self.ends_soon(now).is_none() {
            news.push(News::LastsOn);
        }
        if is_other {
            self.begins_anew(&mut news);
        }
        if is_first {
            self.goes_on(&mut news);
        }
        // Whoever looks after a key looks after it elsewhere.
        if self.renewer == Renewer::Nobody {
            news.clear();
        }
        news
    }

    /// What is news in what stands in the file now.
    fn news_of(&self, seen: &Seen) -> Vec<News> {
        let mut news = Vec::new();
        match (&self.seen, seen) {
            (before, Seen::Refused(why)) if before != seen => news.push(News::Unread(why.clone())),
            (Seen::Refused(_), now) if !matches!(now, Seen::Refused(_)) => news.push(News::Read),
            _ => {}
        }
        let had_login = self.saved.print.is_some() || self.seen.is_login();
        if *seen == Seen::Blanked && self.seen != Seen::Blanked {
            news.push(News::Lost(BLANKED));
        } else if *seen == Seen::Nothing && self.seen != Seen::Nothing && had_login {
            news.push(News::Lost("its file is gone"));
        } else if seen.is_login() && !self.seen.is_login() && seen.print() != self.saved.dead {
            news.push(News::Back);
        }
        news
    }

    /// What a process before this one has left in the dark.
    fn goes_on(&self, news: &mut Vec<News>) {
        if self.is_dead() {
            news.push(News::Lost(REFUSED));
        }
        if self.is_doubtful() {
            let why = "Baton was ended in the middle of it".to_owned();
            news.push(News::Doubtful(self.last_moment(), why));
        }
    }

    /// There is another login than before: what was held against the old one is over.
    fn begins_anew(&mut self, news: &mut Vec<News>) {
        let print = self.seen.print();
        self.saved.print = print;
        // What an earlier process knew of this very one, which it may have had no time to note as seen, holds on.
        self.saved.dead = self.saved.dead.filter(|dead| Some(*dead) == print);
        self.saved.doubt = self.saved.doubt.filter(|doubt| Some(*doubt) == print);
        self.woken = None;
        self.helped = None;
        self.busy_since = None;
        self.works();
        news.extend([
            News::Back,
            News::Settled,
            News::Works,
            News::Room,
            News::Free,
        ]);
    }

    /// When a token is used once more that may have been used.
    fn last_moment(&self) -> Option<Millis> {
        let expires_at = self.seen.expires_at()?;
        Some(expires_at.before(NOTHING_TO_LOSE))
    }

    /// When tokens are renewed that run out then: never before half of what is left of their life is over.
    fn due(&self, now: Now, expires_at: Millis) -> Millis {
        let half = expires_at.since(now.wall) / 2;
        expires_at.before(self.ahead.min(half))
    }

    const fn works(&mut self) {
        self.saved.failures = 0;
        self.inherited = 0;
        self.saved.left_alone = None;
        self.not_before = None;
    }

    /// The agent program was told to look after its login. If that comes to nothing it is told again, but not at once.
    pub fn woke(&mut self, now: Now) {
        self.woken = None;
        self.not_before = Some(now.mono + WAKE_AGAIN);
    }

    /// A turn was refused for want of a login. Soon after a renewal it may have begun with the tokens before; and tokens
    /// that are refused again although they were renewed for that very reason are not renewed with each turn.
    pub fn refused(&mut self, now: Now) {
        self.saved.refused = self.saved.refused.saturating_add(1);
        let renewed = self.saved.renewed.filter(|at| *at <= now.wall);
        let is_helped = self.helped.is_some_and(|at| now.mono < at + HELPED);
        if !is_helped && renewed.is_none_or(|at| now.wall.since(at) >= MOMENT) {
            self.woken = self.seen.print();
        }
    }

    /// An attempt has ended. `jitter` is from 0 to 1.
    pub fn ended(&mut self, now: Now, ended: Ended, jitter: f64) -> Vec<News> {
        if ended == Ended::Busy {
            return self.was_busy(now);
        }
        let mut news = Vec::new();
        if self.busy_since.take().is_some() {
            news.push(News::Free);
        }
        let is_for_a_turn = self.woken.is_some();
        match ended {
            Ended::Busy => {}
            Ended::Changed(seen) => news.extend(self.saw(now, seen)),
            Ended::NoRoom(why) => news.push(News::NoRoom(why)),
            Ended::NotSent(why) => news.extend(self.failed(now, jitter, why)),
            Ended::Doubt(why) => {
                self.saved.doubt = self.seen.print();
                self.woken = None;
                news.push(News::Doubtful(self.last_moment(), why.clone()));
                news.extend(self.failed(now, jitter, why));
            }
            Ended::Refused {
                status,
                after,
                date,
            } => {
                // Of a request before this one, which may have been received, that says nothing.
                self.saved.left_alone = after.map(|after| now.wall.after(after));
                news.extend(self.failed(now, jitter, format!("the service answered {status}")));
                news.extend(self.told_date(now, date));
            }
            Ended::Dead => {
                self.saved.dead = self.seen.print();
                self.saved.doubt = None;
                self.woken = None;
                news.push(News::Lost(REFUSED));
            }
            Ended::Renewed { seen, date } => {
                news.extend(self.saw(now, seen));
                self.is_renewed(now);
                self.helped = is_for_a_turn.then_some(now.mono);
                news.extend([News::Settled, News::Works, News::Stored, News::Room]);
                news.extend(self.told_date(now, date));
            }
            Ended::Held { date, why } => {
                self.is_held = true;
                news.push(News::Held(why));
                news.extend(self.told_date(now, date));
            }
        }
        news
    }

    fn was_busy(&mut self, now: Now) -> Vec<News> {
        let since = *self.busy_since.get_or_insert(now.mono);
        self.not_before = Some(now.mono + BUSY);
        if now.mono.saturating_sub(since) >= STUCK {
            vec![News::Stuck]
        } else {
            Vec::new()
        }
    }

    /// What was in memory alone is on disk, or somebody else has written another login.
    pub fn let_go(&mut self, now: Now, seen: Seen, is_ours: bool) -> Vec<News> {
        self.is_held = false;
        let mut news = self.saw(now, seen);
        if is_ours {
            self.is_renewed(now);
        }
        news.push(News::Stored);
        news
    }

    /// There are new tokens; also if their refresh token is the one before.
    const fn is_renewed(&mut self, now: Now) {
        self.saved.renewed = Some(now.wall);
        self.saved.doubt = None;
        self.woken = None;
        self.works();
    }

    fn failed(&mut self, now: Now, jitter: f64, why: String) -> Vec<News> {
        self.last_failure = Some(why.clone());
        self.saved.failures = self.saved.failures.saturating_add(1);
        let failures = self.saved.failures;
        let pause = if failures >= OPENS {
            HALF_OPEN
        } else {
            let nth = usize::try_from(failures - 1).unwrap_or(usize::MAX);
            PAUSES[nth.min(PAUSES.len() - 1)]
        };
        self.not_before = Some(now.mono + pause.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0)));
        if TIERS.contains(&failures) {
            vec![News::Fails(failures, why)]
        } else {
            Vec::new()
        }
    }

    /// The service has told what time it is.
    pub fn told_date(&mut self, now: Now, date: Option<Millis>) -> Vec<News> {
        self.clocks.asked = Some(now.mono);
        self.clocks.is_set = false;
        let Some(date) = date else { return Vec::new() };
        let is_ahead = now.wall > date;
        let apart = now.wall.since(date).max(date.since(now.wall));
        let was = self.clocks.skew.take();
        if apart > SKEW {
            self.clocks.skew = Some((apart, is_ahead));
            return if was.is_none() {
                vec![News::Skewed(apart, is_ahead)]
            } else {
                Vec::new()
            };
        }
        if was.is_some() && self.seen.print().is_some() {
            // What was renewed meanwhile runs out when nobody knows.
            self.saved.due = Some(now.wall);
        }
        let is_news = was.is_some() || !self.clocks.has_agreed;
        self.clocks.has_agreed = true;
        is_news.then_some(News::Agree).into_iter().collect()
    }

    /// What is so at this moment and people should know of: that it was told once may have come to nothing, and what
    /// lasts is told again.
    pub fn standing(&self, now: Now) -> Vec<News> {
        let mut news = Vec::new();
        if self.renewer == Renewer::Nobody {
            return news;
        }
        if self.is_dead() {
            news.push(News::Lost(REFUSED));
        } else if self.seen == Seen::Blanked {
            news.push(News::Lost(BLANKED));
        }
        if let Seen::Refused(why) = &self.seen {
            news.push(News::Unread(why.clone()));
        }
        if self.is_doubtful() {
            let why = "its last renewal may have been received".to_owned();
            news.push(News::Doubtful(self.last_moment(), why));
        }
        if let Some(at) = self.ends_soon(now) {
            news.push(News::EndsSoon(at));
        }
        if self.is_held {
            news.push(News::Held("the disk does not take them".to_owned()));
        }
        if let Some((apart, is_ahead)) = self.clocks.skew {
            news.push(News::Skewed(apart, is_ahead));
        }
        if let Some(why) = (self.last_failure.clone()).filter(|_| self.saved.failures >= TIERS[0]) {
            news.push(News::Fails(self.saved.failures, why));
        }
        news
    }

    /// When a token ends that nobody renews, if that is soon or over.
    fn ends_soon(&self, now: Now) -> Option<Millis> {
        let lasting = match &self.seen {
            Seen::Lasting { expires_at } => *expires_at,
            Seen::Tokens { expires_at, .. } if self.renewer == Renewer::Holds => *expires_at,
            Seen::Nothing | Seen::Blanked | Seen::Tokens { .. } | Seen::Refused(_) => None,
        };
        lasting.filter(|at| at.before(ENDS_SOON) <= now.wall)
    }

    /// What is not so, whatever the process before has told people.
    pub fn over(&self, now: Now) -> Vec<News> {
        let is_refused = matches!(self.seen, Seen::Refused(_));
        [
            (self.seen.is_login() && !self.is_dead(), News::Back),
            (!is_refused, News::Read),
            (!self.is_doubtful(), News::Settled),
            (!self.is_held, News::Stored),
            (self.ends_soon(now).is_none(), News::LastsOn),
            (self.saved.failures == 0, News::Works),
        ]
        .into_iter()
        .filter_map(|(is_over, news)| is_over.then_some(news))
        .collect()
    }

    /// When something may be done again that has to wait now, by the time that does not jump.
    pub fn pauses_until(&self, now: Now) -> Option<Duration> {
        let left_alone = self
            .saved
            .left_alone
            .map(|at| now.mono + at.since(now.wall));
        let after_all = [self.not_before, left_alone].into_iter().flatten().max();
        after_all.filter(|at| *at > now.mono)
    }

    /// Who renews it.
    pub const fn renewer(&self) -> Renewer {
        self.renewer
    }

    /// The machine's clock was set: the service is asked for its time before anything is renewed.
    pub const fn clock_was_set(&mut self) {
        self.clocks.asked = None;
        self.clocks.is_set = true;
    }

    /// What outlives the process.
    pub const fn saved(&self) -> Saved {
        self.saved
    }

    /// What stands in the file, as it was seen last.
    pub const fn seen(&self) -> &Seen {
        &self.seen
    }

    /// How many failures in a row an earlier process has left.
    pub const fn inherited(&self) -> u32 {
        self.inherited
    }

    /// Whether new tokens are in memory alone.
    pub const fn is_held(&self) -> bool {
        self.is_held
    }

    /// How far the clocks are apart, if it is too far.
    pub const fn skew(&self) -> Option<(Duration, bool)> {
        self.clocks.skew
    }

    /// Whether the service is asked.
    pub fn circuit(&self, now: Now) -> Circuit {
        if self.saved.failures < OPENS {
            Circuit::Closed
        } else if self.not_before.is_some_and(|at| at > now.mono) {
            Circuit::Open
        } else {
            Circuit::HalfOpen
        }
    }

    /// Whether the service takes the login no more.
    pub fn is_dead(&self) -> bool {
        self.saved.dead.is_some() && self.saved.dead == self.seen.print()
    }

    /// Whether it is not known if the token was used.
    pub fn is_doubtful(&self) -> bool {
        self.saved.doubt.is_some() && self.saved.doubt == self.seen.print()
    }
}

#[cfg(test)]
mod tests;
