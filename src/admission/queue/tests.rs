//! What the queue does, one thing at a time; what it never does, whatever happens, is in [`always`].

mod always;
mod turns;

use std::sync::Arc;

use super::*;
use crate::{
    admission::ProjectCaps,
    words::{ChannelId, SessionId, UserId},
};

const fn caps(active: usize, queued: usize) -> Caps {
    Caps { active, queued }
}

/// Nobody is bounded but by the caps of all.
fn rules(all: Caps) -> Rules {
    Rules {
        all,
        person: caps(1_000, 1_000),
        projects: HashMap::new(),
    }
}

/// A ticket of a session of its own.
fn of(person: u64) -> Ticket {
    Ticket {
        run: RunId::fresh(),
        session: SessionId::fresh(),
        person: UserId::new(person),
        channel: ChannelId::new(1),
        project: Arc::from("play"),
        expires_at: Millis::new(1_000),
    }
}

/// Reserves a place and stores the run at once.
fn offer(queue: &mut Queue, ticket: &Ticket) -> Result<(), Full> {
    queue.reserve(ticket.clone())?;
    queue.confirm(ticket.run);
    Ok(())
}

fn offer_all<'a>(queue: &mut Queue, tickets: impl IntoIterator<Item = &'a Ticket>) {
    for ticket in tickets {
        offer(queue, ticket).unwrap();
    }
}

/// Lets everybody work who may; who they are, in order.
fn work(queue: &mut Queue) -> Vec<Ticket> {
    std::iter::from_fn(|| queue.admit()).collect()
}

/// Lets one after the other work until nobody waits.
fn drain(queue: &mut Queue) -> Vec<Ticket> {
    let mut order = Vec::new();
    while let Some(ticket) = queue.admit() {
        queue.release(ticket.run);
        order.push(ticket);
    }
    order
}

#[test]
fn the_first_to_come_is_the_first_to_go() {
    let mut queue = Queue::new(rules(caps(1, 10)));
    let all = [of(1), of(1), of(1)];
    offer_all(&mut queue, &all);
    assert_eq!(queue.admit(), Some(all[0].clone()));
    assert_eq!(queue.admit(), None);
    assert_eq!(queue.outlook(all[2].run).unwrap().ahead, 1);
    assert!(queue.release(all[0].run));
    assert!(!queue.release(all[0].run));
    assert_eq!(queue.admit(), Some(all[1].clone()));
}

#[test]
fn people_take_turns_however_much_one_of_them_wants() {
    let mut queue = Queue::new(rules(caps(1, 100)));
    let greedy: Vec<Ticket> = (0..50).map(|_| of(1)).collect();
    offer_all(&mut queue, &greedy);
    assert_eq!(work(&mut queue), [greedy[0].clone()]);
    let (ann, bob) = ([of(2), of(2)], of(3));
    offer_all(&mut queue, [&ann[0], &ann[1], &bob]);
    let ahead = [&ann[0], &bob, &ann[1]].map(|one| queue.outlook(one.run).unwrap().ahead);
    assert_eq!(ahead, [1, 2, 4]);
    queue.release(greedy[0].run);
    let order = drain(&mut queue);
    let wanted = [
        &greedy[1], &ann[0], &bob, &greedy[2], &ann[1], &greedy[3], &greedy[4],
    ];
    assert_eq!(order[..7], wanted.map(Clone::clone));
    assert_eq!(order.len(), 52);
}

#[test]
fn a_full_queue_says_whose_caps_are_reached_and_changes_nothing() {
    let mut bounds = rules(caps(3, 4));
    bounds.person = caps(1, 2);
    let own = ProjectCaps {
        active: Some(1),
        queued: Some(1),
    };
    bounds.projects.insert(Arc::from("small"), own);
    let mut queue = Queue::new(bounds);
    offer_all(&mut queue, &[of(1), of(1), of(1)]);
    assert_eq!(offer(&mut queue, &of(1)), Err(Full::Person(caps(1, 2))));
    let small = |person| Ticket {
        project: Arc::from("small"),
        ..of(person)
    };
    offer_all(&mut queue, &[small(2), small(3)]);
    assert_eq!(offer(&mut queue, &small(4)), Err(Full::Project(caps(1, 1))));
    offer_all(&mut queue, &[of(5), of(6)]);
    assert_eq!(offer(&mut queue, &of(7)), Err(Full::All(caps(3, 4))));
    assert_eq!((queue.active(), queue.waiting()), (3, 4));
}

