//! The turnstile under a scheduler that tries out in which order threads may do what they do. Every
//! run of the scheduler is another order, by chance; the same turnstile, another lock.

use std::{
    collections::HashMap,
    panic,
    sync::{Arc, OnceLock, PoisonError, Weak},
};

use shuttle::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::*;
use crate::{
    admission::{Caps, Rules},
    clock::Millis,
    words::{ChannelId, SessionId, UserId},
};

const SLOTS: usize = 2;
const PEOPLE: u64 = 3;
const TIMES: usize = 300;

/// What can go wrong, in the words of whoever sees it.
const TOO_MANY: &str = "more work than there are slots";
const STUCK: &str = "somebody is stuck";
const TWICE: &str = "lost, or twice";

impl Lock for Mutex<Queue> {
    fn with<R>(&self, work: impl FnOnce(&mut Queue) -> R) -> R {
        work(&mut held(self))
    }
}

/// A lock that does not lock: two may change the queue at once, and one of the changes is lost.
struct Sieve(Mutex<Queue>);

impl Lock for Sieve {
    fn with<R>(&self, work: impl FnOnce(&mut Queue) -> R) -> R {
        let mut copy = held(&self.0).clone();
        thread::yield_now();
        let result = work(&mut copy);
        *held(&self.0) = copy;
        result
    }
}

/// What became of runs.
#[derive(Default)]
struct Tally {
    working: AtomicUsize,
    done: AtomicUsize,
    withdrawn: AtomicUsize,
    drivers: Mutex<Vec<thread::JoinHandle<()>>>,
}

/// Who panics with something in his hand has said why; those after him are not to say less.
fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drives each run in a thread of its own.
struct Hall<L: Lock> {
    tally: Arc<Tally>,
    itself: OnceLock<Weak<Turnstile<L, Self>>>,
    manners: Manners,
}

/// How a driver behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manners {
    /// He gives his slot back.
    Good,
    /// He gives it back twice, once behind the guard's back.
    Twice,
}

impl<L: Lock> Floor<L> for Hall<L> {
    fn is_open(&self) -> bool {
        true
    }

    fn start(&self, slot: Slot<L, Self>) {
        let tally = Arc::clone(&self.tally);
        let at_work = tally.working.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(at_work <= SLOTS, "{TOO_MANY}");
        let manners = self.manners;
        let turnstile = self.itself.get().and_then(Weak::upgrade);
        let own = Arc::clone(&self.tally);
        let driver = thread::spawn(move || {
            thread::yield_now();
            tally.done.fetch_add(1, Ordering::SeqCst);
            tally.working.fetch_sub(1, Ordering::SeqCst);
            if manners == Manners::Twice
                && let Some(turnstile) = turnstile
            {
                let run = slot.ticket().run;
                assert!(turnstile.with(|queue| queue.release(run)));
                turnstile.pump();
            }
            drop(slot);
        });
        held(&own.drivers).push(driver);
    }

    fn changed(&self) {}
}

fn ticket(person: u64) -> Ticket {
    Ticket {
        run: RunId::fresh(),
        session: SessionId::fresh(),
        person: UserId::new(person),
        channel: ChannelId::new(1),
        project: Arc::from("play"),
        expires_at: Millis::new(person.cast_signed()),
    }
}

fn turnstile<L: Lock>(lock: impl Fn(Queue) -> L, manners: Manners) -> Arc<Turnstile<L, Hall<L>>> {
    let caps = |active, queued| Caps { active, queued };
    let queue = Queue::new(Rules {
        all: caps(SLOTS, 100),
        person: caps(SLOTS, 100),
        projects: HashMap::new(),
    });
    let hall = Hall {
        tally: Arc::default(),
        itself: OnceLock::new(),
        manners,
    };
    let turnstile = Turnstile::new(lock(queue), hall);
    let itself = Arc::downgrade(&turnstile);
    assert!(turnstile.floor.itself.set(itself).is_ok());
    turnstile
}

/// People ask, change their minds, wait for too long; runs work and end. In the end everything that
/// was asked has ended once, and the queue is empty.
fn a_day<L: Lock>(lock: impl Fn(Queue) -> L, manners: Manners) {
    let turnstile = turnstile(lock, manners);
    let tally = Arc::clone(&turnstile.floor.tally);
    let threads: Vec<_> = (0..PEOPLE)
        .map(|person| {
            let turnstile = Arc::clone(&turnstile);
            let tally = Arc::clone(&tally);
            thread::spawn(move || {
                // Stored, and then maybe taken back.
                let run = turnstile.reserve(ticket(person)).unwrap().confirm();
                if turnstile.with(|queue| queue.withdraw(run)).is_some() {
                    tally.withdrawn.fetch_add(1, Ordering::SeqCst);
                    turnstile.pump();
                }
                // It could not be stored.
                drop(turnstile.reserve(ticket(person)).unwrap());
                let place = turnstile.reserve(ticket(person)).unwrap();
                thread::yield_now();
                place.confirm();
            })
        })
        .collect();
    let expired = turnstile.with(|queue| queue.expire(Millis::new(1))).len();
    tally.withdrawn.fetch_add(expired, Ordering::SeqCst);
    turnstile.pump();
    for thread in threads {
        thread.join().unwrap();
    }
    // Nobody does anything any more but those who drive runs, and they pull the others in.
    let asked = usize::try_from(PEOPLE).unwrap() * 2;
    loop {
        let driver = held(&tally.drivers).pop();
        let Some(driver) = driver else { break };
        driver.join().unwrap();
    }
    let left = turnstile.with(|queue| (queue.active(), queue.waiting()));
    assert_eq!(left, (0, 0), "{STUCK}");
    let ended = [&tally.done, &tally.withdrawn].map(|count| count.load(Ordering::SeqCst));
    assert_eq!(ended.iter().sum::<usize>(), asked, "{TWICE}");
}

#[test]
fn in_whatever_order_threads_meet_every_run_ends_once_and_slots_are_not_exceeded() {
    shuttle::check_random(|| a_day(Mutex::new, Manners::Good), TIMES);
    shuttle::check_pct(|| a_day(Mutex::new, Manners::Good), TIMES, 3);
}

#[test]
fn a_lock_that_does_not_lock_would_be_seen() {
    let day = || a_day(|queue| Sieve(Mutex::new(queue)), Manners::Good);
    let seen = panic::catch_unwind(|| shuttle::check_random(day, TIMES)).unwrap_err();
    let told = seen
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| seen.downcast_ref::<&str>().map(ToString::to_string));
    let told = told.unwrap_or_default();
    assert!(
        [TOO_MANY, STUCK, TWICE]
            .iter()
            .any(|fault| told.contains(fault)),
        "{told}"
    );
}

#[test]
fn a_slot_that_is_given_back_twice_frees_nobody_elses() {
    shuttle::check_random(|| a_day(Mutex::new, Manners::Twice), TIMES);
}
