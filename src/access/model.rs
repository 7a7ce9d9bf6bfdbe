//! The policy against a slow model of it: random grants, blocks, revocations, changes of roles, ends
//! and moves, after each of which everybody is asked about everywhere.
//!
//! The model keeps a diary and reads all of it for each question. It shares no code with the policy.

mod diary;
mod script;

use std::time::Duration;

use proptest::prelude::*;

use super::{
    Action, Change, Gate, Owners, Refusal,
    judge::{Asked, judge},
    policy::Law,
};
use crate::{
    clock::{Clock, Millis},
    store::{MembershipRow, Store},
    words::{Person, Tier},
};
use diary::Diary;
use script::{Step, World, script};

const START: Millis = Millis::new(1_000_000);

/// What the model expects of an action.
fn expected(tier: Tier, everywhere: Tier, action: Action) -> Result<Tier, Refusal> {
    let for_owners = [
        Action::AskInOwnersChannel,
        Action::ManageChannel,
        Action::ManageMembers,
        Action::RevokeGrant,
    ];
    let for_everybody = [Action::SeeHealth, Action::AskAsGuest, Action::Decide];
    match tier {
        Tier::Blocked => Err(Refusal::Blocked),
        _ if [Action::LogIn, Action::SeeAccounts].contains(&action) => match (tier, everywhere) {
            (_, Tier::Owner) => Ok(tier),
            (Tier::Owner, _) => Err(Refusal::NotOwnerOfAll),
            _ => Err(Refusal::NotAnOwner),
        },
        Tier::Owner => Ok(tier),
        _ if for_everybody.contains(&action) => Ok(tier),
        _ if for_owners.contains(&action) => Err(Refusal::NotAnOwner),
        Tier::Member => Ok(tier),
        Tier::Guest => Err(Refusal::NotAMember),
    }
}

/// What nobody may bring about, said of the people and places that there are.
fn assert_fair(world: &World, before: &Diary, after: &Diary, actor: &Person) {
    let somebody_owns = |diary: &Diary, place| {
        let owner = |person: &Person| diary.tier(person, place, world.now) == Tier::Owner;
        world.people.iter().any(owner)
    };
    for place in world.places() {
        for person in &world.people {
            let was = before.tier(person, place, world.now);
            let is = after.tier(person, place, world.now);
            if person.id == actor.id {
                assert!(
                    diary::height(is) <= diary::height(was),
                    "{actor:?} raised himself"
                );
            } else if was == Tier::Owner {
                assert_eq!(is, Tier::Owner, "{actor:?} changed {person:?}");
            }
        }
        let had = somebody_owns(before, place);
        assert!(
            !had || somebody_owns(after, place),
            "{place:?} lost its last owner"
        );
    }
}

fn play(owners: Owners, steps: &[Step]) {
    let mut world = World::new(START);
    let mut diary = Diary::new(owners);
    let mut rows: Vec<MembershipRow> = Vec::new();
    for step in steps {
        match step {
            Step::Wait(span) => world.now = world.now.after(*span),
            Step::Role { person, role, has } => world.give(*person, *role, *has),
            Step::Move { thread, channel } => world.hang(*thread, *channel),
            Step::Operator(change) => {
                diary.note(change, world.now);
                put(&mut rows, change, &world);
            }
            Step::Change {
                actor,
                here,
                change,
            } => {
                let actor = world.people[*actor].clone();
                let asked = Asked {
                    actor: &actor,
                    here: world.place(*here),
                    change: *change,
                    known: &world.people,
                };
                let law = Law {
                    owners,
                    rows: &rows,
                    now: world.now,
                };
                let judged = judge(&asked, &law);
                let wanted = diary.allows(&world, &actor, asked.here, change);
                assert_eq!(
                    judged.is_ok(),
                    wanted,
                    "{change:?} by {actor:?}: {judged:?}"
                );
                if wanted {
                    let before = diary.clone();
                    diary.note(change, world.now);
                    put(&mut rows, change, &world);
                    assert_fair(&world, &before, &diary, &actor);
                }
            }
        }
        let law = Law {
            owners,
            rows: &rows,
            now: world.now,
        };
        for person in &world.people {
            for place in world.places() {
                let tier = diary.tier(person, place, world.now);
                let everywhere = diary.tier_everywhere(person, world.now);
                for action in Action::ALL {
                    let found = law
                        .decide(person, place, *action)
                        .map(|permit| permit.tier());
                    assert_eq!(
                        found,
                        expected(tier, everywhere, *action),
                        "{person:?} {place:?} {action:?}"
                    );
                }
            }
        }
    }
}