#[test]
fn what_a_person_has_in_one_channel_holds_up_neither_him_elsewhere_nor_others() {
    let mut bounds = rules(caps(9, 9));
    bounds.person = caps(1, 5);
    let mut queue = Queue::new(bounds);
    let here = [of(1), of(1)];
    let elsewhere = Ticket {
        channel: ChannelId::new(2),
        ..of(1)
    };
    let other = of(2);
    offer_all(&mut queue, [&here[0], &here[1], &elsewhere, &other]);
    let wanted = [&here[0], &elsewhere, &other].map(Clone::clone);
    assert_eq!(work(&mut queue), wanted);
    let held = queue.outlook(here[1].run).unwrap().held;
    assert_eq!(held, Held::ByOwn(caps(1, 5)));
    queue.release(elsewhere.run);
    assert_eq!(work(&mut queue), []);
    queue.release(here[0].run);
    assert_eq!(work(&mut queue), [here[1].clone()]);
}

#[test]
fn nobody_is_told_that_he_waits_for_a_run_that_is_over() {
    let mut bounds = rules(caps(2, 9));
    bounds.person = caps(1, 5);
    let mut queue = Queue::new(bounds);
    let (anns, bob) = ([of(1), of(1), of(1)], of(2));
    offer_all(&mut queue, anns.iter().chain([&bob]));
    assert_eq!(work(&mut queue), [anns[0].clone(), bob.clone()]);
    let told = |queue: &Queue| {
        let all = queue.outlooks().into_iter();
        let each = all.map(|(ticket, outlook)| {
            assert_eq!(queue.outlook(ticket.run), Some(outlook));
            (ticket.run, outlook.held)
        });
        each.collect::<Vec<_>>()
    };
    let own = Held::ByOwn(caps(1, 5));
    assert_eq!(
        told(&queue),
        [(anns[1].run, Held::ByAll), (anns[2].run, Held::ByAll)]
    );
    queue.leaves(bob.run);
    assert_eq!(told(&queue), [(anns[1].run, own), (anns[2].run, own)]);
    queue.leaves(anns[0].run);
    assert_eq!(told(&queue), [(anns[2].run, own)]);
    assert_eq!(queue.outlook(anns[1].run), None);
    // It has its slot when that is given back, and not before.
    assert_eq!(work(&mut queue), []);
    assert!(queue.release(anns[0].run));
    assert_eq!(work(&mut queue), [anns[1].clone()]);
    assert!(!queue.release(anns[0].run));
}

#[test]
fn a_run_that_is_over_takes_nobodys_room() {
    let mut queue = Queue::new(rules(caps(1, 1)));
    let all = [of(1), of(2), of(1), of(3)];
    offer_all(&mut queue, &all[..2]);
    assert_eq!(work(&mut queue), [all[0].clone()]);
    assert_eq!(offer(&mut queue, &all[2]), Err(Full::All(caps(1, 1))));
    queue.leaves(all[0].run);
    // The other one has its slot, as far as anybody is told, and so there is room for this one to wait.
    offer(&mut queue, &all[2]).unwrap();
    assert_eq!(offer(&mut queue, &all[3]), Err(Full::All(caps(1, 1))));
    assert_eq!(work(&mut queue), []);
    queue.release(all[0].run);
    assert_eq!(drain(&mut queue), all[1..3]);

    let mut alone = Queue::new(rules(caps(1, 0)));
    offer_all(&mut alone, &all[..1]);
    assert_eq!(work(&mut alone), [all[0].clone()]);
    assert_eq!(offer(&mut alone, &all[2]), Err(Full::All(caps(1, 0))));
    alone.leaves(all[0].run);
    offer(&mut alone, &all[2]).unwrap();
    alone.release(all[0].run);
    assert_eq!(work(&mut alone), [all[2].clone()]);
}

