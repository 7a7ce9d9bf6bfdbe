//! Two servers with the same bot: one of them is one too many, and the operators are told so.

use discord_sim::ChannelKind;

use crate::stage::{Stage, another, until};

const WARNING: &str = "Another Baton uses this bot's token";

/// Somebody speaks to Baton where no project is, and every server says where there is one.
async fn speak(stage: &Stage, round: usize, servers: usize) {
    let guild = stage.sim.guild_id();
    let place = format!("place{round}");
    let channel = stage
        .sim
        .create_channel_of(guild, &place, ChannelKind::Text);
    let person = stage.sim.user(&format!("person{round}"));
    person.says("@bot hello?").in_(channel).await;
    let told = |world: discord_sim::WorldView<'_>| {
        let said = world.messages(channel).into_iter();
        said.filter(|message| message.author == "bot").count() == servers
    };
    stage.sim.wait_for(told).await;
}

async fn warnings(stage: &Stage) -> String {
    stage
        .sql("SELECT CAST(COUNT(*) AS TEXT) FROM alerts WHERE kind = 'another_server'")
        .await
}

#[tokio::test]
async fn another_server_with_the_same_token_is_noticed_and_told_of_once() {
    let stage = Stage::open().await;
    speak(&stage, 1, 1).await;
    speak(&stage, 2, 1).await;
    assert_eq!(warnings(&stage).await, "0");
    let data = stage.home().join("other-data");
    let other = another(&stage, &data);
    stage
        .sim
        .wait_for(|world| world.connected_sessions() == 2)
        .await;
    for round in 3..=5 {
        speak(&stage, round, 2).await;
    }
    // Both have noticed; the log is of both.
    until("both have said so", || {
        stage.log().matches(WARNING).count() >= 2
    })
    .await;
    drop(other);
    stage
        .sim
        .wait_for(|world| world.connected_sessions() == 1)
        .await;
    // What was said before is heard before this.
    speak(&stage, 6, 1).await;
    assert_eq!(warnings(&stage).await, "1");
    assert_eq!(stage.log().matches(WARNING).count(), 2, "{}", stage.log());
}
