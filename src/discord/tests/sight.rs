//! Titles of conversations are for those who could read them.

use discord_sim::{Actor, NO_OPTIONS, Permission, Permissions, Sim, SimConfig};

use super::{
    commands::{open_house, until_registered},
    gateway::Served,
};
use crate::{
    clock::Millis,
    discord::testing::CleanSim,
    session::{Audience, SessionView},
    store::{MembershipRow, Store, Subject},
    words::{ChannelId, GuildId, Place, RuntimeKind, Scope, SessionId, Tier, UserId},
};

type Id = discord_sim::ChannelId;

/// A conversation below a channel.
fn view(sim: &Sim, title: &str, channel: Id, at: Id) -> SessionView {
    SessionView {
        id: SessionId::fresh(),
        place: Place {
            guild: GuildId::new(sim.guild_id().get()),
            channel: ChannelId::new(channel.get()),
            thread: Some(ChannelId::new(at.get())),
        },
        at: ChannelId::new(at.get()),
        audience: Audience::Thread,
        title: title.to_owned(),
        project: "demo".to_owned(),
        runtime: RuntimeKind::Claude,
        state: None,
        used_at: Millis::new(0),
        unreachable: None,
    }
}

/// What somebody is shown who has typed nothing yet.
pub(super) async fn offered(who: &Actor, place: Id, line: &str, option: &str) -> Vec<String> {
    let typing = who.completes(place, line, NO_OPTIONS, (option, "")).await;
    typing.acknowledged().await;
    let offers = typing.data().unwrap();
    let names = offers.as_array().unwrap().iter();
    names
        .map(|offer| offer["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Makes somebody a member.
pub(super) async fn appoint(store: &Store, who: &Actor) {
    let mut tx = store.write().await.unwrap();
    tx.set_membership(&MembershipRow {
        subject: Subject::User(UserId::new(who.id().get())),
        scope: Scope::Global,
        tier: Tier::Member,
        granted_by: None,
        granted_at: Millis::new(0),
        expires_at: None,
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

/// What the list shows somebody.
async fn listed(who: &Actor, place: Id) -> Vec<String> {
    let asked = who.slash("session list", NO_OPTIONS).in_(place);
    titles(&asked.send().unwrap().answer().await.content)
}

/// The titles in a list: `<#…> title · project · …`.
fn titles(list: &str) -> Vec<String> {
    let title = |line: &str| {
        let (_, rest) = line.split_once("> ").unwrap();
        rest.split_once(" · ").unwrap().0.to_owned()
    };
    list.lines().map(title).collect()
}

#[tokio::test]
async fn titles_of_places_that_somebody_cannot_see_are_neither_listed_nor_offered() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (mut house, store, directory) = open_house().await;
    let (general, hidden) = (sim.channel("general"), sim.create_channel("hidden"));
    let alice = sim.user("alice");
    sim.overwrite(
        hidden,
        alice.id(),
        Permissions::NONE,
        Permission::ViewChannel,
    );
    let carol = sim.user("carol");
    for who in [&alice, &carol] {
        appoint(&store, who).await;
    }
    house.owner = Some(UserId::new(sim.user("owner").id().get()));
    let open = sim.create_thread_in(general, "open");
    let archived = sim.create_thread_in(general, "archived");
    let private = carol.creates_thread("private").in_(general).private().await;
    let forgotten = carol
        .creates_thread("forgotten")
        .in_(general)
        .private()
        .await;
    let below = sim.create_thread_in(hidden, "below");
    // The gateway does not tell of archived threads.
    sim.archive(archived);
    sim.archive(forgotten);
    house.sessions = vec![
        view(&sim, "open", general, open),
        view(&sim, "archived", general, archived),
        view(&sim, "private", general, private),
        view(&sim, "forgotten", general, forgotten),
        view(&sim, "below", hidden, below),
        view(&sim, "without a thread", general, general),
        view(&sim, "gone", general, Id::new(77)),
    ];
    let served = Served::start_with(&sim, house, store, directory).await;
    until_registered(&sim).await;

    let seen = ["open", "archived", "without a thread"];
    for place in [None, Some("everywhere"), Some("this channel")] {
        let options = place.map(|place| ("where", place));
        let asked = alice.slash("session list", options).in_(general);
        let list = asked.send().unwrap().answer().await.content;
        assert_eq!(titles(&list), seen, "{place:?}");
    }
    assert_eq!(
        offered(&alice, general, "session stop", "name").await,
        ["open · demo", "archived · demo", "without a thread · demo"]
    );
    // Who is there sees where he is.
    assert_eq!(
        listed(&carol, private).await,
        ["open", "archived", "private", "below", "without a thread"]
    );
    served.stop().await;
}

#[tokio::test]
async fn a_conversation_whose_thread_is_gone_is_seen_by_owners_and_by_whoever_could_see_it() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (mut house, store, directory) = open_house().await;
    let general = sim.channel("general");
    let (alice, owner) = (sim.user("alice"), sim.user("owner"));
    appoint(&store, &alice).await;
    house.owner = Some(UserId::new(owner.id().get()));
    let public = sim.create_thread_in(general, "public");
    let carol = sim.user("carol");
    let private = carol.creates_thread("private").in_(general).private().await;
    let unknown = Id::new(77);
    house.sessions = vec![
        view(&sim, "public", general, public),
        view(&sim, "private", general, private),
        view(&sim, "unknown", general, unknown),
    ];
    let served = Served::start_with(&sim, house, store, directory).await;
    until_registered(&sim).await;
    assert_eq!(listed(&alice, general).await, ["public"]);
    assert_eq!(listed(&owner, general).await, ["public", "unknown"]);

    sim.delete_channel(public);
    sim.delete_channel(private);
    assert_eq!(listed(&alice, general).await, ["public"]);
    let all = ["public", "private", "unknown"];
    assert_eq!(listed(&owner, general).await, all);
    served.stop().await;
}
