//! What MCP servers of the operator ask people: whether a tool may run, and forms.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::json;

use super::{plays, settings, settles};
use crate::{
    approvals::told,
    stage::{Settings, Stage},
};

/// A server whose one tool asks people with a form and tells the model what came of it, quotes aside. By its own word
/// that tool changes nothing.
const SERVER: &str = r#"#!/bin/sh
touch "$0.was-started"
id_of() { printf %s "$1" | sed -n 's/.*"id":\("[^"]*"\|[0-9]*\).*/\1/p'; }
say() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$1" "$2"; }
while read -r line; do
  case "$line" in
  *'"method":"initialize"'*)
    say "$(id_of "$line")" '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"fruit","version":"1"}}' ;;
  *'"method":"tools/list"'*)
    say "$(id_of "$line")" '{"tools":[{"name":"order","description":"orders","annotations":{"readOnlyHint":true},"inputSchema":{"type":"object","properties":{}}}]}' ;;
  *'"method":"tools/call"'*)
    call=$(printf %s "$line" | sed -n 's/.*"id":\([0-9]*\),"method":"tools.call".*/\1/p')
    echo '{"jsonrpc":"2.0","id":"form","method":"elicitation/create","params":{"message":"What shall I order?","requestedSchema":FORM}}'
    read -r answer
    said=$(printf %s "$answer" | tr -d '"\\')
    say "$call" "{\"content\":[{\"type\":\"text\",\"text\":\"people said $said\"}]}" ;;
  esac
done
"#;

/// A stage with that server among Codex's, whose form is this one.
async fn with_server(mut settings: Settings, form: &serde_json::Value) -> Stage {
    settings.allowed_tools = vec!["Read", "Grep", "Glob"];
    let mut stage = Stage::dark(settings).await;
    let script = stage.home().join("server");
    fs::write(&script, SERVER.replace("FORM", &form.to_string())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let settings = format!(
        "[mcp_servers.fruit]\ncommand = \"{}\"\n[mcp_servers.fruit.tools.order]\napproval_mode = \"approve\"\n",
        script.display()
    );
    fs::create_dir_all(stage.codex_home()).unwrap();
    fs::write(stage.codex_home().join("config.toml"), settings).unwrap();
    stage.start().await;
    stage
}

/// Words for an agent that calls the tool of the server.
fn order() -> String {
    let call = json!({"tool": "order", "namespace": "mcp__fruit", "input": {"ripe": "very"}});
    plays([call], "ordered")
}

/// Lets every tool of the server run.
fn allowed() -> Settings {
    let mut settings = settings();
    let name = "BATON_PROJECTS__0__ALLOWED_TOOLS".to_owned();
    settings
        .env
        .push((name, "Read,Grep,Glob,mcp__fruit".to_owned()));
    settings
}

fn form() -> serde_json::Value {
    json!({"type": "object", "required": ["fruit"], "properties": {
        "fruit": {"type": "string", "enum": ["apple", "banana"], "title": "Which fruit"}}})
}

#[tokio::test]
async fn people_fill_in_the_form_of_a_server() {
    let stage = with_server(allowed(), &form()).await;
    let thread = stage.ask("ann", &order()).await;
    let question = stage.question(thread, "What shall I order?").await;
    assert!(
        question.content.contains("Which fruit"),
        "{}",
        question.content
    );
    stage.pressed("ann", &question, "banana").await;
    stage.answer(thread, "ordered").await;
    assert!(stage.model_saw("action:accept,content:{fruit:banana}"));
    settles(&stage).await;
}

#[tokio::test]
async fn two_fields_that_are_asked_for_in_the_same_words_are_answered_each() {
    let fruit = json!({"type": "string", "enum": ["apple", "banana"], "title": "Which fruit"});
    let form = json!({"type": "object", "required": ["mine", "yours"],
        "properties": {"mine": fruit, "yours": fruit}});
    let stage = with_server(allowed(), &form).await;
    let thread = stage.ask("ann", &order()).await;
    let question = stage.question(thread, "What shall I order?").await;
    let rows = question.components.iter();
    let lists: Vec<&str> = rows
        .filter(|row| row["components"][0]["type"] == 3)
        .filter_map(|row| row["components"][0]["custom_id"].as_str())
        .collect();
    assert_eq!(lists.len(), 2, "{question:?}");
    let ann = stage.sim.user("ann");
    for (list, fruit, said) in [
        (lists[0], "apple", "Noted. There is more to be answered."),
        (lists[1], "banana", "Answered. The agent goes on."),
    ] {
        let chosen = ann.selects(question.at(), list, [fruit]).await;
        assert_eq!(told("ann", &chosen).await, said);
    }
    stage.answer(thread, "ordered").await;
    assert!(stage.model_saw("action:accept,content:{mine:apple,yours:banana}"));
    settles(&stage).await;
}

#[tokio::test]
async fn a_form_that_asks_for_a_secret_is_declined_and_nobody_is_asked() {
    let form = json!({"type": "object", "properties": {"password": {"type": "string"}}});
    let stage = with_server(allowed(), &form).await;
    let thread = stage.ask("ann", &order()).await;
    stage.answer(thread, "ordered").await;
    assert!(stage.model_saw("action:decline"));
    assert!(stage.model_saw("it asks for a secret"));
    assert_eq!(stage.count(thread, "What shall I order?"), 0);
    settles(&stage).await;
}

#[tokio::test]
async fn a_call_of_a_server_that_no_rule_allows_is_asked_about_by_the_name_of_its_tool() {
    let mut settings = settings();
    settings.approvers = "\"owners\"";
    let stage = with_server(settings, &form()).await;
    let thread = stage.ask("ann", &order()).await;
    let question = stage.question(stage.owners_messages(), "fruit").await;
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "ordered").await;
    assert!(!stage.model_saw("people said"));
    // Known by what Codex says in `_meta` of its question: the kind of the question, the tool and its input.
    let asked = stage
        .sql("SELECT group_concat(tool || ' ' || input) FROM approvals")
        .await;
    assert_eq!(asked, r#"mcp__fruit__order {"ripe":"very"}"#);
    settles(&stage).await;
}

#[tokio::test]
async fn where_guests_speak_no_server_is_started() {
    let mut settings = allowed();
    let guests = ("BATON_PROJECTS__0__GUESTS".to_owned(), "ask".to_owned());
    settings.env.push(guests);
    let stage = with_server(settings, &form()).await;
    let was_started = stage.home().join("server.was-started");
    let thread = stage.ask("gus", &order()).await;
    stage.answer(thread, "ordered").await;
    assert!(!was_started.exists());
    let thread = stage.ask("ann", &order()).await;
    let question = stage.question(thread, "What shall I order?").await;
    assert!(was_started.exists());
    stage.pressed("ann", &question, "apple").await;
    stage.answer(thread, "ordered").await;
    settles(&stage).await;
}
