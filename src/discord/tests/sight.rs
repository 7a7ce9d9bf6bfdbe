//! Titles of conversations are for those who could read them.

use discord_sim::{NO_OPTIONS, Permission, Permissions, Sim, SimConfig};

use super::{
    commands::{open_house, until_registered},
    gateway::Served,
};
use crate::{
    clock::Millis,
    session::{Audience, SessionView},
    words::{ChannelId, GuildId, Place, SessionId},
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
        state: None,
        used_at: Millis::new(0),
        unreachable: None,
    }
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
    let sim = Sim::start(SimConfig::default()).await;
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
    let typing = alice.completes(general, "session stop", NO_OPTIONS, ("name", ""));
    let typing = typing.await;
    typing.acknowledged().await;
    let offers = typing.data().unwrap();
    let offers: Vec<&str> = offers
        .as_array()
        .unwrap()
        .iter()
        .map(|offer| offer["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        offers,
        ["open · demo", "archived · demo", "without a thread · demo"]
    );
    // Who is there sees where he is.
    let asked = carol.slash("session list", NO_OPTIONS).in_(private);
    let list = asked.send().unwrap().answer().await.content;
    assert_eq!(
        titles(&list),
        ["open", "archived", "private", "below", "without a thread"]
    );
    served.stop().await;
    sim.assert_clean();
}
