//! Operators are told of alerts and of what people did, in channels of their own.

use baton::store::AlertRow;
use discord_sim::{ChannelId, Permission};
use serde_json::json;
use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tokio::process::Command;

use crate::{
    faults::wait,
    stage::{Settings, Stage, until},
};

/// A stage with a channel for each, on which Baton runs.
async fn told() -> (Stage, [ChannelId; 2]) {
    let mut stage = Stage::dark(Settings::default()).await;
    let channels = ["alerts", "audit"].map(|name| {
        let channel = stage.sim.create_channel(name);
        let variable = format!("OMC_{}_CHANNEL_ID", name.to_uppercase());
        stage.set_env(&variable, &channel.to_string());
        channel
    });
    stage.start().await;
    stage.until_commands().await;
    (stage, channels)
}

async fn alerts(stage: &Stage) -> Vec<AlertRow> {
    let store = stage.store().await;
    let mut alerts = store.alerts(50).await.unwrap();
    store.close().await;
    alerts.reverse();
    alerts
}

#[tokio::test]
async fn a_transcript_that_cannot_be_written_is_told_of_at_once() {
    let mut stage = Stage::dark(Settings::default()).await;
    let channel = stage.sim.create_channel("alerts");
    stage.set_env("OMC_ALERTS_CHANNEL_ID", &channel.to_string());
    std::fs::create_dir_all(stage.data()).unwrap();
    std::os::unix::fs::symlink(stage.project(), stage.data().join("transcripts")).unwrap();
    stage.start().await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"all the same"}]"#)
        .await;
    stage.answer(thread, "all the same").await;
    stage
        .says(channel, "The transcripts cannot be written")
        .await;
}

/// The answer of an agent is refused, because its thread is closed to the bot meanwhile.
async fn close_a_thread(stage: &Stage, name: &str) -> ChannelId {
    let play = json!([{"text": "never seen", "hold": name}]);
    let thread = stage.ask("ann", &format!("hello STUB:{play}")).await;
    stage.model.wait_for_hold(name).await;
    stage.sim.deny(thread, [Permission::SendMessagesInThreads]);
    stage.model.release(name);
    thread
}

/// What the command line says, run beside the server or without one.
async fn member(stage: &Stage, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_baton"))
        .arg("member")
        .args(args)
        .arg("--config")
        .arg(stage.home().join("baton.toml"))
        .envs(stage.env())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn an_alert_is_told_in_its_channel_and_one_about_that_channel_is_not() {
    let (stage, [channel, _]) = told().await;
    let thread = close_a_thread(&stage, "first").await;
    let told = stage.says(channel, "delivery refused").await;
    assert!(
        told.content.starts_with(&format!(
            "⚠️ **delivery refused** in <#{thread}>: `Discord refused a delivery ("
        )),
        "{}",
        told.content
    );
    stage.until_settled().await;
    let before = alerts(&stage).await.len();

    stage.sim.deny(channel, [Permission::SendMessages]);
    close_a_thread(&stage, "second").await;
    let about = format!("channel {channel}");
    wait("the refusal in that channel is an alert", async || {
        let alerts = alerts(&stage).await;
        alerts.iter().any(|alert| alert.place == about)
    })
    .await;
    stage.until_settled().await;
    let all = alerts(&stage).await;
    let is_about = |alert: &&AlertRow| alert.place == about;
    // Each alert about the second thread was refused there once, and that was told nowhere.
    let (of_channel, of_thread): (Vec<_>, Vec<_>) = all[before..].iter().partition(is_about);
    assert_eq!(of_channel.len(), of_thread.len(), "{all:?}");
}

#[tokio::test]
async fn what_people_do_is_told_from_discord_and_from_the_command_line_and_pings_nobody() {
    let (mut stage, [_, channel]) = told().await;
    let [owner, bob] = ["owner", "bob"].map(|name| stage.sim.user(name).id());
    let options = [("user", "bob"), ("tier", "member"), ("scope", "everywhere")];
    stage
        .command_with("owner", "permission set", options, stage.channel())
        .await;
    let line = format!("📋 **membership set**: <@{bob}> `member in global` by <@{owner}>");
    assert_eq!(stage.says(channel, "membership set").await.content, line);

    let bob = bob.to_string();
    member(&stage, &["set", "--user", &bob, "--tier", "blocked"]).await;
    let line = format!("📋 **membership set**: <@{bob}> `blocked in global`");
    assert_eq!(stage.says(channel, "blocked").await.content, line);

    stage.stop().await;
    member(&stage, &["remove", "--user", &bob]).await;
    stage.start().await;
    let line = format!("📋 **membership removed**: <@{bob}> `blocked in global`");
    assert_eq!(stage.says(channel, "removed").await.content, line);
    until("nothing is said twice", || stage.count(channel, "📋") == 3).await;
    let pings = stage.sim.messages(channel);
    assert!(
        pings.iter().all(|message| message.author == "bot"),
        "{pings:?}"
    );
}

#[tokio::test]
async fn without_the_settings_nobody_is_told_in_discord() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let _ = stage.sim.user("bob");
    let options = [("user", "bob"), ("tier", "member"), ("scope", "everywhere")];
    stage
        .command_with("owner", "permission set", options, stage.channel())
        .await;
    stage.until_settled().await;
    let file = stage.data().join("baton.db");
    let options = SqliteConnectOptions::new().filename(file);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    let keys: Vec<String> = sqlx::query_scalar("SELECT key FROM deliveries")
        .fetch_all(&pool)
        .await
        .unwrap();
    pool.close().await;
    let is_told = |key: &&String| key.starts_with("audit:") || key.starts_with("alert:");
    assert_eq!(keys.iter().find(is_told), None);
}
