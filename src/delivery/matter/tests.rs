use serde_json::json;

use super::*;
use crate::{approval::ChangeKind, words::Unread};

fn call(tool: &str, input: &Value) -> Matter {
    Matter::of(ApprovalKind::Call, tool, input, None)
}

fn over(tool: &str, input: &Value, there: &str) -> Matter {
    let found = Found::Text(there.to_owned());
    Matter::of(ApprovalKind::Call, tool, input, Some(&found))
}

fn hunk(old: &str, new: &str, places: Places) -> Hunk {
    let (old, new) = (old.to_owned(), new.to_owned());
    Hunk { old, new, places }
}

fn change(hunks: Vec<Hunk>) -> Matter {
    let file = "/a".to_owned();
    Matter::Change { file, hunks }
}

#[test]
fn commands_and_files_are_shown_as_what_they_are() {
    let edit = json!({"file_path": "/a", "old_string": "x", "new_string": "y",
        "replace_all": false});
    let hunks = vec![hunk("x", "y", Places::One)];
    assert_eq!(call("Edit", &edit), change(hunks));
    let run = json!({"command": "ls", "description": "look"});
    assert_eq!(call("Bash", &run), Matter::Command("ls".into()));
}

#[test]
fn what_is_written_is_shown_with_what_it_takes_the_place_of() {
    let write = json!({"file_path": "/a", "content": "new"});
    let (file, new) = ("/a".to_owned(), "new".to_owned());
    let old = "old".to_owned();
    assert_eq!(
        over("Write", &write, "old"),
        Matter::Rewrite {
            file: file.clone(),
            old,
            new
        }
    );
    for (found, over) in [
        (None, Over::Unseen),
        (Some(Found::Unread(Unread::TooLong)), Over::Unseen),
        (Some(Found::Nothing), Over::Nothing),
    ] {
        let shown = Matter::of(ApprovalKind::Call, "Write", &write, found.as_ref());
        let wanted = Matter::content(file.clone(), "new".into(), over);
        assert_eq!(shown, wanted, "{found:?}");
    }
}

#[test]
fn what_is_replaced_everywhere_is_counted_where_it_is_by_then() {
    let edit = json!({"file_path": "/a", "old_string": "x", "new_string": "y",
        "replace_all": true});
    let all = |count| change(vec![hunk("x", "y", Places::All(count))]);
    assert_eq!(over("Edit", &edit, "x x\nax"), all(Some(3)));
    assert_eq!(over("Edit", &edit, ""), all(Some(0)));
    assert_eq!(call("Edit", &edit), all(None));
    let nothing = json!({"file_path": "/a", "old_string": "", "new_string": "y",
        "replace_all": true});
    let hunks = vec![hunk("", "y", Places::All(Some(0)))];
    assert_eq!(over("Edit", &nothing, "abc"), change(hunks));
    let edits = json!({"file_path": "/a", "edits": [
        {"old_string": "a", "new_string": "b"},
        {"old_string": "b", "new_string": "c", "replace_all": true}]});
    let hunks = vec![
        hunk("a", "b", Places::One),
        hunk("b", "c", Places::All(Some(2))),
    ];
    assert_eq!(over("MultiEdit", &edits, "a b a"), change(hunks));
}

#[test]
fn a_cell_of_a_notebook_is_shown_with_what_stands_in_it() {
    let notebook = json!({"cells": [
        {"id": "one", "cell_type": "code", "source": ["a\n", "b"]},
        {"cell_type": "markdown", "source": "# c"}]})
    .to_string();
    for (fields, cell, kind, edit, old, new) in [
        (
            json!({"cell_id": "one", "new_source": "d"}),
            Some("one"),
            None,
            CellEdit::Replace,
            Some("a\nb"),
            "d",
        ),
        (
            json!({"cell_id": "cell-1", "new_source": "d", "edit_mode": "replace", "cell_type": "markdown"}),
            Some("cell-1"),
            Some("markdown"),
            CellEdit::Replace,
            Some("# c"),
            "d",
        ),
        (
            json!({"cell_id": "one", "new_source": "d", "edit_mode": "insert", "cell_type": "code"}),
            Some("one"),
            Some("code"),
            CellEdit::Insert,
            None,
            "d",
        ),
        (
            json!({"new_source": "d", "edit_mode": "insert"}),
            None,
            None,
            CellEdit::Insert,
            None,
            "d",
        ),
        (
            json!({"cell_id": "one", "new_source": "", "edit_mode": "delete"}),
            Some("one"),
            None,
            CellEdit::Delete,
            Some("a\nb"),
            "",
        ),
        (
            json!({"cell_id": "gone", "new_source": "d"}),
            Some("gone"),
            None,
            CellEdit::Replace,
            None,
            "d",
        ),
    ] {
        let mut input = fields.clone();
        input["notebook_path"] = "/n".into();
        let wanted = Matter::Cell(Cell {
            file: "/n".into(),
            cell: cell.map(str::to_owned),
            kind: kind.map(str::to_owned),
            edit,
            old: old.map(str::to_owned),
            new: new.to_owned(),
        });
        assert_eq!(over("NotebookEdit", &input, &notebook), wanted, "{fields}");
    }
    let input = json!({"notebook_path": "/n", "cell_id": "one", "new_source": "d"});
    let Matter::Cell(odd) = over("NotebookEdit", &input, "no notebook") else {
        panic!("a cell is one whatever stands in its file");
    };
    assert_eq!(odd.old, None);
}

