//! Patches, and what runs outside of the sandbox.

use super::*;

fn change(kind: &str, file: &str, diff: &str) -> Value {
    json!({"path": file, "kind": kind, "diff": diff})
}

fn patch(changes: &[Value]) -> Question {
    call("Patch", &json!({ "changes": changes }))
}

fn shown(changes: &[Value]) -> String {
    text(&question(&patch(changes), Shape::Whole))
}

#[test]
fn of_a_patch_it_is_shown_what_becomes_of_each_file() {
    let mut moved = change(
        "update",
        "/srv/app/src/a.rs",
        "@@ -1,2 +1,2 @@\n fn a() {\n-    1\n+    2\n",
    );
    moved["move_path"] = "/srv/app/src/b.rs".into();
    let unseen = json!({"path": "/srv/app/.env", "kind": "delete", "diff": null});
    assert_snapshot!(shown(&[
        change("add", "/srv/app/`new`\u{200b}", "one\n```\ntwo\u{202e}"),
        moved,
        change("delete", "/srv/app/old", "gone\n"),
        unseen,
    ]));
}

#[test]
fn of_a_patch_of_one_file_it_is_said_what_it_wants() {
    let mut moved = change("update", "/srv/app/a", "");
    moved["move_path"] = "/srv/app/b".into();
    for (change, wants) in [
        (
            change("update", "/srv/app/a", "@@ -1 +1 @@\n-x\n+y\n"),
            "wants to change `/srv/app/a`, for",
        ),
        (
            change("delete", "/srv/app/a", "x\n"),
            "wants to delete `/srv/app/a`, for",
        ),
        (
            change("add", "/srv/app/a", "x\n"),
            "wants to write `/srv/app/a`, for",
        ),
        (moved, "wants to move `/srv/app/a` to `/srv/app/b`, for"),
    ] {
        let shown = shown(&[change]);
        assert!(shown.contains(wants), "{shown}");
    }
}

#[test]
fn a_long_patch_is_a_file_with_all_of_it_and_its_end_says_how_it_ended() {
    let long = "+line\n".repeat(1_000);
    let changes = ["/srv/app/a", "/srv/app/b"].map(|file| change("update", file, &long));
    let asked = patch(&changes);
    let post = question(&asked, Shape::Whole);
    let file = post.file.unwrap();
    assert_eq!(file.name, "change.diff");
    let all = format!(
        "=== 1 of 2: `/srv/app/a` is changed ===\n{long}=== 2 of 2: `/srv/app/b` is changed ===\n{long}"
    );
    assert_eq!(String::from_utf8(file.bytes).unwrap(), all);
    assert!(
        post.content.contains("wants to change 2 files"),
        "{}",
        post.content
    );
    let end = question(&ended(asked, ApprovalState::Denied, None), Shape::Whole);
    assert!(
        end.content
            .contains("=== 1 of 2: `/srv/app/a` is changed ==="),
        "{}",
        end.content
    );
    assert!(end.content.contains("⛔ Denied by <@9>"), "{}", end.content);
}

#[test]
fn what_runs_outside_of_the_sandbox_says_so_on_a_line_of_its_own() {
    let asked = Question {
        unconfined: true,
        rule: None,
        ..command("npm publish")
    };
    assert_snapshot!(text(&question(&asked, Shape::Whole)));
}
