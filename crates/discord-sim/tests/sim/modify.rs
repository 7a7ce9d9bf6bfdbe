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
    for (path, change) in [
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
    for (path, change) in [
        (format!("/channels/{general}"), json!({"archived": true})),
        (format!("/channels/{thread}"), json!({"position": 3})),
    ] {
        let (status, _) = call(&sim, Method::PATCH, &path, &change).await;
        assert_eq!(status, 200);
        let kinds: Vec<_> = sim.take_violations().iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [ViolationKind::UnknownKey], "{change}");
    }
}
