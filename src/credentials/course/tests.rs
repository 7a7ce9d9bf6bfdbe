#![expect(
    clippy::unchecked_time_subtraction,
    reason = "hours are longer than minutes"
)]

use proptest::prelude::*;
use secrecy::SecretString;

use super::*;

const AHEAD: Duration = Duration::from_hours(4);
const MINUTE: Duration = Duration::from_mins(1);

fn print(n: u32) -> Fingerprint {
    Fingerprint::of(&SecretString::from(format!("token {n}")))
}

/// A moment so long after the start of the test; both clocks agree.
fn at(after: Duration) -> Now {
    Now {
        wall: Millis::new(1_700_000_000_000).after(after),
        mono: after,
    }
}

fn tokens(n: u32, expires_after: Duration) -> Seen {
    Seen::Tokens {
        print: print(n),
        expires_at: Some(at(expires_after).wall),
    }
}

fn hours(n: u64) -> Duration {
    Duration::from_hours(n)
}

fn course() -> Course {
    Course::new(Renewer::Baton, AHEAD, Saved::default())
}

/// One that has tokens for eight hours.
fn with_tokens() -> Course {
    let mut course = course();
    course.saw(at(Duration::ZERO), tokens(1, hours(8)));
    course
}

fn not_sent() -> Ended {
    Ended::NotSent("no connection".to_owned())
}

fn doubt() -> Ended {
    Ended::Doubt("it took too long".to_owned())
}

const fn answered(status: u16, after: Option<Duration>) -> Ended {
    Ended::Refused {
        status,
        after,
        date: None,
    }
}

#[test]
fn tokens_are_renewed_four_hours_before_they_run_out() {
    let course = with_tokens();
    assert_eq!(course.step(at(hours(4) - MINUTE)), Step::Wait);
    assert_eq!(course.step(at(hours(4))), Step::Renew);
    assert_eq!(course.step(at(hours(99))), Step::Renew);
}

#[test]
fn tokens_that_live_less_than_twice_as_long_are_renewed_when_half_of_it_is_over() {
    let mut course = course();
    course.saw(at(Duration::ZERO), tokens(1, hours(1)));
    assert_eq!(course.step(at(29 * MINUTE)), Step::Wait);
    assert_eq!(course.step(at(30 * MINUTE)), Step::Renew);
    course.saw(at(hours(9)), tokens(2, hours(9)));
    assert_eq!(
        course.step(at(hours(9))),
        Step::Renew,
        "they have run out already"
    );
}

#[test]
fn what_is_no_login_or_not_batons_to_renew_is_let_be() {
    let late = at(hours(99));
    for seen in [
        Seen::Nothing,
        Seen::Blanked,
        Seen::Lasting {
            expires_at: Some(Millis::new(0)),
        },
        Seen::Refused("a link".to_owned()),
        Seen::Tokens {
            print: print(1),
            expires_at: None,
        },
    ] {
        let mut course = course();
        course.saw(at(Duration::ZERO), seen.clone());
        assert_eq!(course.step(late), Step::Wait, "{seen:?}");
    }
    let mut keyed = Course::new(Renewer::Nobody, AHEAD, Saved::default());
    keyed.saw(late, tokens(1, hours(8)));
    assert_eq!(keyed.saw(late, Seen::Blanked), []);
    let mut keyed = Course::new(Renewer::Nobody, AHEAD, Saved::default());
    keyed.saw(at(Duration::ZERO), tokens(1, hours(8)));
    keyed.refused(late);
    assert_eq!(keyed.step(late), Step::Wait);
}

#[test]
fn a_program_is_woken_when_its_login_has_run_out_or_is_refused_and_not_again_for_half_an_hour() {
    let mut course = Course::new(Renewer::Program, AHEAD, Saved::default());
    course.saw(at(Duration::ZERO), tokens(1, hours(8)));
    assert_eq!(course.step(at(hours(8) - MINUTE)), Step::Wait);
    let mut now = hours(8);
    for _ in 0..3 {
        assert_eq!(course.step(at(now)), Step::Wake);
        course.woke(at(now));
        assert_eq!(course.step(at(now + 29 * MINUTE)), Step::Wait);
        now += 30 * MINUTE;
    }
    course.saw(at(now), tokens(2, now + hours(8)));
    assert_eq!(course.step(at(now)), Step::Wait);
    course.refused(at(now));
    assert_eq!(course.step(at(now)), Step::Wake);
    course.woke(at(now));
    assert_eq!(course.step(at(now + 30 * MINUTE)), Step::Wait);
}

