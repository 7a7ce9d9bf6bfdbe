//! How much is read back of what was written while nobody listened, and what is said of the rest.

use std::time::Duration;

use discord_sim::{DispatchFault, DispatchRule, EventKind, Sim, SimConfig};

use super::gateway::{Served, say, until_heard_last, watching};
use crate::{
    config::CatchUp,
    discord::{
        DiscordSettings,
        testing::{CleanSim, channel, held_sim, settings},
    },
    words::{ChannelId, GuildId, MessageId, Place},
};
/// Longer than what was written is heard.
const DAYS: Duration = Duration::from_hours(48);

/// A server that reads back no more than this of what came after a message.
async fn bounded(sim: &Sim, max_age: Duration, max_messages: usize, decided: u64) -> Served {
    let settings = DiscordSettings {
        catch_up: CatchUp {
            max_age,
            max_messages,
        },
        ..settings(sim)
    };
    Served::start_by(settings, watching(sim, Some(decided))).await
}

#[tokio::test]
async fn of_too_many_messages_the_newest_are_heard_and_the_place_is_told_once() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(say(&sim, &format!("missed {n}")).await);
    }
    let served = bounded(&sim, Duration::from_hours(1), 3, decided).await;
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
async fn chatter_pushes_nothing_out_that_speaks_to_baton() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    say(&sim, "do it").await;
    // More than may be heard, and more than a page.
    for n in 0..120 {
        let chatter = sim.user("alice").says(format!("chatter {n}"));
        chatter.in_(sim.channel("general")).await;
    }
    let served = bounded(&sim, Duration::from_hours(1), 3, decided).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts()[0], "do it");
    assert_eq!(*served.house.left_out.lock(), []);
    served.stop().await;
}

#[tokio::test]
async fn of_talk_nobody_is_asked_who_wrote_it_and_what_is_for_a_session_is_heard() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let general = sim.channel("general");
    for n in 0..40 {
        let guest = sim.user(&format!("guest {n}"));
        guest.says("chatter").in_(general).await;
    }
    let thread = sim.create_thread_in(general, "a conversation");
    let side = sim.create_thread_in(general, "side talk");
    for place in [thread, side] {
        sim.user("carol").says("and then?").in_(place).await;
    }
    let mut house = watching(&sim, Some(decided));
    house.homes.push(Place {
        guild: GuildId::new(sim.guild_id().get()),
        channel: ChannelId::new(general.get()),
        thread: Some(ChannelId::new(thread.get())),
    });
    let served = Served::start(&sim, house).await;
    served.house.until_heard(1).await;
    // Even where nobody was asked it is known how far Baton has read.
    let last = MessageId::new(sim.messages(side).last().unwrap().id.get());
    let side = ChannelId::new(side.get());
    served.house.until_marked_up_to(side, last).await;
    let heard = served.house.heard.lock()[0].clone();
    assert_eq!(
        (heard.text.as_str(), heard.channel.get()),
        ("and then?", thread.get())
    );
    let journal = sim.journal();
    let asked = journal.iter().filter_map(|entry| entry.rest());
    let bot = format!("/members/{}", sim.user("bot").id());
    let asked = asked.filter(|call| call.path.contains("/members/") && !call.path.ends_with(&bot));
    let asked: Vec<_> = asked.map(|call| call.path.clone()).collect();
    let carol = format!(
        "/api/v10/guilds/{}/members/{}",
        sim.guild_id(),
        sim.user("carol").id()
    );
    assert_eq!(asked, [carol]);
    let told = served.stop().await;
    assert_eq!(told.texts(), ["and then?"]);
}

#[tokio::test]
async fn what_is_too_old_is_left_out_and_the_place_is_told() {
    let sim = held_sim(DAYS).await;
    let decided = say(&sim, "old").await;
    let too_old = say(&sim, "too old").await;
    sim.advance(DAYS);
    say(&sim, "new enough").await;
    let served = bounded(&sim, Duration::from_hours(24), 100, decided).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["new enough", "last"]);
    let told = served.house.left_out.lock().clone();
    assert_eq!(told, [(channel(&sim, "general"), MessageId::new(too_old))]);
    served.stop().await;
}

#[tokio::test]
async fn of_what_nobody_wrote_nobody_is_told_that_it_was_left_out() {
    let sim = held_sim(DAYS).await;
    let general = sim.channel("general");
    let decided = say(&sim, "old").await;
    // A machine, and Discord itself.
    sim.bot_user("robot").says("beep").in_(general).await;
    sim.create_thread_in(general, "a thread");
    let newest = sim.messages(general).last().unwrap().id;
    sim.advance(DAYS);
    let served = bounded(&sim, Duration::from_hours(24), 100, decided).await;
    let place = channel(&sim, "general");
    served
        .house
        .until_marked_up_to(place, MessageId::new(newest.get()))
        .await;
    assert_eq!(*served.house.left_out.lock(), []);
    served.stop().await;
}

#[tokio::test]
async fn marks_of_what_machines_said_are_stored_together() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let mut last = 0;
    for _ in 0..20 {
        let beep = sim.bot_user("robot").says("beep");
        last = beep.in_(sim.channel("general")).await.id.get();
    }
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    let place = channel(&sim, "general");
    served
        .house
        .until_marked_up_to(place, MessageId::new(last))
        .await;
    let house = served.stop().await;
    assert_eq!(*house.decided.lock(), 0);
}

#[tokio::test]
async fn what_was_heard_is_not_left_out_when_more_was_lost_than_is_read_back() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let served = bounded(&sim, Duration::from_hours(1), 1, decided).await;
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
    let sim = held_sim(DAYS).await;
    let general = sim.channel("general");
    let decided = say(&sim, "old").await;
    say(&sim, "too old").await;
    let mut last = 0;
    // More than Discord gives at once.
    for _ in 0..120 {
        let beep = sim.bot_user("robot").says("beep").in_(general).await;
        last = beep.id.get();
    }
    sim.advance(DAYS);
    let served = bounded(&sim, Duration::from_hours(24), 100, decided).await;
    until_heard_last(&sim, &served.house, "last").await;
    let told = served.house.left_out.lock().clone();
    assert_eq!(told, [(channel(&sim, "general"), MessageId::new(last))]);
    served.stop().await;
}
