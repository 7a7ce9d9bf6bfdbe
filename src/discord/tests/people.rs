//! How long roles are believed.

use std::time::Duration;

use discord_sim::{Fault, RouteKind, Rule, Sim, SimConfig};

use crate::{
    discord::testing::{CleanSim, connected},
    words::{Person, RoleId, UserId},
};

/// How long names are waited for.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// The same where they come.
const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn what_an_event_said_is_believed_for_a_minute_from_when_it_was_so() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let carol = sim.user("carol").with_role("crew");
    let id = UserId::new(carol.id().get());
    let connection = connected(&sim).await;
    let said = |roles: &[u64]| Person {
        id,
        name: "carol".to_owned(),
        roles: roles.iter().copied().map(RoleId::new).collect(),
    };
    let people = &connection.people;
    assert_eq!(people.note(said(&[7]), Duration::from_secs(61)), None);
    let crew = sim.role("crew").get();
    assert_eq!(people.member(id).await.unwrap(), Some(said(&[crew])));
    let believed = people.note(said(&[7]), Duration::from_secs(50));
    assert_eq!(believed, Some(said(&[7])));
    assert_eq!(people.member(id).await.unwrap(), Some(said(&[7])));
}

/// So many members that nobody has heard anything of, and what each is called.
fn crowd(sim: &Sim, count: usize) -> Vec<(UserId, String)> {
    let names = (0..count).map(|number| format!("person-{number}"));
    let make = |name: String| (UserId::new(sim.user(&name).id().get()), name);
    names.map(make).collect()
}

/// How often Discord was asked for a member.
fn asked(sim: &Sim) -> usize {
    let journal = sim.journal();
    let calls = journal.iter().filter_map(|entry| entry.rest());
    calls.filter(|call| call.route == RouteKind::Member).count()
}

#[tokio::test]
async fn a_few_names_are_asked_for_at_a_time_and_each_of_them_once() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let crowd = crowd(&sim, 10);
    let ids: Vec<UserId> = crowd.iter().map(|(id, _)| *id).collect();
    let connection = connected(&sim).await;
    let before = asked(&sim);
    let people = &connection.people;
    let names = people.names(&ids, LONG).await;
    assert_eq!(names, crowd[..8].iter().cloned().collect());
    assert_eq!(asked(&sim) - before, 8);
    for _ in 0..2 {
        let names = people.names(&ids, LONG).await;
        assert_eq!(names, crowd.iter().cloned().collect());
        assert_eq!(asked(&sim) - before, 10);
    }
}

#[tokio::test]
async fn who_has_left_has_no_name_and_is_asked_for_once() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let crowd = crowd(&sim, 2);
    let ids: Vec<UserId> = crowd.iter().map(|(id, _)| *id).collect();
    sim.user("person-0").leaves();
    let connection = connected(&sim).await;
    let before = asked(&sim);
    for _ in 0..2 {
        let names = connection.people.names(&ids, LONG).await;
        assert_eq!(names, crowd[1..].iter().cloned().collect());
        assert_eq!(asked(&sim) - before, 2);
    }
}

#[tokio::test]
async fn names_that_do_not_come_in_time_are_not_waited_for() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let ids: Vec<UserId> = crowd(&sim, 2).iter().map(|(id, _)| *id).collect();
    let connection = connected(&sim).await;
    sim.fault(Rule::route(RouteKind::Member).always(), Fault::Hang);
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let names = connection.people.names(&ids, PATIENCE).await;
    let waited = start.elapsed();
    assert_eq!(names.len(), 0);
    // Timers are as exact as a millisecond.
    assert!(
        (PATIENCE..=PATIENCE + Duration::from_millis(1)).contains(&waited),
        "{waited:?}"
    );
}