#[test]
fn after_failures_it_waits_longer_and_longer_and_people_are_told_thrice() {
    let mut course = with_tokens();
    let mut now = hours(4);
    let mut told = Vec::new();
    for minutes in [1, 2, 4, 8, 10, 10, 10, 10, 10, 30, 30, 30] {
        assert_eq!(course.step(at(now)), Step::Renew, "{minutes}");
        told.push(course.ended(at(now), not_sent(), 0.5));
        let pause = minutes * MINUTE;
        assert_eq!(
            course.step(at(now + pause - MINUTE / 60)),
            Step::Wait,
            "{minutes}"
        );
        let is_open = course.saved().failures >= 10;
        let circuit = if is_open {
            Circuit::Open
        } else {
            Circuit::Closed
        };
        assert_eq!(course.circuit(at(now)), circuit, "{minutes}");
        now += pause;
    }
    assert_eq!(course.circuit(at(now)), Circuit::HalfOpen);
    let told: Vec<u32> = told
        .into_iter()
        .flatten()
        .filter_map(|news| {
            if let News::Fails(failures, _) = news {
                Some(failures)
            } else {
                None
            }
        })
        .collect();
    assert_eq!(told, TIERS);
}

#[test]
fn a_pause_is_a_fifth_longer_or_shorter() {
    for (jitter, seconds) in [(0.0, 48), (1.0, 72), (7.0, 72)] {
        let mut course = with_tokens();
        course.ended(at(hours(4)), not_sent(), jitter);
        let until = course.pauses_until(at(hours(4))).unwrap();
        assert_eq!(until - hours(4), Duration::from_secs(seconds), "{jitter}");
    }
}

#[test]
fn a_service_that_wants_to_be_left_alone_is() {
    let mut course = with_tokens();
    course.ended(at(hours(4)), answered(429, Some(hours(1))), 0.5);
    assert_eq!(course.step(at(hours(5) - MINUTE)), Step::Wait);
    assert_eq!(course.step(at(hours(5))), Step::Renew);
    let mut after_restart = Course::new(Renewer::Baton, AHEAD, course.saved());
    after_restart.saw(at(hours(4)), tokens(1, hours(8)));
    assert_eq!(after_restart.step(at(hours(5) - MINUTE)), Step::Wait);
    assert_eq!(after_restart.step(at(hours(5))), Step::Renew);
}

#[test]
fn a_restart_after_ten_failures_tries_at_once_and_then_goes_on_as_before() {
    let mut course = with_tokens();
    for _ in 0..10 {
        course.ended(at(hours(4)), not_sent(), 0.5);
    }
    let mut course = Course::new(Renewer::Baton, AHEAD, course.saved());
    course.saw(at(hours(4)), tokens(1, hours(8)));
    assert_eq!(course.inherited(), 10);
    assert_eq!(course.circuit(at(hours(4))), Circuit::HalfOpen);
    assert_eq!(course.step(at(hours(4))), Step::Renew);
    course.ended(at(hours(4)), not_sent(), 0.5);
    assert_eq!(course.circuit(at(hours(4))), Circuit::Open);
    let renewed = Ended::Renewed {
        seen: tokens(2, hours(12)),
        date: None,
    };
    course.ended(at(hours(5)), renewed, 0.5);
    assert_eq!(course.circuit(at(hours(5))), Circuit::Closed);
    assert_eq!((course.saved().failures, course.inherited()), (0, 0));
}

#[test]
fn another_login_closes_the_circuit_at_once_also_over_a_restart() {
    let mut course = with_tokens();
    for _ in 0..10 {
        course.ended(at(hours(4)), not_sent(), 0.5);
    }
    let mut after_restart = Course::new(Renewer::Baton, AHEAD, course.saved());
    for course in [&mut course, &mut after_restart] {
        let news = course.saw(at(hours(4)), tokens(2, hours(4)));
        assert!(news.contains(&News::Works), "{news:?}");
        assert_eq!(course.circuit(at(hours(4))), Circuit::Closed);
        assert_eq!(course.saved().failures, 0);
    }
}

