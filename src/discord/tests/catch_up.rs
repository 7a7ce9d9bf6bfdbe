//! What was written while nobody listened.

use std::time::Duration;

use discord_sim::{
    Clock as SimClock, DispatchFault, DispatchRule, EventKind, Fault, Rule, Sim, SimConfig,
};
use serde_json::{Value, json};
use serenity::http::{LightMethod, Request, Route};

use super::gateway::{Served, say, until_heard_last, watching};
use crate::{
    clock::Clock,
    config::CatchUp,
    discord::{
        BoundChannel, DiscordSettings,
        testing::{channel, connected, settings},
    },
    words::{Addressed, ChannelId, MessageId, Place, RoleId},
};

#[tokio::test]
async fn who_wrote_while_nobody_listened_has_his_roles_and_who_left_is_not_heard() {
    let sim = Sim::start(SimConfig::default()).await;
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
async fn a_thread_that_was_made_meanwhile_is_read_after_its_channel() {
    let sim = Sim::start(SimConfig::default()).await;
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
    sim.assert_clean();
}

#[tokio::test]
async fn what_stood_in_a_thread_before_baton_came_is_not_heard() {
    let sim = Sim::start(SimConfig::default()).await;
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
    let sim = Sim::start(SimConfig::default()).await;
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

fn bounded(sim: &Sim, catch_up: CatchUp) -> DiscordSettings {
    DiscordSettings {
        catch_up,
        ..settings(sim)
    }
}

#[tokio::test]
async fn of_too_many_messages_the_newest_are_heard_and_the_place_is_told_once() {
    let sim = Sim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(say(&sim, &format!("missed {n}")).await);
    }
    let bounds = CatchUp {
        max_age: Duration::from_hours(1),
        max_messages: 3,
    };
    let served = Served::start_by(bounded(&sim, bounds), watching(&sim, Some(decided))).await;
    until_heard_last(&sim, &served.house, "last").await;
    let heard = served.house.texts();
    assert_eq!(heard.last().map(String::as_str), Some("last"));
    let kept = &heard[..heard.len() - 1];
    let wanted: Vec<String> = (5 - kept.len()..5).map(|n| format!("missed {n}")).collect();
    assert_eq!(kept, wanted);
    assert!((2..=3).contains(&kept.len()), "{heard:?}");
    let last_left_out = MessageId::new(ids[4 - kept.len()]);
    let told = served.house.left_out.lock().clone();
    assert_eq!(told, [(channel(&sim, "general"), last_left_out)]);
    served.stop().await;
}

#[tokio::test]
async fn what_is_too_old_is_left_out_and_the_place_is_told() {
    let days = Duration::from_hours(48);
    let clock = SimClock::manual(Clock::system().now().before(days).get());
    let sim = Sim::start(SimConfig {
        clock: clock.clone(),
        ..SimConfig::default()
    })
    .await;
    let decided = say(&sim, "old").await;
    let too_old = say(&sim, "too old").await;
    clock.advance(days);
    say(&sim, "new enough").await;
    let bounds = CatchUp {
        max_age: Duration::from_hours(24),
        max_messages: 100,
    };
    let served = Served::start_by(bounded(&sim, bounds), watching(&sim, Some(decided))).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["new enough", "last"]);
    let told = served.house.left_out.lock().clone();
    assert_eq!(told, [(channel(&sim, "general"), MessageId::new(too_old))]);
    served.stop().await;
}

#[tokio::test]
async fn of_what_nobody_wrote_nobody_is_told_that_it_was_left_out() {
    let days = Duration::from_hours(48);
    let clock = SimClock::manual(Clock::system().now().before(days).get());
    let sim = Sim::start(SimConfig {
        clock: clock.clone(),
        ..SimConfig::default()
    })
    .await;
    let general = sim.channel("general");
    let decided = say(&sim, "old").await;
    // A machine, and Discord itself.
    sim.bot_user("robot").says("beep").in_(general).await;
    sim.create_thread_in(general, "a thread");
    let newest = sim.messages(general).last().unwrap().id;
    clock.advance(days);
    let bounds = CatchUp {
        max_age: Duration::from_hours(24),
        max_messages: 100,
    };
    let served = Served::start_by(bounded(&sim, bounds), watching(&sim, Some(decided))).await;
    let place = channel(&sim, "general");
    served
        .house
        .until_marked_up_to(place, MessageId::new(newest.get()))
        .await;
    assert_eq!(*served.house.left_out.lock(), []);
    served.stop().await;
}

#[tokio::test]
async fn what_was_heard_is_not_left_out_when_more_was_lost_than_is_read_back() {
    let sim = Sim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let bounds = CatchUp {
        max_age: Duration::from_hours(1),
        max_messages: 1,
    };
    let served = Served::start_by(bounded(&sim, bounds), watching(&sim, Some(decided))).await;
    until_heard_last(&sim, &served.house, "ready").await;
    until_heard_last(&sim, &served.house, "heard").await;
    let messages = DispatchRule::of(EventKind::MessageCreate).times(2);
    sim.dispatch_fault(messages, DispatchFault::Lost);
    let robot = sim.bot_user("robot");
    robot.says("beep").in_(sim.channel("general")).await;
    let last = robot.says("beep").in_(sim.channel("general")).await;
    sim.ask_to_reconnect();
    // Only a look can tell of it.
    let (place, last) = (channel(&sim, "general"), MessageId::new(last.id.get()));
    served.house.until_marked_up_to(place, last).await;
    assert_eq!(*served.house.left_out.lock(), []);
    served.stop().await;
}

#[tokio::test]
async fn what_somebody_wrote_is_left_out_with_a_word_whatever_machines_said_after_it() {
    let days = Duration::from_hours(48);
    let clock = SimClock::manual(Clock::system().now().before(days).get());
    let sim = Sim::start(SimConfig {
        clock: clock.clone(),
        ..SimConfig::default()
    })
    .await;
    let general = sim.channel("general");
    let decided = say(&sim, "old").await;
    say(&sim, "too old").await;
    let mut last = 0;
    // More than Discord gives at once.
    for _ in 0..120 {
        let beep = sim.bot_user("robot").says("beep").in_(general).await;
        last = beep.id.get();
    }
    clock.advance(days);
    let bounds = CatchUp {
        max_age: Duration::from_hours(24),
        max_messages: 100,
    };
    let served = Served::start_by(bounded(&sim, bounds), watching(&sim, Some(decided))).await;
    until_heard_last(&sim, &served.house, "last").await;
    let told = served.house.left_out.lock().clone();
    assert_eq!(told, [(channel(&sim, "general"), MessageId::new(last))]);
    served.stop().await;
}

#[tokio::test]
async fn a_thread_that_was_archived_meanwhile_is_read_too() {
    let sim = Sim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let thread = sim.create_thread_in(sim.channel("general"), "soon over");
    sim.user("alice")
        .says("@bot before it closed")
        .in_(thread)
        .await;
    sim.archive(thread);
    let settings = DiscordSettings {
        channels: vec![BoundChannel {
            channel: channel(&sim, "general"),
            project: "play".to_owned(),
        }],
        ..settings(&sim)
    };
    let served = Served::start_by(settings, watching(&sim, Some(decided))).await;
    served.house.until_heard(1).await;
    assert_eq!(served.house.texts(), ["before it closed"]);
    served.stop().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_read_hides_no_other_one() {
    let sim = Sim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    say(&sim, "@bot before").await;
    say(&sim, "@bot broken").await;
    say(&sim, "@bot after").await;
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
