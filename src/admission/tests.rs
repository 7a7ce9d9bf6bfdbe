use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn ticket(session: SessionId, expires_at: i64) -> Ticket {
    Ticket {
        run: RunId::fresh(),
        session,
        expires_at: Millis::new(expires_at),
    }
}

/// Reserves a place and stores the run at once.
fn offer(queue: &mut Queue, ticket: Ticket) -> Result<(), Full> {
    queue.reserve(ticket)?;
    queue.confirm(ticket.run);
    Ok(())
}

fn tickets(count: usize) -> Vec<Ticket> {
    (0..count)
        .map(|_| ticket(SessionId::fresh(), 1_000))
        .collect()
}

#[test]
fn the_first_to_come_is_the_first_to_go() {
    let mut queue = Queue::new(Caps {
        active: 1,
        queued: 10,
    });
    let all = tickets(3);
    for one in &all {
        offer(&mut queue, *one).unwrap();
    }
    assert_eq!(queue.admit(), Some(all[0]));
    assert_eq!(queue.admit(), None);
    assert_eq!(queue.ahead_of(all[2].run), Some(1));
    assert!(queue.release(all[0].run));
    assert!(!queue.release(all[0].run));
    assert_eq!(queue.admit(), Some(all[1]));
}

#[test]
fn a_full_queue_says_so_and_changes_nothing() {
    let caps = Caps {
        active: 1,
        queued: 2,
    };
    let mut queue = Queue::new(caps);
    let all = tickets(4);
    for one in &all[..3] {
        offer(&mut queue, *one).unwrap();
    }
    assert_eq!(offer(&mut queue, all[3]), Err(Full { caps }));
    assert_eq!(queue.waiting(), 3);
}

#[test]
fn a_run_that_is_set_aside_keeps_its_place_and_lets_others_go() {
    let mut queue = Queue::new(Caps {
        active: 1,
        queued: 10,
    });
    let all = tickets(3);
    for one in &all {
        offer(&mut queue, *one).unwrap();
    }
    assert_eq!(queue.admit(), Some(all[0]));
    queue.set_aside(all[0]);
    assert_eq!((queue.active(), queue.ahead_of(all[0].run)), (0, Some(0)));
    assert_eq!(queue.admit(), Some(all[1]));
    queue.confirm(all[0].run);
    queue.release(all[1].run);
    assert_eq!(queue.admit(), Some(all[0]));
    queue.set_aside(all[0]);
    queue.give_up(all[0].run);
    assert_eq!(queue.withdraw(all[0].run), Some(all[0]));
    queue.set_aside(all[0]);
    assert_eq!(queue.waiting(), 1, "it is not promised anything any more");
    assert_eq!(queue.admit(), Some(all[2]));
    queue.set_aside(all[2]);
    assert_eq!(queue.next_expiry(), Some(Millis::new(1_000)));
    assert_eq!(queue.expire(Millis::new(1_000)), [all[2]]);
}

#[test]
fn a_run_that_is_not_stored_yet_keeps_its_place_and_gets_no_slot() {
    let mut queue = Queue::new(Caps {
        active: 1,
        queued: 1,
    });
    let all = tickets(3);
    queue.reserve(all[0]).unwrap();
    queue.reserve(all[1]).unwrap();
    assert!(queue.reserve(all[2]).is_err(), "reservations take room");
    assert_eq!(queue.admit(), None);
    assert_eq!(queue.expire(Millis::new(2_000)), []);
    assert_eq!(queue.next_expiry(), None);

    queue.confirm(all[0].run);
    queue.give_up(all[0].run);
    queue.give_up(all[1].run);
    assert_eq!(queue.admit(), Some(all[0]));
    assert_eq!(queue.waiting(), 0);
}