#[test]
fn a_token_that_the_service_takes_no_more_is_never_sent_again() {
    let mut course = with_tokens();
    let news = course.ended(at(hours(4)), Ended::Dead, 0.5);
    assert!(matches!(news[..], [News::Lost(_)]), "{news:?}");
    course.refused(at(hours(9)));
    assert!(course.is_dead());
    assert_eq!(course.step(at(hours(99))), Step::Wait);
    let mut after_restart = Course::new(Renewer::Baton, AHEAD, course.saved());
    after_restart.saw(at(hours(9)), tokens(1, hours(8)));
    assert_eq!(after_restart.step(at(hours(99))), Step::Wait);
    let news = course.saw(at(hours(9)), tokens(2, hours(10)));
    assert!(news.contains(&News::Back), "{news:?}");
    assert_eq!(course.step(at(hours(10))), Step::Renew);
}

#[test]
fn a_token_that_may_have_been_used_is_used_again_when_nothing_is_left_to_lose() {
    let mut course = with_tokens();
    let news = course.ended(at(hours(4)), doubt(), 0.5);
    assert!(
        matches!(news[0], News::Doubtful(Some(when), _) if when == at(hours(8) - 10 * MINUTE).wall)
    );
    assert_eq!(course.step(at(hours(8) - 11 * MINUTE)), Step::Wait);
    assert_eq!(course.step(at(hours(8) - 10 * MINUTE)), Step::Renew);
    let mut refused = course.clone();
    refused.refused(at(hours(5)));
    assert_eq!(refused.step(at(hours(5))), Step::Renew);
    refused.ended(at(hours(5)), answered(503, None), 0.5);
    assert!(
        refused.is_doubtful(),
        "an answer to one request says nothing of another"
    );
    let mut after_restart = Course::new(Renewer::Baton, AHEAD, course.saved());
    let news = after_restart.saw(at(hours(5)), tokens(1, hours(8)));
    assert!(
        matches!(news[..], [News::Back, News::Doubtful(..)]),
        "{news:?}"
    );
    assert!(after_restart.is_doubtful());
    assert_eq!(after_restart.step(at(hours(6))), Step::Wait);
    course.saw(at(hours(5)), tokens(2, hours(6)));
    assert_eq!(course.step(at(hours(6))), Step::Renew);
}

#[test]
fn a_turn_that_was_refused_wakes_it_but_not_one_that_began_before_the_renewal() {
    let mut course = with_tokens();
    course.refused(at(hours(1)));
    assert_eq!(course.step(at(hours(1))), Step::Renew);
    let renewed = Ended::Renewed {
        seen: tokens(2, hours(9)),
        date: None,
    };
    course.ended(at(hours(1)), renewed, 0.5);
    course.refused(at(hours(1) + MINUTE));
    assert_eq!(course.step(at(hours(1) + MINUTE)), Step::Wait);
    assert_eq!(course.saved().refused, 2);

    // One that was renewed because it was time.
    let mut course = with_tokens();
    let renewed = Ended::Renewed {
        seen: tokens(2, hours(9)),
        date: None,
    };
    course.ended(at(hours(4)), renewed, 0.5);
    course.refused(at(hours(4) + 2 * MINUTE));
    assert_eq!(course.step(at(hours(4) + 2 * MINUTE)), Step::Renew);
}

#[test]
fn while_the_clocks_are_apart_nothing_is_renewed_and_the_service_is_asked_for_its_time() {
    let mut course = with_tokens();
    let now = at(hours(4));
    let renewed = |n, date: Millis| Ended::Renewed {
        seen: tokens(n, hours(4)),
        date: Some(date),
    };
    let news = course.ended(now, renewed(2, now.wall.after(29 * MINUTE)), 0.5);
    assert!(
        !news.iter().any(|it| matches!(it, News::Skewed(..))),
        "{news:?}"
    );
    let news = course.ended(now, renewed(3, now.wall.after(31 * MINUTE)), 0.5);
    assert!(news.contains(&News::Skewed(31 * MINUTE, false)), "{news:?}");
    assert_eq!(course.step(at(hours(4) + 29 * MINUTE)), Step::Wait);
    let later = at(hours(4) + 30 * MINUTE);
    assert_eq!(course.step(later), Step::AskDate);
    assert_eq!(course.told_date(later, None), []);
    assert_eq!(course.step(later), Step::Wait);
    let later = at(hours(5));
    assert_eq!(
        course.told_date(later, Some(later.wall.before(hours(2)))),
        []
    );
    let later = at(hours(6));
    assert_eq!(course.told_date(later, Some(later.wall)), [News::Agree]);
    assert_eq!(course.step(later), Step::Renew);
}

