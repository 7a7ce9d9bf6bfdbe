//! How long roles are believed.

use std::time::Duration;

use discord_sim::{Sim, SimConfig};

use crate::{
    discord::testing::connected,
    words::{Person, RoleId, UserId},
};

#[tokio::test]
async fn what_an_event_said_is_believed_for_a_minute_from_when_it_was_so() {
    let sim = Sim::start(SimConfig::default()).await;
    let carol = sim.user("carol").with_role("crew");
    let id = UserId::new(carol.id().get());
    let connection = connected(&sim).await;
    let said = |roles: &[u64]| Person {
        id,
        name: "carol".to_owned(),
        roles: roles.iter().copied().map(RoleId::new).collect(),
    };
    let people = &connection.people;
    people.note(&said(&[7]), Duration::from_secs(61));
    let crew = sim.role("crew").get();
    assert_eq!(people.member(id).await.unwrap(), Some(said(&[crew])));
    people.note(&said(&[7]), Duration::from_secs(50));
    assert_eq!(people.member(id).await.unwrap(), Some(said(&[7])));
}
