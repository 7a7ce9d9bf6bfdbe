//! The channels of a project that has all those that nobody named.

use std::time::Duration;

use discord_sim::{Clock as SimClock, Fault, Permission, RouteKind, Rule, SimConfig};
use serde_json::{Value, json};
use serenity::{
    all::{ChannelType, Permissions},
    http::{LightMethod, Request, Route},
};

use super::gateway::{Served, say, until_heard_last, watching};
use crate::{
    clock::Clock,
    discord::{
        DiscordSettings,
        testing::{CleanSim, FakeHouse, channel, connected, settings},
    },
    words::{ChannelId, MessageId},
};

#[tokio::test]
async fn with_a_project_for_all_others_every_channel_that_can_be_read_is_read_back() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let project = sim.channel("project");
    let lounge = sim.create_channel("lounge");
    let decided = say(&sim, "old").await;
    say(&sim, "missed here").await;
    let alice = sim.user("alice");
    // Nobody ever looked at this one.
    alice.says("@bot long ago").in_(lounge).await;
    alice.says("@bot unseen").in_(project).await;
    sim.deny(project, [Permission::ViewChannel]);
    let house = FakeHouse {
        watched: Vec::new(),
        ..watching(&sim, Some(decided))
    };
    let settings = DiscordSettings {
        default_project: Some("play".to_owned()),
        ..settings(&sim)
    };
    let served = Served::start_by(settings, house).await;
    served.house.until_marked(channel(&sim, "lounge")).await;
    served.house.until_heard(1).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["missed here", "last"]);
    let journal = sim.journal();
    let asked = journal.iter().filter_map(|entry| entry.rest());
    let hidden = format!("/channels/{project}/");
    let asked: Vec<_> = asked.filter(|call| call.path.contains(&hidden)).collect();
    assert!(asked.is_empty(), "{asked:?}");
    served.stop().await;
}

#[tokio::test]
async fn a_channel_that_nobody_named_is_not_told_that_something_was_left_out() {
    let days = Duration::from_hours(48);
    let clock = SimClock::manual(Clock::system().now().before(days).get());
    let sim = CleanSim::start(SimConfig {
        clock: clock.clone(),
        ..SimConfig::default()
    })
    .await;
    let decided = say(&sim, "old").await;
    let too_old = MessageId::new(say(&sim, "too old").await);
    clock.advance(days);
    let house = FakeHouse {
        watched: Vec::new(),
        ..watching(&sim, Some(decided))
    };
    let settings = DiscordSettings {
        default_project: Some("play".to_owned()),
        ..settings(&sim)
    };
    let served = Served::start_by(settings, house).await;
    let place = channel(&sim, "general");
    served.house.until_marked_up_to(place, too_old).await;
    assert_eq!(*served.house.left_out.lock(), []);
    served.stop().await;
}

#[tokio::test]
async fn voice_channels_are_read_where_baton_may_join_and_have_no_threads() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let route = Route::GuildChannels {
        guild_id: sim.guild_id().get().into(),
    };
    let asked = Request::new(route, LightMethod::Get);
    let mut all: Vec<Value> = connected(&sim).await.http.fire(asked).await.unwrap();
    // Older than the last look: they are marked where they end.
    let kinds = [
        (11, ChannelType::Voice, true),
        (12, ChannelType::Voice, false),
        (13, ChannelType::Stage, true),
        (14, ChannelType::Stage, false),
    ];
    for (id, kind, may_join) in kinds {
        let everyone = json!({
            "id": sim.guild_id().to_string(),
            "type": 0,
            "allow": if may_join { Permissions::CONNECT } else { Permissions::empty() },
            "deny": if may_join { Permissions::empty() } else { Permissions::CONNECT },
        });
        let mut voice = all[0].clone();
        voice["id"] = json!(id.to_string());
        voice["type"] = json!(u8::from(kind));
        voice["last_message_id"] = json!((id + 10).to_string());
        voice["permission_overwrites"] = json!([everyone]);
        all.push(voice);
    }
    let answer = Fault::Answer {
        status: 200,
        body: Some(all.into()),
    };
    sim.fault(Rule::route(RouteKind::GuildChannels).always(), answer);
    let settings = DiscordSettings {
        default_project: Some("play".to_owned()),
        ..settings(&sim)
    };
    let served = Served::start_by(settings, watching(&sim, Some(decided))).await;
    // No list tells of what is said from now on.
    sim.wait_until_connected().await;
    until_heard_last(&sim, &served.house, "last").await;
    let marks = served.house.marks.lock().clone();
    let marked = kinds.map(|(id, ..)| marks.get(&ChannelId::new(id)).map(|mark| mark.get()));
    assert_eq!(marked, [Some(21), None, Some(23), None]);
    let journal = sim.journal();
    let lists = journal.iter().filter_map(|entry| entry.rest());
    let lists = lists.filter(|call| call.path.contains("/threads/archived/"));
    let of_voice = lists.filter(|call| {
        kinds
            .iter()
            .any(|(id, ..)| call.path.contains(&format!("/channels/{id}/")))
    });
    assert_eq!(of_voice.count(), 0);
    served.stop().await;
}
