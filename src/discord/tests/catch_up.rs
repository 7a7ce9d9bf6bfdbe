//! What was written while nobody listened.

use std::time::Duration;

use discord_sim::{Fault, RouteKind, Rule, SimConfig};
use serde_json::{Value, json};
use serenity::http::{LightMethod, Request, Route};

use super::{
    archive::read_since,
    gateway::{Served, say, until_heard_last, watching},
};
use crate::{
    discord::{
        DiscordSettings,
        testing::{CleanSim, FakeHouse, connected, held_sim, settings},
    },
    words::{Addressed, ChannelId, MessageId, Place, RoleId},
};

#[tokio::test]
async fn who_wrote_while_nobody_listened_has_his_roles_and_who_left_is_not_heard() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let general = sim.channel("general");
    let carol = sim.user("carol").with_role("crew");
    let dave = sim.user("dave").with_role("crew");
    dave.says("@bot me first").in_(general).await;
    carol.says("@bot do it").in_(general).await;
    dave.leaves();
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    until_heard_last(&sim, &served.house, "last").await;
    let heard = served.house.heard.lock()[0].clone();
    let crew = RoleId::new(sim.role("crew").get());
    assert_eq!(
        (heard.person.name, heard.person.roles, heard.addressed),
        ("carol".to_owned(), vec![crew], Addressed::ToBaton)
    );
    assert_eq!(served.house.texts(), ["do it", "last"]);
    served.stop().await;
}

#[tokio::test]
async fn roles_of_an_event_that_waited_for_the_catch_up_are_asked_for_anew() {
    let sim = held_sim(Duration::from_mins(2)).await;
    let decided = say(&sim, "old").await;
    say(&sim, "missed").await;
    let hold = sim.hold(Rule::list_messages());
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    sim.wait_until_connected().await;
    let carol = sim.user("carol");
    carol.says("@bot do it").in_(sim.channel("project")).await;
    let _ = carol.with_role("blocked");
    hold.release();
    served.house.until_heard(2).await;
    let heard = served.house.heard.lock()[1].clone();
    let blocked = RoleId::new(sim.role("blocked").get());
    assert_eq!(
        (heard.text.as_str(), heard.person.roles),
        ("do it", vec![blocked])
    );
    served.stop().await;
}

#[tokio::test]
async fn a_thread_that_was_made_meanwhile_is_read_after_its_channel() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let general = sim.channel("general");
    let thread = sim.create_thread_in(general, "made meanwhile");
    let alice = sim.user("alice");
    alice.says("@bot in the thread").in_(thread).await;
    alice.says("@bot in the channel").in_(general).await;
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    served.house.until_heard(2).await;
    assert_eq!(served.house.texts(), ["in the channel", "in the thread"]);
    let place = served.house.heard.lock()[1].place;
    assert_eq!(
        place,
        Place {
            guild: place.guild,
            channel: ChannelId::new(general.get()),
            thread: Some(ChannelId::new(thread.get())),
        }
    );
    served.stop().await;
}

#[tokio::test]
async fn a_post_of_a_forum_that_was_written_meanwhile_is_heard_from_its_first_message_on() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (forum, _) = sim.create_forum("ideas", &[]);
    let alice = sim.user("alice");
    let before = alice
        .posts_in(forum, "long ago", "@bot long ago", &[])
        .await;
    let place = ChannelId::new(forum.get());
    let house = FakeHouse {
        watched: vec![place],
        ..FakeHouse::default()
    };
    let decided = MessageId::new(before.id.get());
    house.marks.lock().insert(place, decided);
    let post = alice
        .posts_in(forum, "an idea", "@bot what do you think", &[])
        .await;
    let served = Served::start(&sim, house).await;
    sim.wait_until_connected().await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["what do you think", "last"]);
    let heard = served.house.heard.lock()[0].clone();
    assert_eq!(
        (heard.message.get(), heard.place.thread),
        (post.id.get(), Some(ChannelId::new(post.id.get())))
    );
    served.stop().await;
}

