//! What was allowed for longer, from the side of those who may take it back.

use discord_sim::SimConfig;

use super::{
    commands::{open_house, until_registered},
    gateway::Served,
    sight::{appoint, offered},
};
use crate::{
    clock::Millis,
    discord::testing::CleanSim,
    session::{Given, Holding},
    store::GrantRow,
    words::{GrantId, GrantScope, Tier, UserId},
};

fn given(rule: &str, by: UserId) -> Given {
    Given {
        grant: GrantRow {
            id: GrantId::fresh(),
            rule: rule.to_owned(),
            project: "demo".to_owned(),
            scope: GrantScope::Project,
            tier: Tier::Member,
            granted_by: by,
            giver_roles: Vec::new(),
            place: None,
            granted_at: Millis::new(0),
            expires_at: None,
            revoked_at: None,
            revoked_by: None,
        },
        holding: Holding::Holds,
    }
}

#[tokio::test]
async fn to_take_back_somebody_is_offered_what_he_may_and_nothing_else() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (mut house, store, directory) = open_house().await;
    let [owner, alice, carol, mallory] =
        ["owner", "alice", "carol", "mallory"].map(|name| sim.user(name));
    let id = |who: &discord_sim::Actor| UserId::new(who.id().get());
    appoint(&store, &alice).await;
    appoint(&store, &carol).await;
    house.owner = Some(id(&owner));
    house.grants = vec![given("Bash(ls)", id(&owner)), given("Read", id(&alice))];
    let served = Served::start_with(&sim, house, store, directory).await;
    until_registered(&sim).await;
    let general = sim.channel("general");
    let (ls, read) = ("Bash(ls) · project", "Read · project");
    for (who, wanted) in [
        (owner, &[ls, read][..]),
        (alice, &[read]),
        (carol, &[]),
        (mallory, &[]),
    ] {
        let offers = offered(&who, general, "grants revoke", "grant").await;
        assert_eq!(offers, wanted, "{}", id(&who));
    }
    served.stop().await;
}