#[test]
fn a_run_whose_end_was_not_stored_has_its_slot_and_can_be_set_aside() {
    let mut queue = Queue::new(rules(caps(1, 4)));
    let all = [of(1), of(2)];
    offer_all(&mut queue, &all);
    assert_eq!(work(&mut queue), [all[0].clone()]);
    let before = queue.outlook(all[1].run);
    queue.leaves(all[0].run);
    assert_eq!(queue.outlook(all[1].run), None);
    queue.stays(all[0].run);
    assert_eq!(queue.outlook(all[1].run), before);
    queue.set_aside(all[0].run);
    assert_eq!((queue.active(), queue.waiting()), (0, 2));
    queue.confirm(all[0].run);
    assert_eq!(drain(&mut queue), all);
}

#[test]
fn the_last_places_are_for_people_who_have_nothing_waiting() {
    let mut queue = Queue::new(rules(caps(1, 4)));
    let elsewhere = |person, channel| Ticket {
        channel: ChannelId::new(channel),
        ..of(person)
    };
    let greedy = [1, 2, 3, 4].map(|channel| elsewhere(1, channel));
    offer_all(&mut queue, &greedy);
    let refused = offer(&mut queue, &elsewhere(1, 5));
    assert_eq!(refused, Err(Full::Kept(caps(1, 4))));
    let other = [of(2), of(2)];
    offer(&mut queue, &other[0]).unwrap();
    assert_eq!(offer(&mut queue, &other[1]), Err(Full::All(caps(1, 4))));
    // Whose only one has begun has nothing waiting.
    assert_eq!(work(&mut queue), [greedy[0].clone()]);
    for before in [&greedy[0], &greedy[1]] {
        queue.release(before.run);
        work(&mut queue);
    }
    assert_eq!(queue.outlook(other[0].run), None);
    offer(&mut queue, &other[1]).unwrap();
}

#[test]
fn who_cannot_go_yet_keeps_his_turn() {
    let mut bounds = rules(caps(2, 9));
    bounds.projects.insert(
        Arc::from("small"),
        ProjectCaps {
            active: Some(1),
            queued: None,
        },
    );
    let mut queue = Queue::new(bounds);
    let small = |person| Ticket {
        project: Arc::from("small"),
        ..of(person)
    };
    let (first, waits, others) = (small(1), small(2), [of(3), of(4), of(5)]);
    offer_all(
        &mut queue,
        [&first, &others[0], &waits, &others[1], &others[2]],
    );
    assert_eq!(work(&mut queue), [first.clone(), others[0].clone()]);
    queue.release(others[0].run);
    assert_eq!(work(&mut queue), [others[1].clone()]);
    queue.release(others[1].run);
    queue.release(first.run);
    assert_eq!(work(&mut queue), [waits, others[2].clone()]);
}

#[test]
fn a_run_that_is_not_stored_yet_keeps_its_place_and_does_not_begin() {
    let mut queue = Queue::new(rules(caps(1, 1)));
    let all = [of(1), of(2), of(3)];
    queue.reserve(all[0].clone()).unwrap();
    queue.reserve(all[1].clone()).unwrap();
    assert_eq!((queue.active(), queue.waiting()), (1, 1));
    let no_room = queue.reserve(all[2].clone());
    assert_eq!(no_room, Err(Full::All(caps(1, 1))));
    assert_eq!(queue.admit(), None);
    assert_eq!(queue.expire(Millis::new(2_000)), []);
    assert_eq!(queue.next_expiry(), None);
    assert_eq!(queue.withdraw(all[0].run), None);

    queue.confirm(all[0].run);
    queue.give_up(all[0].run);
    queue.give_up(all[1].run);
    assert_eq!(work(&mut queue), [all[0].clone()]);
    assert_eq!((queue.active(), queue.waiting()), (1, 0));
}

#[test]
fn a_run_that_is_set_aside_keeps_its_place_and_lets_others_go() {
    let mut queue = Queue::new(rules(caps(1, 10)));
    let all = [of(1), of(1), of(1)];
    offer_all(&mut queue, &all);
    assert_eq!(queue.admit(), Some(all[0].clone()));
    queue.set_aside(all[0].run);
    let ahead = queue.outlook(all[0].run).map(|told| told.ahead);
    assert_eq!((queue.active(), ahead), (0, Some(0)));
    assert_eq!(queue.admit(), Some(all[1].clone()));
    queue.confirm(all[0].run);
    queue.release(all[1].run);
    assert_eq!(queue.admit(), Some(all[0].clone()));
    queue.set_aside(all[0].run);
    queue.give_up(all[0].run);
    assert_eq!(queue.withdraw(all[0].run), Some(all[0].clone()));
    queue.set_aside(all[0].run);
    assert_eq!(queue.waiting(), 1, "it is not promised anything any more");
    assert_eq!(queue.admit(), Some(all[2].clone()));
    queue.set_aside(all[2].run);
    assert_eq!(queue.next_expiry(), Some(Millis::new(1_000)));
    assert_eq!(queue.expire(Millis::new(1_000)), [all[2].clone()]);
}

