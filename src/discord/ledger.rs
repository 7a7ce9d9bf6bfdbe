//! How often the bot has introduced itself to the gateway, and when it may do so again.

use std::{fmt, time::Duration};

use super::{DiscordError, relay::StartLimit};
use crate::{
    clock::{Clock, Millis},
    store::{Identify, Store},
};

/// Discord allows 1,000 IDENTIFYs in 24 hours and then resets the token (events/gateway#identifying).
/// We stop before, so that an operator can still start by hand.
const ALLOWED: usize = 900;

const DAY: Duration = Duration::from_hours(24);

/// Starts that may be cut short in a row before the next one has to wait.
const FREE: usize = 3;

/// The first wait; it doubles.
const FIRST: Duration = Duration::from_secs(5);

/// The longest wait after crashes. A server that crashes at every start so comes to some 40 IDENTIFYs
/// a day.
const AFTER_CRASHES: Duration = Duration::from_hours(1);

/// The longest wait while the server is well and its sessions are ended: some 720 IDENTIFYs a day.
const AFTER_DISMISSALS: Duration = Duration::from_mins(2);

/// The window of `max_concurrency` (Discord: events/gateway#session-start-limit-object).
const WINDOW: Duration = Duration::from_secs(5);

/// Counts IDENTIFYs across restarts: a service manager that restarts a crashing server every few
/// seconds would use them up in hours.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) store: Store,
    pub(super) clock: Clock,
}

/// The next IDENTIFY has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) until: Millis,
    pub(super) why: Why,
}

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// So many starts in a row came to nothing.
    CutShort(usize),
    /// So many sessions in a row were ended soon, and not by us.
    Dismissed(usize),
    /// There were so many in a day.
    Enough(usize),
    /// Discord allows none at the moment.
    Discord,
    /// The one before was a moment ago.
    Breath,
}

impl Why {
    /// Whether an operator should hear of it.
    pub(super) const fn is_worth_a_word(self) -> bool {
        match self {
            Self::CutShort(_) | Self::Dismissed(_) | Self::Enough(_) | Self::Discord => true,
            Self::Breath => false,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutShort(count) => write!(
                f,
                "the last {count} connections to Discord were cut short, so the next one has to \
                 wait; look into the log for why Baton ended"
            ),
            Self::Dismissed(count) => write!(
                f,
                "Discord or the network has ended the last {count} connections soon after they \
                 began, so the next one has to wait a few minutes"
            ),
            Self::Enough(count) => write!(
                f,
                "Baton has connected to Discord {count} times in 24 hours, and at 1,000 Discord \
                 takes the token away; it waits until that is a day ago. Find out why it restarts"
            ),
            Self::Discord => write!(
                f,
                "Discord allows no new connection of this bot at the moment; Baton waits until it \
                 does. Find out what else uses the token"
            ),
            Self::Breath => write!(f, "the last connection to Discord was begun a moment ago"),
        }
    }
}

impl Ledger {
    /// What the next IDENTIFY has to wait for, if anything.
    pub(super) async fn due(&self, limit: StartLimit) -> Result<Option<Wait>, DiscordError> {
        let now = self.clock.now();
        let sent = self.store.identifies_since(now.before(DAY)).await?;
        Ok(wait(&sent, limit, now))
    }