#[test]
fn what_is_in_memory_alone_is_not_renewed_again() {
    let mut course = with_tokens();
    let held = Ended::Held {
        date: None,
        why: "full".to_owned(),
    };
    let news = course.ended(at(hours(4)), held, 0.5);
    assert_eq!(news, [News::Held("full".to_owned())]);
    course.refused(at(hours(8)));
    assert_eq!(course.step(at(hours(9))), Step::Wait);
    let news = course.let_go(at(hours(5)), tokens(2, hours(12)), true);
    assert!(news.contains(&News::Stored), "{news:?}");
    assert_eq!(course.step(at(hours(7))), Step::Wait);
    assert_eq!(course.step(at(hours(9))), Step::Renew);
}

#[test]
fn people_are_told_of_locks_that_somebody_keeps() {
    let mut course = with_tokens();
    let after = |minutes: u32| at(hours(4) + minutes * MINUTE);
    assert_eq!(course.ended(after(0), Ended::Busy, 0.5), []);
    assert_eq!(course.step(after(0)), Step::Wait);
    assert_eq!(course.step(after(4)), Step::Renew);
    assert_eq!(course.ended(after(4), Ended::Busy, 0.5), []);
    assert_eq!(course.ended(after(5), Ended::Busy, 0.5), [News::Stuck]);
    let news = course.ended(after(6), not_sent(), 0.5);
    assert!(news.contains(&News::Free), "{news:?}");
}

#[test]
fn people_are_told_that_a_login_is_gone_if_there_was_one() {
    let now = at(Duration::ZERO);
    let mut course = course();
    assert_eq!(course.saw(now, Seen::Nothing), []);
    course.saw(now, tokens(1, hours(8)));
    let gone = course.saw(now, Seen::Nothing);
    assert!(matches!(gone[..], [News::Lost(_)]), "{gone:?}");
    assert_eq!(course.saw(now, Seen::Nothing), []);
    course.saw(now, tokens(1, hours(8)));
    let blanked = course.saw(now, Seen::Blanked);
    assert!(matches!(blanked[..], [News::Lost(_)]), "{blanked:?}");
    let back = course.saw(now, tokens(1, hours(8)));
    assert_eq!(back, [News::Back], "the same as before");
    course.saw(now, Seen::Blanked);
    let unread = course.saw(now, Seen::Refused("a link".to_owned()));
    assert_eq!(unread, [News::Unread("a link".to_owned())]);
    let read = course.saw(now, tokens(1, hours(8)));
    assert!(read.contains(&News::Read), "{read:?}");
}

/// What may happen to an account.
#[derive(Clone, Copy, Debug)]
enum Event {
    Passes(u64),
    Jumps(i64),
    Login,
    Blank,
    Refused401,
    Restart,
    /// What the world makes of the next attempt, if there is one.
    Next(u8),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (1..600_u64).prop_map(Event::Passes),
        1 => (-600..600_i64).prop_map(Event::Jumps),
        1 => Just(Event::Login),
        1 => Just(Event::Blank),
        2 => Just(Event::Refused401),
        1 => Just(Event::Restart),
        6 => (0..9_u8).prop_map(Event::Next),
    ]
}

