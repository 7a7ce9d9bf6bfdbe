//! A server that has nothing but the `.env` of the first seed, and the name of a directory.

use baton::words::{Scope, Tier};

use crate::stage::{Settings, Stage, thread_of};

/// As the seed's set-up leaves it: what stays open is empty.
const OF_OLD: &str = "\
DISCORD_BOT_TOKEN=$TOKEN
DISCORD_GUILD_ID=$GUILD
OMC_OWNER_ROLE_ID=$CREW
DISCORD_OWNER_ROLE_ID=
OMC_OWNER_USER_ID=$OWNER
OMC_ALERTS_CHANNEL_ID=$GENERAL
OMC_AUDIT_CHANNEL_ID=$GENERAL
OMC_MAX_ACTIVE_CLIS=6
OMC_MAX_QUEUED_SESSIONS=20
OMC_PER_USER_MAX_ACTIVE=2
OMC_PER_USER_MAX_QUEUED=5
OMC_QUEUE_STALE_MS=1800000
OMC_CHANNEL_OWNER_ONLY=true
OMC_CHANNEL_INCLUDE_BYSTANDERS=
OMC_CHANNEL_HISTORY_N=10
OMC_HEALTHZ_PORT=0
OMC_RUNTIME_ROOT=$HOME
OMC_DATA_DIR=./data
OMC_LOG_LEVEL=info
OMC_INTER_AGENT_HOP_MAX=4
OMC_INTER_AGENT_TOKEN_BUDGET=50000
CLAUDE_CONFIG_DIR=$HOME/claude
BATON_DEFAULT_PROJECT=$HOME/project
";

fn of_old() -> Settings {
    Settings {
        env_file: Some(OF_OLD),
        ..Settings::default()
    }
}

#[tokio::test]
async fn it_answers_in_every_channel_those_who_may_ask_and_nobody_else() {
    let stage = Stage::with(of_old()).await;
    let lounge = stage.sim.create_channel("lounge");
    let mut places = vec![stage.channel(), stage.sim.channel("general"), lounge];
    for (n, place) in places.drain(..).enumerate() {
        let text = format!(r#"@bot hello STUB:[{{"text":"hello from {n}"}}]"#);
        let asked = stage.sim.user("ann").says(text).in_(place).await;
        stage
            .answer(thread_of(asked), &format!("hello from {n}"))
            .await;
    }
    // By the role that the seed's environment names.
    let boss = stage.sim.user("boss").with_role("crew");
    let asked = boss
        .says(r#"@bot hi STUB:[{"text":"hi boss"}]"#)
        .in_(lounge)
        .await;
    stage.answer(thread_of(asked), "hi boss").await;
    let stranger = stage.sim.user("stranger");
    let asked = stranger.says("@bot let me in").in_(lounge).await;
    stage.sign(asked, "🚫").await;

    let log = stage.log();
    assert!(
        log.contains("OMC_MAX_ACTIVE_CLIS is BATON_ADMISSION__MAX_ACTIVE"),
        "{log}"
    );
    // The stage sets another level by the new name.
    let both = "OMC_LOG_LEVEL and BATON_LOG__LEVEL are both set, to different values";
    assert_eq!(log.matches(both).count(), 1, "{log}");
}

#[tokio::test]
async fn what_was_asked_in_any_channel_while_it_was_away_is_answered() {
    let mut stage = Stage::with(of_old()).await;
    let general = stage.sim.channel("general");
    let asked = r#"@bot hello STUB:[{"text":"I am here"}]"#;
    let asked = stage.sim.user("ann").says(asked).in_(general).await;
    stage.answer(thread_of(asked), "I am here").await;
    stage.stop().await;
    let thread = stage.sim.create_thread_in(general, "meanwhile");
    let in_thread = r#"@bot and here? STUB:[{"text":"here too"}]"#;
    stage.sim.user("ann").says(in_thread).in_(thread).await;
    let missed = r#"@bot are you? STUB:[{"text":"again"}]"#;
    let missed = stage.sim.user("ann").says(missed).in_(general).await;
    stage.start().await;
    stage.answer(thread_of(missed), "again").await;
    stage.answer(thread, "here too").await;
}

#[tokio::test]
async fn a_channel_that_a_member_has_is_not_a_strangers_elsewhere() {
    let stage = Stage::with(of_old()).await;
    let general = stage.sim.channel("general");
    let here = Scope::Channel(baton::words::ChannelId::new(general.get()));
    stage.grant("bob", here, Tier::Member).await;
    let bob = stage.sim.user("bob");
    let asked = bob.says("@bot hello").in_(stage.channel()).await;
    stage.sign(asked, "🚫").await;
    let asked = bob
        .says(r#"@bot hello STUB:[{"text":"hello bob"}]"#)
        .in_(general)
        .await;
    stage.answer(thread_of(asked), "hello bob").await;
}

#[tokio::test]
async fn without_a_project_it_says_what_to_add() {
    let mut stage = Stage::dark(Settings {
        env_file: Some(OF_OLD),
        env: vec![("BATON_DEFAULT_PROJECT".to_owned(), String::new())],
        ..Settings::default()
    })
    .await;
    stage.start_unconnected();
    assert_eq!(stage.ends().await.code(), Some(2));
    let log = stage.log();
    assert!(
        log.contains("Write BATON_DEFAULT_PROJECT=/path/to/your/repository into .env"),
        "{log}"
    );
}