    /// Notes one that is about to be sent.
    pub(super) async fn enter(&self) -> Result<(), DiscordError> {
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        tx.note_identify(now, now.before(DAY)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The session that the last one began has ended, and the server is there to see it.
    pub(super) async fn dismissed(&self) -> Result<(), DiscordError> {
        let mut tx = self.store.write().await?;
        tx.note_dismissal().await?;
        tx.commit().await?;
        Ok(())
    }

    /// The session that the last one began was a good one.
    pub(super) async fn lasted(&self) -> Result<(), DiscordError> {
        let mut tx = self.store.write().await?;
        tx.note_lasting().await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The decision, by what was sent in the last day, oldest first.
fn wait(sent: &[Identify], limit: StartLimit, now: Millis) -> Option<Wait> {
    if limit.remaining == 0 {
        let until = now.after(limit.reset_after.max(WINDOW));
        let why = Why::Discord;
        return Some(Wait { until, why });
    }
    // The clock may have been ahead when it was noted.
    let last = sent.last()?.at.min(now);
    let short = || sent.iter().rev().take_while(|one| !one.lasted);
    let dismissed = short().filter(|one| one.dismissed).count();
    let cut_short = short().count() - dismissed;
    let breath = WINDOW / u32::try_from(limit.concurrency.max(1)).unwrap_or(u32::MAX);
    let mut waits = vec![
        Wait {
            until: last.after(breath),
            why: Why::Breath,
        },
        Wait {
            until: last.after(pause(cut_short, AFTER_CRASHES)),
            why: Why::CutShort(cut_short),
        },
        Wait {
            until: last.after(pause(dismissed, AFTER_DISMISSALS)),
            why: Why::Dismissed(dismissed),
        },
    ];
    if sent.len() >= ALLOWED {
        waits.push(Wait {
            until: sent[sent.len() - ALLOWED].at.min(now).after(DAY),
            why: Why::Enough(sent.len()),
        });
    }
    waits
        .into_iter()
        .filter(|wait| wait.until > now)
        .max_by_key(|wait| wait.until)
}

fn pause(count: usize, longest: Duration) -> Duration {
    match u32::try_from(count.saturating_sub(FREE)) {
        Ok(0) => Duration::ZERO,
        Ok(n) => FIRST.saturating_mul(1 << (n - 1).min(16)).min(longest),
        Err(_) => longest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: StartLimit = StartLimit {
        remaining: 1_000,
        reset_after: DAY,
        concurrency: 1,
    };

    struct Book {
        ledger: Ledger,
        clock: Clock,
        _directory: tempfile::TempDir,
    }

    async fn book() -> Book {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::held_at(Millis::new(10 * 86_400_000));
        Book {
            ledger: Ledger {
                store: Store::open(directory.path()).await.unwrap(),
                clock: clock.clone(),
            },
            clock,
            _directory: directory,
        }
    }

    #[tokio::test]
    async fn a_server_that_crashes_at_every_start_identifies_fewer_than_sixty_times_a_day() {
        let book = book().await;
        let start = book.clock.now();
        let (mut identifies, mut said) = (0, None);
        while book.clock.now().since(start) < DAY {
            // Each turn is a start of its own: all it knows is in the database.
            let Some(wait) = book.ledger.due(PLENTY).await.unwrap() else {
                book.ledger.enter().await.unwrap();
                identifies += 1;
                book.clock.advance(Duration::from_secs(1));
                continue;
            };
            said = said.or(wait.why.is_worth_a_word().then(|| wait.why.to_string()));
            let left = wait.until.since(book.clock.now());
            assert!(!left.is_zero());
            book.clock.advance(left);
        }
        assert!((20..60).contains(&identifies), "{identifies}");
        let said = said.unwrap();
        assert!(said.starts_with("the last 4 connections"), "{said}");
    }

    #[tokio::test]
    async fn a_session_that_lasted_makes_the_next_start_free_again() {
        let book = book().await;
        for _ in 0..8 {
            book.ledger.enter().await.unwrap();
        }
        book.clock.advance(WINDOW);
        let wait = book.ledger.due(PLENTY).await.unwrap().unwrap();
        assert_eq!(wait.why, Why::CutShort(8));
        book.ledger.lasted().await.unwrap();
        assert_eq!(book.ledger.due(PLENTY).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_server_that_is_well_waits_minutes_and_not_an_hour_when_it_is_sent_away() {
        let book = book().await;
        for _ in 0..40 {
            book.ledger.enter().await.unwrap();
            book.ledger.dismissed().await.unwrap();
        }
        let wait = book.ledger.due(PLENTY).await.unwrap().unwrap();
        let until = book.clock.now().after(AFTER_DISMISSALS);
        assert_eq!((wait.until, wait.why), (until, Why::Dismissed(40)));
        book.clock.advance(AFTER_DISMISSALS);
        assert_eq!(book.ledger.due(PLENTY).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_nine_hundred_and_first_of_a_day_waits_until_the_first_is_a_day_ago() {
        let book = book().await;
        let first = book.clock.now();
        let mut tx = book.ledger.store.write().await.unwrap();
        for n in 0..ALLOWED {
            let at = first.after(Duration::from_millis(n as u64));
            tx.note_identify(at, Millis::new(0)).await.unwrap();
        }
        tx.note_lasting().await.unwrap();
        tx.commit().await.unwrap();
        book.clock.advance(Duration::from_mins(1));
        let wait = book.ledger.due(PLENTY).await.unwrap().unwrap();
        assert_eq!(
            wait,
            Wait {
                until: first.after(DAY),
                why: Why::Enough(ALLOWED)
            }
        );
        book.clock.advance(DAY);
        assert_eq!(book.ledger.due(PLENTY).await.unwrap(), None);
    }

    #[test]
    fn what_was_noted_while_the_clock_was_ahead_holds_nobody_up_for_longer() {
        let now = Millis::new(1_000_000);
        let ahead = [Identify {
            at: now.after(DAY),
            lasted: true,
            dismissed: false,
        }];
        let wait = wait(&ahead, PLENTY, now).unwrap();
        assert_eq!(wait.until, now.after(WINDOW));
    }

    #[test]
    fn what_discord_allows_is_kept_to() {
        let now = Millis::new(1_000_000);
        let none = StartLimit {
            remaining: 0,
            reset_after: Duration::from_secs(77),
            concurrency: 1,
        };
        let told = wait(&[], none, now).unwrap();
        assert_eq!(
            (told.until, told.why),
            (now.after(none.reset_after), Why::Discord)
        );
        let before = [Identify {
            at: now,
            lasted: true,
            dismissed: false,
        }];
        let breath = wait(&before, PLENTY, now).unwrap();
        assert_eq!((breath.until, breath.why), (now.after(WINDOW), Why::Breath));
        let many = StartLimit {
            concurrency: 5,
            ..PLENTY
        };
        let shorter = wait(&before, many, now).unwrap();
        assert_eq!(shorter.until, now.after(Duration::from_secs(1)));
    }
}