/// An account, and the world around it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct World {
    course: Course,
    wall: Millis,
    mono: Duration,
    newest: u32,
    seen: Seen,
    is_held: bool,
    /// Since the last login: what is known against it.
    dead: bool,
    doubt: bool,
    refused: bool,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            course: course(),
            wall: at(Duration::ZERO).wall,
            mono: Duration::ZERO,
            newest: 0,
            seen: Seen::Nothing,
            is_held: false,
            dead: false,
            doubt: false,
            refused: false,
        };
        world.login();
        world
    }

    const fn now(&self) -> Now {
        Now {
            wall: self.wall,
            mono: self.mono,
        }
    }

    fn fresh(&mut self) -> Seen {
        self.newest += 1;
        self.seen = Seen::Tokens {
            print: print(self.newest),
            expires_at: Some(self.wall.after(hours(8))),
        };
        (self.dead, self.doubt, self.refused) = (false, false, false);
        self.seen.clone()
    }

    fn login(&mut self) {
        let seen = self.fresh();
        let now = self.now();
        if self.is_held {
            self.is_held = false;
            self.course.let_go(now, seen, false);
        } else {
            self.course.saw(now, seen);
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Passes(minutes) => {
                let span = Duration::from_mins(minutes);
                self.wall = self.wall.after(span);
                self.mono += span;
            }
            Event::Jumps(minutes) => self.wall = Millis::new(self.wall.get() + minutes * 60_000),
            Event::Login => self.login(),
            Event::Blank if !self.is_held => {
                self.seen = Seen::Blanked;
                self.course.saw(self.now(), Seen::Blanked);
            }
            Event::Blank => {}
            Event::Refused401 => {
                self.course.refused(self.now());
                self.refused = true;
            }
            Event::Restart => {
                self.course = Course::new(Renewer::Baton, AHEAD, self.course.saved());
                // A copy was put in place by the start.
                self.is_held = false;
                self.refused = false;
                self.course.saw(self.now(), self.seen.clone());
            }
            Event::Next(outcome) => self.attempt(outcome),
        }
    }

    fn attempt(&mut self, outcome: u8) {
        if self.course.step(self.now()) != Step::Renew {
            return;
        }
        let Seen::Tokens { expires_at, .. } = self.seen else {
            panic!("there is nothing to renew: {:?}", self.seen);
        };
        assert!(!self.dead, "a dead token is sent");
        assert!(!self.is_held, "something is in memory alone");
        let nothing_to_lose = expires_at.is_some_and(|at| at.before(NOTHING_TO_LOSE) <= self.wall);
        assert!(
            !self.doubt || self.refused || nothing_to_lose,
            "a token in doubt is sent"
        );
        let ended = match outcome {
            0 => Ended::Busy,
            1 => not_sent(),
            2 => {
                self.doubt = true;
                self.refused = false;
                doubt()
            }
            3 => answered(403, None),
            4 => answered(429, Some(hours(2))),
            5 => {
                self.dead = true;
                Ended::Dead
            }
            6 => {
                self.is_held = true;
                // The file has the old ones; the new ones are in memory.
                self.seen = self.fresh();
                Ended::Held {
                    date: None,
                    why: "full".to_owned(),
                }
            }
            7 => Ended::NoRoom("full".to_owned()),
            _ => Ended::Renewed {
                seen: self.fresh(),
                date: Some(self.wall),
            },
        };
        self.course.ended(self.now(), ended, 0.5);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn whatever_happens_no_token_is_risked_and_a_new_login_always_helps(
        events in prop::collection::vec(event(), 0..60),
    ) {
        let mut world = World::new();
        for event in events {
            world.happens(event);
        }
        // Somebody logs in, and the clocks agree: nothing that was before stands in the way.
        world.login();
        let now = world.now();
        world.course.told_date(now, Some(now.wall));
        world.happens(Event::Passes(4 * 60));
        prop_assert_eq!(world.course.step(world.now()), Step::Renew);
        prop_assert_eq!(world.course.circuit(world.now()), Circuit::Closed);
    }
}

#[test]
fn a_token_that_may_have_been_used_is_not_used_though_nobody_had_noted_that_it_was_seen() {
    for print_before in [None, Some(print(7))] {
        let saved = Saved {
            print: print_before,
            due: Some(at(Duration::ZERO).wall),
            doubt: Some(print(1)),
            ..Saved::default()
        };
        let mut course = Course::new(Renewer::Baton, AHEAD, saved);
        let news = course.saw(at(Duration::ZERO), tokens(1, hours(8)));
        assert!(course.is_doubtful());
        assert!(
            news.iter().any(|one| matches!(one, News::Doubtful(..))),
            "{news:?}"
        );
        assert_eq!(course.step(at(hours(7))), Step::Wait);
        assert_eq!(course.step(at(hours(8) - 10 * MINUTE)), Step::Renew);
        // Another login has nothing to do with it.
        course.saw(at(Duration::ZERO), tokens(2, hours(8)));
        assert!(!course.is_doubtful());
    }
}