/// What the database would hold.
fn put(rows: &mut Vec<MembershipRow>, change: &Change, world: &World) {
    rows.retain(|row| row.subject != change.subject || row.scope != change.scope);
    rows.extend(change.row(&world.people[0], world.now));
}

/// The same with the database behind it, and the gate in front.
async fn play_for_real(owners: Owners, steps: &[Step]) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).await.unwrap();
    let clock = Clock::held_at(START);
    let gate = Gate::new(store.clone(), owners, clock.clone());
    let mut world = World::new(START);
    let mut diary = Diary::new(owners);
    for step in steps {
        match step {
            Step::Wait(span) => {
                clock.advance(*span);
                world.now = clock.now();
            }
            Step::Role { person, role, has } => world.give(*person, *role, *has),
            Step::Move { thread, channel } => world.hang(*thread, *channel),
            Step::Operator(change) => {
                diary.note(change, world.now);
                let mut tx = store.write().await.unwrap();
                match change.row(&world.people[0], world.now) {
                    Some(row) => tx.set_membership(&row).await.unwrap(),
                    None => drop(
                        tx.remove_membership(change.subject, change.scope)
                            .await
                            .unwrap(),
                    ),
                }
                tx.commit().await.unwrap();
            }
            Step::Change {
                actor,
                here,
                change,
            } => {
                let (actor, here) = (world.people[*actor].clone(), world.place(*here));
                let permit = gate
                    .authorize(&actor, here, Action::ManageMembers)
                    .await
                    .unwrap();
                let may = diary.tier(&actor, here, world.now) == Tier::Owner;
                assert_eq!(permit.is_ok(), may);
                let Ok(permit) = permit else { continue };
                let done = gate.change_membership(&permit, &actor, *change, &world.people);
                let done = done.await.unwrap();
                let wanted = diary.allows(&world, &actor, here, change);
                assert_eq!(done.is_ok(), wanted, "{change:?} by {actor:?}: {done:?}");
                if wanted {
                    diary.note(change, world.now);
                }
            }
        }
        for person in &world.people {
            for place in world.places() {
                let found = gate.authorize(person, place, Action::Ask).await.unwrap();
                let tier = diary.tier(person, place, world.now);
                let found = found.map(|permit| permit.tier());
                assert_eq!(
                    found,
                    expected(tier, tier, Action::Ask),
                    "{person:?} {place:?}"
                );
            }
        }
    }
    store.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_policy_says_what_the_slow_model_says((owners, steps) in script(24)) {
        play(owners, &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_gate_with_its_database_says_what_the_slow_model_says((owners, steps) in script(20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(play_for_real(owners, &steps));
    }
}

#[test]
fn the_model_knows_an_end_from_a_revocation() {
    let owners = Owners::default();
    let world = World::new(START);
    let mut diary = Diary::new(owners);
    let minute = Duration::from_mins(1);
    let change = script::grant(0, Tier::Member, Some(minute));
    diary.note(&change, START);
    let place = world.places()[0];
    let at = |moment| diary.tier(&world.people[0], place, moment);
    assert_eq!(at(START), Tier::Member);
    assert_eq!(at(START.after(minute)), Tier::Guest);
}
