//! What is shown of a change: with what is there already.

use super::*;

/// A stage on which ann's agent reads a file and then changes it.
async fn changing(
    file: &str,
    there: &str,
    tool: &str,
    change: Value,
) -> (Stage, ChannelId, MessageView) {
    let stage = Stage::with(owners_decide()).await;
    let path = stage.project().join(file);
    std::fs::write(&path, there).unwrap();
    let mut input = change;
    let field = if tool == "NotebookEdit" {
        "notebook_path"
    } else {
        "file_path"
    };
    input[field] = json!(path);
    let play = json!([
        {"tool": "Read", "input": {"file_path": path}},
        {"tool": tool, "input": input},
        {"text": "the end"},
    ]);
    let thread = stage.ask("ann", &format!("STUB:{play}")).await;
    let question = stage.question(stage.owners_messages(), "wants to").await;
    (stage, thread, question)
}

#[tokio::test]
async fn who_is_asked_whether_a_file_is_overwritten_sees_what_changes_in_it() {
    let there: Vec<String> = (0..30).map(|n| format!("line {n}")).collect();
    let there = there.join("\n") + "\n";
    let content = there.replace("line 14\n", "another line\n");
    let change = json!({ "content": content });
    let (stage, thread, question) = changing("notes.txt", &there, "Write", change).await;
    let shown = &question.content;
    assert!(shown.contains("wants to overwrite `"), "{shown}");
    let diff = "```diff\n@@ -12,7 +12,7 @@\n line 11\n line 12\n line 13\n-line 14\n+another line\n line 15\n \
                line 16\n line 17\n```";
    assert!(shown.contains(diff), "{shown}");
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    // What was asked about is told as it was, although the file is another one by now.
    let ended = stage.closed(question.at(), "✅ Allowed once by").await;
    assert!(ended.content.contains(diff), "{ended:?}");
    let written = std::fs::read_to_string(stage.project().join("notes.txt")).unwrap();
    assert_eq!(written, content);
    stage.until_settled().await;
}

#[tokio::test]
async fn who_is_asked_whether_something_is_replaced_everywhere_sees_in_how_many_places() {
    let change = json!({"old_string": "red", "new_string": "blue", "replace_all": true});
    let (stage, thread, question) = changing("a.txt", "red\nred red\n", "Edit", change).await;
    let shown = &question.content;
    assert!(shown.contains("wants to change `"), "{shown}");
    let diff = "```diff\n@@ everywhere: in 3 places @@\n-red\n+blue\n```";
    assert!(shown.contains(diff), "{shown}");
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    let written = std::fs::read_to_string(stage.project().join("a.txt")).unwrap();
    assert_eq!(written, "blue\nblue blue\n");
    stage.until_settled().await;
}

#[tokio::test]
async fn who_is_asked_about_a_notebook_sees_which_cell_becomes_what() {
    let notebook = json!({
        "cells": [
            {"cell_type": "code", "id": "first", "metadata": {}, "source": ["x = 1\n", "x"],
             "outputs": [], "execution_count": null},
        ],
        "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5,
    });
    let change = json!({"cell_id": "first", "new_source": "x = 2"});
    let (stage, thread, question) =
        changing("n.ipynb", &notebook.to_string(), "NotebookEdit", change).await;
    let shown = &question.content;
    assert!(shown.contains("wants to change the notebook `"), "{shown}");
    let diff = "@@ the cell \"first\" is rewritten @@\n-x = 1\n-x\n+x = 2\n";
    assert!(shown.contains(diff), "{shown}");
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    let written = std::fs::read_to_string(stage.project().join("n.ipynb")).unwrap();
    assert!(written.contains("x = 2"), "{written}");
    stage.until_settled().await;
}

#[tokio::test]
async fn a_file_that_is_not_there_yet_is_said_to_be_new() {
    let stage = Stage::with(owners_decide()).await;
    let file = stage.project().join("new.txt");
    let play = json!([
        {"tool": "Write", "input": {"file_path": file, "content": "words\n"}},
        {"text": "the end"},
    ]);
    let thread = stage.ask("ann", &format!("STUB:{play}")).await;
    let messages = stage.owners_messages();
    let question = stage
        .question(messages, "wants to write the new file `")
        .await;
    assert!(question.content.contains("```\nwords\n```"), "{question:?}");
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    assert!(!stage.has("new.txt"));
    stage.until_settled().await;
}

both!(a_long_question_behind_a_veil_is_opened_with_its_file_for_who_may_decide);

async fn a_long_question_behind_a_veil_is_opened_with_its_file_for_who_may_decide(
    program: Program,
) {
    let stage = Stage::with(owners_decide_on(program)).await;
    stage.sim.user("owner").closes_direct_messages();
    with_bob(&stage).await;
    let long = format!("touch it # {}", "x".repeat(3_000));
    let thread = stage.ask("ann", &runs(&[&long], "the end")).await;
    let veil = stage.question(thread, "has to allow first").await;
    assert_eq!(veil.attachments, []);
    let other = stage
        .press("bob", &veil, "Show details")
        .await
        .answer()
        .await;
    assert_eq!(
        (other.only_for.as_deref(), other.attachments),
        (Some("bob"), vec![])
    );
    let shown = stage.shown("owner", &veil).await;
    let [file] = shown.attachments.as_slice() else {
        panic!("{shown:?}");
    };
    assert_eq!(file.filename, "command.sh");
    assert_eq!(String::from_utf8_lossy(&file.bytes), long);
    stage.pressed("owner", &shown, "Allow once").await;
    stage.answer(thread, "the end").await;
    let closed = stage.closed(veil.at(), "✅ Allowed once by").await;
    assert_eq!(closed.attachments, []);
    stage.until_settled().await;
    assert!(stage.has("it"));
}
