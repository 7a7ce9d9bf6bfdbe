//! The models that people are offered are those that Codex names.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use discord_sim::NO_OPTIONS;

use super::settings;
use crate::stage::{Stage, codex};

/// What somebody is offered who types a model.
async fn offered(stage: &Stage, typed: &str) -> Vec<String> {
    let owner = stage.sim.user("owner");
    let typing = owner
        .completes(
            stage.channel(),
            "session start",
            NO_OPTIONS,
            ("model", typed),
        )
        .await;
    typing.acknowledged().await;
    let choices = typing.choices().into_iter();
    choices.map(|choice| choice.shown).collect()
}

/// A Codex of another day, which has another model.
fn of_another_day(stage: &Stage) {
    let later = stage.home().join("codex-of-another-day");
    let codex = codex();
    let script = format!(
        "#!/bin/sh\n{} \"$@\" | sed -u s/gpt-6-astra/gpt-7-aurora/g\n",
        codex.display()
    );
    fs::write(&later, script).unwrap();
    fs::set_permissions(&later, fs::Permissions::from_mode(0o700)).unwrap();
    let file = stage.home().join("baton.toml");
    let text = fs::read_to_string(&file).unwrap();
    let codex = format!("command = {codex:?}");
    assert!(text.contains(&codex), "{text}");
    fs::write(&file, text.replace(&codex, &format!("command = {later:?}"))).unwrap();
}

#[tokio::test]
async fn what_codex_names_is_offered_as_soon_as_it_was_asked() {
    let mut stage = Stage::dark(settings()).await;
    of_another_day(&stage);
    stage.start().await;
    stage.until_commands().await;
    // Whoever types waits for nothing: what Baton knows by itself.
    let known = offered(&stage, "").await;
    assert!(known.contains(&"gpt-6-astra".to_owned()), "{known:?}");
    // Nobody types faster than this for long.
    let mut types = tokio::time::interval(Duration::from_millis(500));
    let named = loop {
        types.tick().await;
        let named = offered(&stage, "gpt-").await;
        if named != known {
            break named;
        }
    };
    let later = known
        .iter()
        .map(|name| name.replace("gpt-6-astra", "gpt-7-aurora"));
    let mut later: Vec<String> = later.collect();
    later.sort_unstable();
    assert_eq!(named, later);
}
