//! What people write while no server listens.

use super::answered_once;
use crate::stage::{Settings, Stage, thread_of};

#[tokio::test]
async fn what_was_written_while_the_server_was_down_is_answered_in_order_and_once() {
    let mut stage = Stage::open().await;
    let thread = stage.ask("ann", r#"hello STUB:[{"text":"before"}]"#).await;
    answered_once(&stage, thread, "before").await;
    stage.kill().await;
    let ann = stage.sim.user("ann");
    ann.says(r#"one STUB:[{"text":"answer one"}]"#)
        .in_(thread)
        .await;
    let other = stage
        .ask("ann", r#"elsewhere STUB:[{"text":"answer elsewhere"}]"#)
        .await;
    ann.says(r#"two STUB:[{"text":"answer two"}]"#)
        .in_(thread)
        .await;
    ann.says("this is for nobody").in_(stage.channel()).await;
    stage.start().await;
    stage.answer(thread, "answer two").await;
    answered_once(&stage, thread, "answer one").await;
    answered_once(&stage, thread, "answer two").await;
    answered_once(&stage, other, "answer elsewhere").await;
    let place = |text: &str| {
        let messages = stage.sim.messages(thread);
        messages
            .iter()
            .position(|message| message.author == "bot" && message.content.contains(text))
    };
    assert!(
        place("answer one") < place("answer two"),
        "{}",
        stage.sim.transcript(thread)
    );
    assert_eq!(stage.sim.threads(stage.channel()).len(), 2);

    // Once is once: another start answers nothing anew.
    stage.restart_after_kill().await;
    ann.says(r#"three STUB:[{"text":"answer three"}]"#)
        .in_(thread)
        .await;
    answered_once(&stage, thread, "answer three").await;
    answered_once(&stage, thread, "answer one").await;
    answered_once(&stage, other, "answer elsewhere").await;
}

#[tokio::test]
async fn a_post_of_a_forum_that_was_written_while_the_server_was_down_is_answered_in_it() {
    let mut stage = Stage::dark(crate::stage::Settings::default()).await;
    let (forum, _) = stage.sim.create_forum("ideas", &[]);
    let file = stage.home().join("baton.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let channels = format!("channels = [{}", stage.channel());
    let both = settings.replace(&channels, &format!("{channels}, {forum}"));
    assert_ne!(both, settings);
    std::fs::write(&file, both).unwrap();
    let ann = stage.sim.user("ann");
    let text = |answer: &str| format!(r#"@bot hello STUB:[{{"text":"{answer}"}}]"#);
    let old = ann.posts_in(forum, "old", &text("too late"), &[]).await;
    stage.start().await;
    let first = ann.posts_in(forum, "first", &text("live"), &[]).await;
    answered_once(&stage, first.channel, "live").await;
    stage.kill().await;
    let missed = ann.posts_in(forum, "missed", &text("in time"), &[]).await;
    stage.start().await;
    answered_once(&stage, missed.channel, "in time").await;
    answered_once(&stage, first.channel, "live").await;
    assert_eq!(stage.count(old.channel, "too late"), 0);
}

#[tokio::test]
async fn what_was_written_before_the_first_start_is_not_answered() {
    let mut stage = Stage::dark(crate::stage::Settings::default()).await;
    let ann = stage.sim.user("ann");
    let old = ann
        .says(r#"@bot old STUB:[{"text":"too late"}]"#)
        .in_(stage.channel())
        .await;
    stage.start().await;
    let thread = stage.ask("ann", r#"new STUB:[{"text":"in time"}]"#).await;
    answered_once(&stage, thread, "in time").await;
    stage.restart_after_kill().await;
    let later = stage.ask("ann", r#"newer STUB:[{"text":"later"}]"#).await;
    answered_once(&stage, later, "later").await;
    let mut threads = stage.sim.threads(stage.channel());
    threads.sort();
    assert_eq!(threads, [thread, later]);
    assert!(!threads.contains(&thread_of(old)));
    assert!(!stage.sim.message(old).unwrap().has_reaction("👀"));
}

#[tokio::test]
async fn what_is_more_than_the_settings_read_back_is_said_to_be_left_out_once() {
    let mut stage = Stage::with(Settings {
        more: "[discord.catch_up]\nmax_messages = 1".to_owned(),
        ..Settings::default()
    })
    .await;
    let thread = stage.ask("ann", r#"hello STUB:[{"text":"before"}]"#).await;
    answered_once(&stage, thread, "before").await;
    stage.kill().await;
    let ann = stage.sim.user("ann");
    for name in ["one", "two", "three"] {
        let text = format!(r#"{name} STUB:[{{"text":"answer {name}"}}]"#);
        ann.says(text).in_(thread).await;
    }
    stage.start().await;
    answered_once(&stage, thread, "answer three").await;
    let left_out = "💤 I was away for so long that I have not read everything that was written here \
                    meanwhile. If something is still to be done, say it again.";
    stage.says(thread, left_out).await;
    // Another start finds nothing that was left out and not said.
    stage.restart_after_kill().await;
    ann.says(r#"four STUB:[{"text":"answer four"}]"#)
        .in_(thread)
        .await;
    answered_once(&stage, thread, "answer four").await;
    let told = stage.sim.messages(thread).into_iter();
    let told = told.filter(|message| message.content.starts_with("💤"));
    let told: Vec<String> = told.map(|message| message.content).collect();
    assert_eq!(told, [left_out]);
    for name in ["one", "two"] {
        assert_eq!(stage.count(thread, &format!("answer {name}")), 0);
    }
}