#[test]
fn a_session_never_has_two_runs_at_work() {
    let mut queue = Queue::new(Caps {
        active: 2,
        queued: 10,
    });
    let session = SessionId::fresh();
    let (first, second) = (ticket(session, 1), ticket(session, 1));
    let other = ticket(SessionId::fresh(), 1);
    for one in [first, second, other] {
        offer(&mut queue, one).unwrap();
    }
    assert_eq!(queue.admit(), Some(first));
    assert_eq!(queue.admit(), Some(other));
    queue.release(other.run);
    assert_eq!(queue.admit(), None);
    queue.release(first.run);
    assert_eq!(queue.admit(), Some(second));
}

#[test]
fn what_was_promised_before_a_restart_is_kept_whatever_the_caps_are_now() {
    let mut queue = Queue::new(Caps {
        active: 1,
        queued: 1,
    });
    let all = tickets(5);
    queue.restore_active(all[0]);
    queue.restore_active(all[1]);
    for one in &all[2..] {
        queue.restore_waiting(*one);
    }
    assert_eq!((queue.active(), queue.waiting()), (2, 3));
    assert_eq!(queue.admit(), None);
    queue.release(all[0].run);
    assert_eq!(queue.admit(), None);
    queue.release(all[1].run);
    assert_eq!(queue.admit(), Some(all[2]));
}

/// What can happen to a queue; numbers pick a ticket or a session.
#[derive(Clone, Debug)]
enum Step {
    Offer(u8),
    Admit,
    Release(u8),
    Withdraw(u8),
    Expire(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<u8>().prop_map(Step::Offer),
        4 => Just(Step::Admit),
        2 => any::<u8>().prop_map(Step::Release),
        1 => any::<u8>().prop_map(Step::Withdraw),
        1 => (0..100_i64).prop_map(Step::Expire),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_or_run_twice_and_caps_hold(
        steps in prop::collection::vec(step(), 1..200),
        active in 1..4_usize,
        queued in 0..6_usize,
    ) {
        let mut queue = Queue::new(Caps { active, queued });
        let sessions: Vec<_> = (0..5).map(|_| SessionId::fresh()).collect();
        let mut offered: Vec<Ticket> = Vec::new();
        let mut admitted: Vec<Ticket> = Vec::new();
        let mut left: HashSet<RunId> = HashSet::new();
        let mut working: HashSet<RunId> = HashSet::new();
        for step in steps {
            match step {
                Step::Offer(pick) => {
                    let one = ticket(sessions[usize::from(pick) % 5], i64::from(pick) % 100);
                    if offer(&mut queue, one).is_ok() {
                        offered.push(one);
                    }
                }
                Step::Admit => {
                    if let Some(one) = queue.admit() {
                        prop_assert!(!admitted.contains(&one), "admitted twice");
                        admitted.push(one);
                        working.insert(one.run);
                    }
                }
                Step::Release(pick) => {
                    if let Some(one) = admitted.get(usize::from(pick) % admitted.len().max(1)) {
                        prop_assert_eq!(queue.release(one.run), working.remove(&one.run));
                    }
                }
                Step::Withdraw(pick) => {
                    if let Some(one) = offered.get(usize::from(pick) % offered.len().max(1))
                        && let Some(ticket) = queue.withdraw(one.run)
                    {
                        prop_assert_eq!(ticket, *one);
                        left.insert(one.run);
                    }
                }
                Step::Expire(now) => {
                    for one in queue.expire(Millis::new(now)) {
                        prop_assert!(one.expires_at <= Millis::new(now));
                        left.insert(one.run);
                    }
                    prop_assert!(queue.next_expiry().is_none_or(|at| at > Millis::new(now)));
                }
            }
            prop_assert!(queue.active() <= active);
            prop_assert!(queue.waiting() <= queued + active);
            prop_assert_eq!(queue.active(), working.len());
            prop_assert_eq!(offered.len(), admitted.len() + left.len() + queue.waiting());
        }
        // Whatever happened, it drains: nothing is stuck.
        for run in working {
            queue.release(run);
        }
        while let Some(one) = queue.admit() {
            queue.release(one.run);
        }
        prop_assert_eq!((queue.active(), queue.waiting()), (0, 0));
    }
}