#[test]
fn what_stands_is_told_again_and_again_and_what_does_not_is_over() {
    let mut course = with_tokens();
    let now = at(hours(1));
    assert_eq!(course.standing(now), []);
    assert_eq!(course.over(now).len(), 6);
    course.ended(at(hours(4)), doubt(), 0.5);
    let standing = course.standing(now);
    assert!(
        matches!(standing[..], [News::Doubtful(Some(_), _)]),
        "{standing:?}"
    );
    assert!(!course.over(now).contains(&News::Settled));
    course.ended(at(hours(8)), Ended::Dead, 0.5);
    assert_eq!(course.standing(now), [News::Lost(REFUSED)]);
    assert!(!course.over(now).contains(&News::Back));
    for _ in 0..2 {
        course.ended(at(hours(8)), not_sent(), 0.5);
    }
    let fails = News::Fails(3, "no connection".to_owned());
    assert_eq!(course.standing(now), [News::Lost(REFUSED), fails]);
    course.saw(at(hours(8)), tokens(2, hours(16)));
    assert_eq!(course.standing(now), []);
}

#[test]
fn a_clock_that_was_set_is_compared_before_anything_is_renewed() {
    let mut course = with_tokens();
    let due = at(hours(5));
    assert_eq!(course.step(due), Step::Renew);
    course.clock_was_set();
    assert_eq!(course.step(due), Step::AskDate);
    let apart = Millis::new(due.wall.get() - 86_400_000);
    let news = course.told_date(due, Some(apart));
    assert!(matches!(news[..], [News::Skewed(_, true)]), "{news:?}");
    assert_eq!(course.step(due), Step::Wait);
    course.clock_was_set();
    assert_eq!(course.told_date(due, Some(due.wall)), [News::Agree]);
    // What was renewed by the wrong time may run out at another than it says.
    assert_eq!(course.step(due), Step::Renew);
}

#[test]
fn tokens_that_are_refused_although_they_were_just_renewed_are_not_renewed_with_each_turn() {
    let mut course = with_tokens();
    let renewed = |n| Ended::Renewed {
        seen: tokens(n, hours(20)),
        date: None,
    };
    course.refused(at(hours(1)));
    assert_eq!(course.step(at(hours(1))), Step::Renew);
    course.ended(at(hours(1)), renewed(2), 0.5);
    let soon = hours(1) + 10 * MINUTE;
    course.refused(at(soon));
    assert_eq!(course.step(at(soon)), Step::Wait);
    let later = hours(1) + 31 * MINUTE;
    course.refused(at(later));
    assert_eq!(course.step(at(later)), Step::Renew);

    // Somebody's new login is another matter.
    course.ended(at(later), renewed(3), 0.5);
    course.saw(at(later + MINUTE), tokens(4, hours(20)));
    course.refused(at(later + 3 * MINUTE));
    assert_eq!(course.step(at(later + 3 * MINUTE)), Step::Renew);
}

#[test]
fn a_token_that_holds_for_long_is_let_be_and_people_are_told_when_it_is_gone() {
    let mut course = Course::new(Renewer::Holds, hours(4), Saved::default());
    course.saw(at(Duration::ZERO), tokens(1, hours(1)));
    assert_eq!(course.step(at(hours(9))), Step::Wait);
    let news = course.saw(at(hours(9)), Seen::Nothing);
    assert!(
        news.iter().any(|one| matches!(one, News::Lost(_))),
        "{news:?}"
    );
}

#[test]
fn people_are_told_a_week_before_a_token_ends_that_nobody_renews() {
    let mut course = Course::new(Renewer::Program, hours(4), Saved::default());
    let start = at(Duration::ZERO);
    let ends = start.wall.after(hours(9 * 24));
    let lasting = |at| Seen::Lasting {
        expires_at: Some(at),
    };
    course.saw(start, lasting(ends));
    assert_eq!(course.standing(at(hours(24))), []);
    assert_eq!(course.standing(at(hours(3 * 24))), [News::EndsSoon(ends)]);
    let later = start.wall.after(hours(99 * 24));
    let news = course.saw(at(hours(3 * 24)), lasting(later));
    assert!(news.contains(&News::LastsOn), "{news:?}");
    assert_eq!(course.standing(at(hours(3 * 24))), []);
}
