//! Tools of Codex that do not ask: they are there where the project allows every call of them, and only there.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{plays, settings};
use crate::stage::{Settings, Stage};

/// A project whose members have these tools without a question, besides looking.
fn allowing(tools: &[&'static str]) -> Settings {
    let mut settings = settings();
    settings.allowed_tools = vec!["Read", "Grep", "Glob"];
    settings.allowed_tools.extend(tools);
    settings
}

/// The smallest of images.
fn image(file: &Path) {
    const IMAGE: [u8; 69] = [
        137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 1, 0, 0, 0, 1, 8, 2,
        0, 0, 0, 144, 119, 83, 222, 0, 0, 0, 12, 73, 68, 65, 84, 120, 218, 99, 248, 207, 192, 0, 0,
        3, 1, 1, 0, 247, 3, 65, 67, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
    ];
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, IMAGE).unwrap();
}

fn look_at(file: &Path) -> Value {
    json!({"tool": "view_image", "input": {"path": file}})
}

/// The tools that the model was told of at last, by their names or kinds.
fn told_of(stage: &Stage) -> Vec<String> {
    let last = stage.model.requests().pop().unwrap();
    let tools = last.body["tools"].as_array().unwrap().iter();
    tools
        .map(|tool| {
            tool["name"]
                .as_str()
                .or(tool["type"].as_str())
                .unwrap()
                .to_owned()
        })
        .collect()
}

fn has(stage: &Stage, tool: &str) -> bool {
    told_of(stage).iter().any(|name| name == tool)
}

/// What is on record of the calls of tools, each with how it was decided.
async fn on_record(stage: &Stage) -> String {
    stage
        .sql(
            "SELECT group_concat(kind || ' ' || json_extract(data, '$.tool') || ' ' || json_extract(data, '$.input'), '; ') \
             FROM run_events WHERE kind IN ('tool_decided', 'tool_past_gate')",
        )
        .await
}

#[tokio::test]
async fn a_project_that_allows_every_file_to_be_read_lets_images_be_seen_but_none_that_is_shut() {
    let mut settings = allowing(&["Read(//**)"]);
    let denied = "Read(keys/**)".to_owned();
    settings
        .env
        .push(("BATON_PROJECTS__0__DENIED_TOOLS".to_owned(), denied));
    let mut stage = Stage::dark(settings).await;
    let open = stage.project().join("open.png");
    let shut = [
        stage.data().join("planted.png"),
        stage.home().join(".ssh/planted.png"),
        stage.project().join("keys/planted.png"),
        stage.project().join("link.png"),
    ];
    image(&open);
    for file in &shut[..3] {
        image(file);
    }
    std::os::unix::fs::symlink(&shut[1], &shut[3]).unwrap();
    stage.start().await;
    let calls = [&open].into_iter().chain(&shut);
    let said = plays(calls.map(|file| look_at(file)), "looked");
    let thread = stage.ask("ann", &said).await;
    stage.answer(thread, "looked").await;
    let told = stage.model.requests().last().unwrap().body.to_string();
    assert_eq!(told.matches("data:image/png").count(), 1, "{told}");
    assert_eq!(told.matches("Permission denied").count(), 4, "{told}");
    let record = on_record(&stage).await;
    let seen = stage.project().canonicalize().unwrap().join("open.png");
    assert_eq!(
        record,
        format!("tool_decided Read {}", json!({"file_path": seen}))
    );
    stage.until_settled().await;
}

#[tokio::test]
async fn a_project_that_allows_searches_of_the_web_has_them_and_fetches_no_page_unless_it_allows_that()
 {
    for (tools, fetches) in [
        (&["WebSearch"][..], false),
        (&["WebSearch", "WebFetch"], true),
    ] {
        let stage = Stage::with(allowing(tools)).await;
        let said = r#"go STUB:[{"search": "ripe pineapples", "text": "found"}]"#;
        let thread = stage.ask("ann", said).await;
        stage.answer(thread, "found").await;
        let request = stage.model.requests().pop().unwrap();
        let mut all = request.body["tools"].as_array().unwrap().iter();
        let search = all.find(|tool| tool["type"] == "web_search").unwrap();
        assert_eq!(search["external_web_access"], fetches, "{search}");
        assert!(!has(&stage, "view_image"));
        assert_eq!(
            on_record(&stage).await,
            r#"tool_decided WebSearch {"query":"ripe pineapples"}"#
        );
        stage.until_settled().await;
    }
}

#[tokio::test]
async fn what_one_who_speaks_there_may_not_or_what_is_asked_about_is_switched_off() {
    let mut asked = allowing(&["WebSearch", "Read(//**)"]);
    let tools = "WebSearch,Read(secret/**)".to_owned();
    asked
        .env
        .push(("BATON_PROJECTS__0__ASKED_TOOLS".to_owned(), tools));
    asked.approvers = "\"owners\"";
    // Owners have everything there, and speak with members.
    for settings in [allowing(&[]), allowing(&["WebFetch"]), asked] {
        let stage = Stage::with(settings).await;
        let said = plays([look_at(Path::new("/nothing.png"))], "looked");
        let thread = stage.ask("owner", &said).await;
        stage.answer(thread, "looked").await;
        let tools = told_of(&stage);
        for tool in ["view_image", "web_search", "tool_search", "spawn_agent"] {
            assert!(!tools.iter().any(|name| name == tool), "{tools:?}");
        }
        stage.until_settled().await;
    }
}