#[test]
fn it_is_looked_up_what_is_there_where_that_shows_what_is_done() {
    let everywhere = json!({"old_string": "x", "replace_all": true});
    let once = json!({"old_string": "x"});
    for (tool, input, looks) in [
        ("Write", json!({}), true),
        ("NotebookEdit", json!({}), true),
        ("Edit", everywhere.clone(), true),
        ("Edit", once.clone(), false),
        ("MultiEdit", json!({"edits": [once, everywhere]}), true),
        ("MultiEdit", json!({"edits": [{}]}), false),
        ("Bash", json!({}), false),
    ] {
        assert_eq!(shows_what_is_there(tool, &input), looks, "{tool} {input}");
    }
}

#[test]
fn what_comes_with_a_plan_is_shown_with_it() {
    let input = json!({"plan": "1. run", "planFilePath": "/p", "more": 1, "allowedPrompts": [
        {"tool": "Bash", "prompt": "delete everything"}, "odd"]});
    let wanted = Matter::Plan {
        text: "1. run".into(),
        besides: vec![
            "Bash: delete everything".into(),
            "\"odd\"".into(),
            "more: 1".into(),
        ],
    };
    assert_eq!(
        Matter::of(ApprovalKind::Plan, "ExitPlanMode", &input, None),
        wanted
    );
}

#[test]
fn a_patch_is_shown_as_what_becomes_of_its_files() {
    let added = json!({"path": "/a", "kind": "add", "diff": "new"});
    let moved = json!({"path": "/b", "kind": "update", "diff": "@@ @@\n-x\n+y\n\n\nMoved to: /c",
        "move_path": "/c"});
    let unseen = json!({"path": "/d", "kind": "delete", "diff": null});
    let one = |file: &str, to: Option<&str>, kind, text: Option<&str>| Patched {
        file: file.into(),
        to: to.map(str::to_owned),
        kind,
        text: text.map(str::to_owned),
    };
    let all = json!({"changes": [added, moved, unseen]});
    let wanted = Matter::Patch(vec![
        one("/a", None, ChangeKind::Add, Some("new")),
        one(
            "/b",
            Some("/c"),
            ChangeKind::Update,
            Some("@@ @@\n-x\n+y\n"),
        ),
        one("/d", None, ChangeKind::Delete, None),
    ]);
    assert_eq!(call("Patch", &all), wanted);
    // One that only writes a file is shown as any other call that does.
    let only = json!({"changes": [added]});
    assert_eq!(
        over("Patch", &only, "old"),
        Matter::Rewrite {
            file: "/a".into(),
            old: "old".into(),
            new: "new".into(),
        }
    );
    for (input, looks) in [
        (all, false),
        (only, true),
        (json!({"changes": [moved]}), false),
    ] {
        assert_eq!(shows_what_is_there("Patch", &input), looks, "{input}");
    }
}

#[test]
fn what_would_not_be_seen_is_shown_as_it_is() {
    for (tool, input) in [
        ("Bash", json!({"command": "ls", "run_in_background": true})),
        ("Bash", json!({"command": 7})),
        (
            "Edit",
            json!({"file_path": "/a", "old_string": "x", "new_string": "y", "replace_all": "yes"}),
        ),
        (
            "NotebookEdit",
            json!({"notebook_path": "/n", "new_source": "x", "cell_number": 3}),
        ),
        (
            "NotebookEdit",
            json!({"notebook_path": "/n", "new_source": "x", "edit_mode": "clear"}),
        ),
        (
            "Patch",
            json!({"changes": [{"path": "/a", "kind": "add", "diff": "", "mode": 1}]}),
        ),
        ("WebFetch", json!({"url": "https://a.example/"})),
    ] {
        let shown = serde_json::to_string_pretty(&input).unwrap();
        let wanted = Matter::Other {
            tool: tool.into(),
            input: shown,
        };
        assert_eq!(call(tool, &input), wanted);
    }
}

#[test]
fn a_change_that_would_become_too_long_is_not_followed() {
    let long = "b".repeat(100_000);
    let everywhere = json!({"old_string": "a", "new_string": long, "replace_all": true});
    let edits = json!({"file_path": "/a", "edits": [everywhere, everywhere]});
    // Followed to the end it would be ten thousand times a hundred thousand bytes, and more.
    let hunks = vec![
        hunk("a", &long, Places::All(Some(10_000))),
        hunk("a", &long, Places::All(None)),
    ];
    assert_eq!(
        over("MultiEdit", &edits, &"a".repeat(10_000)),
        change(hunks)
    );
}
