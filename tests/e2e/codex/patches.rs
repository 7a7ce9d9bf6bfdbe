//! Patches of Codex's: by rule, by a person, and where they lead out of the project.

use std::path::Path;

use serde_json::{Value, json};

use super::{owners_decide, plays, run, settings, settles};
use crate::stage::{Settings, Stage};

/// A call that writes a new file.
fn adds(file: &Path, line: &str) -> Value {
    let file = file.display();
    let patch = format!("*** Begin Patch\n*** Add File: {file}\n+{line}\n*** End Patch");
    json!({"custom": "apply_patch", "input": patch})
}

/// A call that changes a line.
fn changes(file: &Path, old: &str, new: &str) -> Value {
    let file = file.display();
    let patch =
        format!("*** Begin Patch\n*** Update File: {file}\n@@\n-{old}\n+{new}\n*** End Patch");
    json!({"custom": "apply_patch", "input": patch})
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

#[tokio::test]
async fn a_patch_that_rules_allow_is_applied_and_one_that_a_rule_denies_is_not() {
    let denied = "Edit(keys/**)".to_owned();
    let stage = Stage::with(Settings {
        allowed_tools: vec!["Edit", "Write"],
        approvers: "\"owners\"",
        env: vec![("BATON_PROJECTS__0__DENIED_TOOLS".to_owned(), denied)],
        ..settings()
    })
    .await;
    let [notes, new, key] = ["notes", "new", "keys/key"];
    std::fs::write(stage.project().join(notes), "one\n").unwrap();
    std::fs::create_dir(stage.project().join("keys")).unwrap();
    std::fs::write(stage.project().join(key), "one\n").unwrap();
    let calls = [
        changes(Path::new(notes), "one", "two"),
        adds(Path::new(new), "hello"),
        changes(Path::new(key), "one", "two"),
    ];
    let thread = stage.ask("ann", &plays(calls, "the end")).await;
    stage.answer(thread, "the end").await;
    let made = [notes, new, key].map(|name| read(&stage.project().join(name)));
    assert_eq!(made, ["two\n", "hello\n", "one\n"]);
    assert!(stage.model_saw("Edit is denied here by a rule of the project"));
    assert_eq!(stage.count(stage.owners_messages(), "wants to"), 0);
    settles(&stage).await;
}

#[tokio::test]
async fn a_patch_that_no_rule_allows_is_shown_and_applied_if_an_owner_says_so() {
    let stage = Stage::with(owners_decide()).await;
    let [notes, new] = ["notes", "new"].map(|name| stage.project().join(name));
    std::fs::write(&notes, "one\nmore\n").unwrap();
    let calls = [
        changes(&notes, "one", "two"),
        adds(&new, "hello"),
        adds(&new, "hello again"),
    ];
    let thread = stage.ask("ann", &plays(calls, "the end")).await;
    let messages = stage.owners_messages();
    let first = stage.question(messages, "wants to change `").await;
    let shown = format!(
        "=== `{}` is changed ===\n@@ -1,2 +1,2 @@\n-one\n+two\n more\n",
        notes.display()
    );
    assert!(first.content.contains(&shown), "{}", first.content);
    assert!(!first.content.contains("🔓"), "{}", first.content);
    assert_eq!(read(&notes), "one\nmore\n");
    stage.pressed("owner", &first, "Allow once").await;
    let second = stage.question(messages, "\nhello\n```").await;
    assert_eq!(read(&notes), "two\nmore\n");
    stage.pressed("owner", &second, "Deny").await;
    let third = stage.question(messages, "\nhello again\n```").await;
    assert!(!new.exists());
    stage.pressed("owner", &third, "Allow once").await;
    stage.answer(thread, "the end").await;
    assert_eq!(read(&new), "hello again\n");
    settles(&stage).await;
}

#[tokio::test]
async fn a_patch_outside_of_the_project_is_asked_about_whatever_is_allowed() {
    let stage = Stage::with(Settings {
        allowed_tools: vec!["*"],
        approvers: "\"owners\"",
        ..settings()
    })
    .await;
    let [here, first, second] =
        ["project/here", "first", "second"].map(|name| stage.home().join(name));
    let calls = [
        adds(&here, "hello"),
        adds(&first, "hello"),
        adds(Path::new("../second"), "hello"),
    ];
    let thread = stage.ask("owner", &plays(calls, "the end")).await;
    let messages = stage.owners_messages();
    let question = stage.question(messages, "/first`").await;
    assert_eq!(read(&here), "hello\n");
    for part in [
        "🔓 **This runs outside of the sandbox",
        "wants to write `",
        "\nhello\n```",
        "what is allowed by rule is allowed within the sandbox only",
    ] {
        assert!(question.content.contains(part), "{}", question.content);
    }
    assert!(!first.exists());
    stage.pressed("owner", &question, "Allow once").await;
    let question = stage.question(messages, "second").await;
    assert!(question.content.contains("🔓"), "{}", question.content);
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    assert_eq!(read(&first), "hello\n");
    assert!(!second.exists());
    settles(&stage).await;
}

#[tokio::test]
async fn what_git_and_agent_programs_go_by_is_asked_about_although_edits_are_allowed() {
    let stage = Stage::with(Settings {
        allowed_tools: vec!["Edit", "Write"],
        approvers: "\"owners\"",
        ..settings()
    })
    .await;
    let names = [".git/config", ".codex/config.toml", ".agents/skill"];
    let files = names.map(|name| stage.project().join(name));
    let thread = stage
        .ask(
            "ann",
            &plays(files.each_ref().map(|file| adds(file, "hello")), "the end"),
        )
        .await;
    let messages = stage.owners_messages();
    for (name, file) in names.iter().zip(&files) {
        let question = stage.question(messages, &format!("{name}`")).await;
        assert!(!file.exists());
        stage.pressed("owner", &question, "Allow once").await;
    }
    stage.answer(thread, "the end").await;
    let made = files.each_ref().map(|file| read(file));
    assert_eq!(made, ["hello\n"; 3]);
    settles(&stage).await;
}

#[tokio::test]
async fn a_file_that_the_project_denies_reading_is_not_moved_to_where_it_can_be_read() {
    let denied = "Read(keys/**)".to_owned();
    let stage = Stage::with(Settings {
        allowed_tools: vec!["Edit", "Write", "Bash"],
        env: vec![("BATON_PROJECTS__0__DENIED_TOOLS".to_owned(), denied)],
        ..settings()
    })
    .await;
    let key = stage.project().join("keys/key");
    std::fs::create_dir(stage.project().join("keys")).unwrap();
    std::fs::write(&key, "canary\n").unwrap();
    let patch = format!(
        "*** Begin Patch\n*** Update File: {}\n*** Move to: {}\n@@\n+more\n*** End Patch",
        key.display(),
        stage.project().join("open").display()
    );
    let moves = json!({"custom": "apply_patch", "input": patch});
    let thread = stage
        .ask("ann", &plays([moves, run("cat open")], "the end"))
        .await;
    stage.answer(thread, "the end").await;
    assert!(!stage.has("open") && !stage.model_saw("canary"));
    assert_eq!(read(&key), "canary\n");
    settles(&stage).await;
}
