//! What was written in threads that were archived meanwhile.

use std::time::Duration;

use discord_sim::{RouteKind, Rule, Sim, SimConfig};

use super::gateway::{Served, say, watching};
use crate::{
    discord::{
        BoundChannel, DiscordSettings,
        testing::{CleanSim, FakeHouse, channel, held_sim, settings},
    },
    words::{ChannelId, MessageId},
};
#[tokio::test]
async fn a_thread_that_was_archived_meanwhile_is_read_too() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let thread = sim.create_thread_in(sim.channel("general"), "soon over");
    sim.user("alice")
        .says("@bot before it closed")
        .in_(thread)
        .await;
    sim.archive(thread);
    let served = Served::start_by(in_general(&sim), watching(&sim, Some(decided))).await;
    served.house.until_heard(1).await;
    assert_eq!(served.house.texts(), ["before it closed"]);
    served.stop().await;
}

/// Threads of `#general`, archived one after the other.
fn archived_threads(sim: &Sim, count: usize) -> Vec<discord_sim::ChannelId> {
    let general = sim.channel("general");
    let threads = (0..count).map(|n| {
        let thread = sim.create_thread_in(general, &format!("thread {n}"));
        sim.advance(Duration::from_millis(10));
        sim.archive(thread);
        thread
    });
    threads.collect()
}

fn watch(house: &mut FakeHouse, thread: discord_sim::ChannelId) {
    let thread = ChannelId::new(thread.get());
    house.watched.push(thread);
    let own = MessageId::new(thread.get());
    house.marks.lock().insert(thread, own);
}

fn in_general(sim: &Sim) -> DiscordSettings {
    DiscordSettings {
        channels: vec![BoundChannel {
            channel: channel(sim, "general"),
            project: "play".to_owned(),
        }],
        ..settings(sim)
    }
}

/// What was read of threads and in them since a place in the journal.
pub(super) fn read_since(sim: &Sim, from: usize) -> Vec<String> {
    let journal = sim.journal();
    let calls = journal[from..].iter().filter_map(|entry| entry.rest());
    let read = calls.filter(|call| {
        call.method == "GET"
            && (call.path.contains("/threads/") || call.path.ends_with("/messages"))
    });
    let general = format!("/channels/{}/", sim.channel("general"));
    read.map(|call| {
        call.path
            .replace("/api/v10", "")
            .replace(&general, "general: ")
    })
    .collect()
}

#[tokio::test]
async fn three_hundred_archived_threads_with_nothing_new_take_three_requests() {
    let sim = held_sim(Duration::from_hours(1)).await;
    let threads = archived_threads(&sim, 300);
    let decided = say(&sim, "old").await;
    let mut house = watching(&sim, Some(decided));
    for thread in &threads {
        watch(&mut house, *thread);
    }
    // The thread that was archived before all others.
    sim.user("alice").says("@bot hello").in_(threads[0]).await;
    sim.archive(threads[0]);
    let from = sim.journal().len();
    let served = Served::start_by(in_general(&sim), house).await;
    served.house.until_heard(1).await;
    let active = format!("/guilds/{}/threads/active", sim.guild_id());
    let of_archive = "general: threads/archived/public";
    let only = format!("/channels/{}/messages", threads[0]);
    assert_eq!(
        read_since(&sim, from),
        [&active, of_archive, of_archive, of_archive, &only]
    );
    served.stop().await;
}

#[tokio::test]
async fn archived_threads_of_four_channels_are_listed_at_a_time() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let mut settings = in_general(&sim);
    for n in 0..8 {
        let name = format!("channel {n}");
        let created = sim.create_channel(&name);
        settings.channels.push(BoundChannel {
            channel: channel(&sim, &name),
            project: "play".to_owned(),
        });
        let thread = sim.create_thread_in(created, &name);
        let text = format!("@bot {name}");
        sim.user("alice").says(text).in_(thread).await;
        sim.archive(thread);
    }
    let mut house = watching(&sim, Some(decided));
    house.watched = settings.channels.iter().map(|it| it.channel).collect();
    let hold = sim.hold(Rule::route(RouteKind::ArchivedThreads).always());
    let served = Served::start_by(settings, house).await;
    hold.have_arrived(4).await;
    assert_eq!(hold.arrivals(), 4);
    hold.release();
    served.house.until_heard(8).await;
    let mut heard = served.house.texts();
    heard.sort_unstable();
    let wanted: Vec<String> = (0..8).map(|n| format!("channel {n}")).collect();
    assert_eq!(heard, wanted);
    served.stop().await;
}

#[tokio::test]
async fn archived_threads_that_no_list_has_are_asked_for_one_by_one_and_private_ones_are_listed() {
    let sim = held_sim(Duration::from_hours(1)).await;
    let (general, alice) = (sim.channel("general"), sim.user("alice"));
    let decided = say(&sim, "old").await;
    let old = sim.create_thread_in(general, "old");
    let private = alice.creates_thread("private").private().in_(general).await;
    let quiet = alice.creates_thread("quiet").private().in_(general).await;
    let mut house = watching(&sim, Some(decided));
    for thread in [old, private, quiet] {
        watch(&mut house, thread);
        sim.user("bot").joins_thread(thread);
    }
    for thread in [old, private] {
        alice.says("@bot hello").in_(thread).await;
    }
    for thread in [old, private, quiet] {
        sim.archive(thread);
        sim.advance(Duration::from_millis(10));
    }
    // As many as a look lists.
    archived_threads(&sim, 1_000);
    let from = sim.journal().len();
    let served = Served::start_by(in_general(&sim), house).await;
    served.house.until_heard(2).await;
    let mut wanted = vec![format!("/guilds/{}/threads/active", sim.guild_id())];
    wanted.extend(vec!["general: threads/archived/public".to_owned(); 10]);
    wanted.push("general: users/@me/threads/archived/private".to_owned());
    let mut read = read_since(&sim, from);
    assert_eq!(read.drain(..12).collect::<Vec<_>>(), wanted);
    // Discord tells of a thousand threads in the channel.
    read.retain(|path| path != "general: messages");
    read.sort_unstable();
    let mut messages = [old, private].map(|thread| format!("/channels/{thread}/messages"));
    messages.sort_unstable();
    assert_eq!(read, messages);
    served.stop().await;
}
