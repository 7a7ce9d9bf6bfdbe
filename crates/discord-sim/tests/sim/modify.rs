//! "Modify Channel": what is set is so afterwards, and what cannot be is refused.

use discord_sim::{ChannelKind, Sim, SimConfig, ViolationKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call, refused};

#[tokio::test]
async fn a_channel_is_moved_turned_into_an_announcement_channel_and_kept_from_children() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let heading = sim.create_channel_of(sim.guild_id(), "work", ChannelKind::Category);
    sim.give_feature(sim.guild_id(), "NEWS");
    let path = format!("/channels/{}", sim.channel("general"));
    let wanted = json!({
        "parent_id": heading,
        "position": 7,
        "nsfw": true,
        "type": 5,
        "topic": "all of it",
        "default_auto_archive_duration": 60,
    });
    let (status, changed) = call(&sim, Method::PATCH, &path, &wanted).await;
    assert_eq!(status, 200, "{changed}");
    let told = gateway.event("CHANNEL_UPDATE").await["d"].clone();
    let (_, read) = call(&sim, Method::GET, &path, &Value::Null).await;
    for channel in [changed, told, read] {
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(&channel[name], value, "{name}");
        }
    }
    let (_, alone) = call(&sim, Method::PATCH, &path, &json!({"parent_id": null})).await;
    assert_eq!(
        (&alone["parent_id"], &alone["position"]),
        (&Value::Null, &json!(7))
    );
    sim.assert_clean();
}

#[tokio::test]
async fn what_a_channel_cannot_become_is_refused() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = format!("/channels/{}", sim.channel("general"));
    let thread = sim.create_thread_in(sim.channel("general"), "talk");
    let thread = format!("/channels/{thread}");
    let heading = |name| sim.create_channel_of(sim.guild_id(), name, ChannelKind::Category);
    let (upper, lower) = (heading("upper"), format!("/channels/{}", heading("lower")));
    for (path, change) in [
        (&lower, json!({"parent_id": upper})),
        // The guild has no news.
        (&general, json!({"type": 5})),
        (&general, json!({"parent_id": sim.channel("project")})),
        (&general, json!({"parent_id": "1"})),
        (&general, json!({"type": 15})),
        (&general, json!({"type": 11})),
        (&general, json!({"default_auto_archive_duration": 61})),
        (&thread, json!({"auto_archive_duration": 5})),
    ] {
        let told = refused(&sim, "PATCH", path, change.clone()).await;
        assert_eq!(told, (400, 50_035), "{change}");
    }
    let change = json!({"auto_archive_duration": 60});
    let (_, changed) = call(&sim, Method::PATCH, &thread, &change).await;
    assert_eq!(changed["thread_metadata"]["auto_archive_duration"], 60);
}

#[tokio::test]
async fn a_setting_of_which_nothing_comes_is_a_violation() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let thread = sim.create_thread_in(general, "talk");
    let heading = sim.create_channel_of(sim.guild_id(), "work", ChannelKind::Category);
    let (channel, heading) = (
        format!("/channels/{general}"),
        format!("/channels/{heading}"),
    );
    for (path, change) in [
        (&channel, json!({"archived": true})),
        (&format!("/channels/{thread}"), json!({"position": 3})),
        (&channel, json!({"default_sort_order": 1})),
        (&channel, json!({"default_forum_layout": 1})),
        (
            &channel,
            json!({"default_reaction_emoji": {"emoji_name": "👀"}}),
        ),
        (&channel, json!({"available_tags": [{"name": "bug"}]})),
        (&heading, json!({"topic": "all"})),
        (&heading, json!({"default_auto_archive_duration": 60})),
    ] {
        let (_, before) = call(&sim, Method::GET, path, &Value::Null).await;
        let (status, _) = call(&sim, Method::PATCH, path, &change).await;
        assert_eq!(status, 200);
        let (_, after) = call(&sim, Method::GET, path, &Value::Null).await;
        assert_eq!(after, before, "{change}");
        let kinds: Vec<_> = sim.take_violations().iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [ViolationKind::UnknownKey], "{change}");
    }
}

#[tokio::test]
async fn a_null_takes_away_what_was_set() {
    let sim = Sim::start(SimConfig::default()).await;
    let (forum, _) = sim.create_forum("ideas", &[]);
    let path = format!("/channels/{forum}");
    let (_, before) = call(&sim, Method::GET, &path, &Value::Null).await;
    let set = json!({
        "topic": "all of it",
        "default_auto_archive_duration": 60,
        "default_thread_rate_limit_per_user": 5,
        "default_reaction_emoji": {"emoji_id": null, "emoji_name": "👀"},
        "default_sort_order": 1,
        "default_forum_layout": 1,
    });
    let (status, changed) = call(&sim, Method::PATCH, &path, &set).await;
    assert_eq!(status, 200, "{changed}");
    for (name, value) in set.as_object().unwrap() {
        assert_eq!(&changed[name], value, "{name}");
        let (status, _) = call(&sim, Method::PATCH, &path, &json!({name: null})).await;
        assert_eq!(status, 200, "{name}");
        let (_, read) = call(&sim, Method::GET, &path, &Value::Null).await;
        assert_eq!(read.get(name), before.get(name), "{name}");
    }
    let (_, after) = call(&sim, Method::GET, &path, &Value::Null).await;
    assert_eq!(after, before);
    sim.assert_clean();
}

#[tokio::test]
async fn a_number_for_the_id_of_a_category_is_understood_and_a_violation() {
    let sim = Sim::start(SimConfig::default()).await;
    let heading = sim.create_channel_of(sim.guild_id(), "work", ChannelKind::Category);
    let path = format!("/channels/{}", sim.channel("general"));
    let change = json!({"parent_id": heading.get()});
    let (status, changed) = call(&sim, Method::PATCH, &path, &change).await;
    assert_eq!((status, &changed["parent_id"]), (200, &json!(heading)));
    let kinds = sim.take_violations().into_iter().map(|one| one.kind);
    let kinds: Vec<_> = kinds.collect();
    // Discord's description, where it is at hand, sees it as well.
    assert!(!kinds.is_empty());
    assert!(
        kinds.iter().all(|kind| *kind == ViolationKind::Schema),
        "{kinds:?}"
    );
}