#[test]
fn a_slot_that_was_kept_in_vain_goes_to_the_next() {
    let mut queue = Queue::new(rules(caps(1, 1)));
    let all = [of(1), of(2)];
    queue.reserve(all[0].clone()).unwrap();
    offer(&mut queue, &all[1]).unwrap();
    assert_eq!(queue.admit(), None);
    queue.give_up(all[0].run);
    assert_eq!(queue.admit(), Some(all[1].clone()));
}

#[test]
fn a_run_that_nobody_was_given_can_be_withdrawn_although_it_has_a_slot() {
    let mut queue = Queue::new(rules(caps(1, 1)));
    let all = [of(1), of(2)];
    offer_all(&mut queue, &all);
    assert_eq!(queue.withdraw(all[0].run), Some(all[0].clone()));
    assert_eq!(queue.withdraw(all[0].run), None);
    assert_eq!(work(&mut queue), [all[1].clone()]);
    assert_eq!(queue.withdraw(all[1].run), None, "somebody drives it");
}

#[test]
fn a_session_never_has_two_runs_at_work() {
    let mut queue = Queue::new(rules(caps(2, 10)));
    let first = of(1);
    let second = Ticket {
        session: first.session,
        ..of(1)
    };
    let other = of(1);
    offer_all(&mut queue, [&first, &second, &other]);
    assert_eq!(work(&mut queue), [first.clone(), other.clone()]);
    queue.release(other.run);
    assert_eq!(queue.admit(), None);
    queue.release(first.run);
    assert_eq!(queue.admit(), Some(second));
}

#[test]
fn what_was_promised_before_a_restart_is_kept_whatever_the_caps_are_now() {
    let mut queue = Queue::new(rules(caps(1, 1)));
    let all = [of(1), of(1), of(1), of(1), of(1)];
    for one in &all[2..] {
        queue.restore_waiting(one.clone());
    }
    queue.restore_active(all[0].clone());
    queue.restore_active(all[1].clone());
    assert_eq!((queue.active(), queue.waiting()), (2, 3));
    assert_eq!(queue.admit(), None);
    queue.release(all[0].run);
    assert_eq!(queue.admit(), None);
    queue.release(all[1].run);
    assert_eq!(queue.admit(), Some(all[2].clone()));
}

#[test]
fn who_comes_back_stands_where_he_would_stand_if_he_had_stayed() {
    let mut queue = Queue::new(rules(caps(1, 1)));
    let all = [of(1), of(1), of(1), of(1)];
    for one in [&all[0], &all[1], &all[3]] {
        queue.restore_waiting(one.clone());
    }
    assert_eq!(queue.admit(), Some(all[0].clone()));
    queue.release(all[0].run);
    queue.come_back(all[2].clone());
    queue.come_back(all[0].clone());
    // Who is there already is there once.
    queue.come_back(all[2].clone());
    assert_eq!(drain(&mut queue), all);
}

#[test]
fn how_long_it_takes_is_told_by_the_median_of_the_last_runs() {
    let mut queue = Queue::new(rules(caps(2, 10)));
    let all = [of(1), of(2), of(3), of(4), of(5)];
    offer_all(&mut queue, &all);
    work(&mut queue);
    assert_eq!(queue.outlook(all[4].run).unwrap().wait, None);
    for seconds in [10, 60, 600, 60, 20] {
        queue.took(Duration::from_secs(seconds));
    }
    let told: Vec<_> = queue.outlooks().into_iter().map(|(_, told)| told).collect();
    let wanted = [(0, 30), (1, 60), (2, 90)].map(|(ahead, seconds)| Outlook {
        ahead,
        held: Held::ByAll,
        wait: Some(Duration::from_secs(seconds)),
    });
    assert_eq!(told, wanted);
    assert_eq!(queue.outlook(all[0].run), None, "it does not wait");
}