#[tokio::test]
async fn where_a_thread_is_empty_nothing_is_read() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let thread = sim.create_thread_in(sim.channel("general"), "empty");
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    until_heard_last(&sim, &served.house, "ready").await;
    // Behind the look.
    until_heard_last(&sim, &served.house, "last").await;
    let read = read_since(&sim, 0);
    let of_thread = format!("/channels/{thread}/messages");
    assert!(!read.contains(&of_thread), "{read:?}");
    served.stop().await;
}

#[tokio::test]
async fn a_channel_that_came_to_be_while_baton_was_away_is_read_from_its_beginning() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let before = sim.create_channel("before");
    let alice = sim.user("alice");
    alice.says("@bot long ago").in_(before).await;
    let decided = say(&sim, "old").await;
    let meanwhile = sim.create_channel("meanwhile");
    alice.says("@bot welcome").in_(meanwhile).await;
    let thread = sim.create_thread_in(meanwhile, "side talk");
    alice.says("@bot here too").in_(thread).await;
    let settings = DiscordSettings {
        default_project: Some("play".to_owned()),
        ..settings(&sim)
    };
    let served = Served::start_by(settings, watching(&sim, Some(decided))).await;
    served.house.until_heard(2).await;
    until_heard_last(&sim, &served.house, "last").await;
    let mut heard = served.house.texts();
    heard.retain(|text| text != "last");
    assert_eq!(heard, ["welcome", "here too"]);
    served.stop().await;
}

#[tokio::test]
async fn what_stood_in_a_thread_before_baton_came_is_not_heard() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let thread = sim.create_thread_in(general, "long ago");
    sim.user("alice").says("@bot long ago").in_(thread).await;
    let decided = say(&sim, "old").await;
    sim.user("alice").says("@bot meanwhile").in_(thread).await;
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    served.house.until_heard(1).await;
    assert_eq!(served.house.texts(), ["meanwhile"]);
    served.stop().await;
}

#[tokio::test]
async fn where_nothing_was_written_nothing_is_read() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    until_heard_last(&sim, &served.house, "last").await;
    let journal = sim.journal();
    let read = journal.iter().filter_map(|entry| entry.rest());
    let pages = read.filter(|call| call.method == "GET" && call.path.ends_with("/messages"));
    // The last message may have come before the look.
    assert!(pages.count() <= 1);
    served.stop().await;
}

#[tokio::test]
async fn where_discord_refuses_a_list_each_place_is_read_back_all_the_same() {
    for route in [RouteKind::GuildChannels, RouteKind::ActiveThreads] {
        let sim = CleanSim::start(SimConfig::default()).await;
        let decided = say(&sim, "old").await;
        say(&sim, "missed").await;
        let refused = Fault::error(403, 50_001, "Missing Access");
        sim.fault(Rule::route(route).always(), refused);
        let served = Served::start(&sim, watching(&sim, Some(decided))).await;
        served.house.until_heard(1).await;
        assert_eq!(served.house.texts(), ["missed"]);
        served.stop().await;
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_read_hides_no_other_one() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    say(&sim, "before").await;
    say(&sim, "broken").await;
    say(&sim, "after").await;
    let http = connected(&sim).await.http;
    let route = Route::ChannelMessages {
        channel_id: sim.channel("general").get().into(),
    };
    let mut page: Vec<Value> = http
        .fire(Request::new(route, LightMethod::Get))
        .await
        .unwrap();
    page[1]["attachments"] = json!("what nobody expects");
    let broken = Fault::Answer {
        status: 200,
        body: Some(page.into()),
    };
    sim.fault(
        Rule::list_messages()
            .in_channel(sim.channel("general"))
            .always(),
        broken,
    );
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    served.house.until_heard(2).await;
    assert_eq!(served.house.texts(), ["before", "after"]);
    served.stop().await;
}
