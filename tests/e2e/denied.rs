//! What a project denies, and what lies outside of it: neither read nor found by the tools for files.

use std::fs;

use serde_json::json;

use crate::stage::{Settings, Stage};

const WORDS: &str = "canary-3b9f71-words";

#[tokio::test]
async fn no_file_tool_reads_or_finds_what_is_denied_or_outside() {
    let denied = (
        "BATON_PROJECTS__0__DENIED_TOOLS".to_owned(),
        "Read(keys/**)".to_owned(),
    );
    let stage = Stage::with(Settings {
        env: vec![denied],
        ..Settings::default()
    })
    .await;
    let (keys, outside) = (stage.project().join("keys"), stage.home().join("outside"));
    for (directory, name) in [
        (&keys, "key.txt"),
        (&outside, "other.txt"),
        (&stage.project(), "open.txt"),
    ] {
        fs::create_dir_all(directory).unwrap();
        let words = if name == "open.txt" { "open" } else { WORDS };
        fs::write(directory.join(name), format!("{words} here")).unwrap();
    }
    let grep = |path: String| json!({"tool": "Grep", "input": {"path": path, "pattern": "here", "output_mode": "content"}});
    let (key, outside) = (
        keys.join("key.txt").display().to_string(),
        outside.display().to_string(),
    );
    let calls = json!([
        {"tool": "Read", "input": {"file_path": key}},
        grep(key.clone()),
        grep(keys.display().to_string()),
        grep(stage.project().display().to_string()),
        grep("keys/key.txt".to_owned()),
        grep(outside.clone()),
        grep(format!(" {outside}")),
        grep(format!("\t{outside}")),
        grep(format!("\u{feff}{outside}")),
        {"tool": "Glob", "input": {"pattern": "*", "path": format!(" {outside}")}},
        {"text": "tried all"},
    ]);
    let thread = stage.ask("ann", &format!("try STUB:{calls}")).await;
    stage.answer(thread, "tried all").await;
    let asked = stage.model.requests();
    let told = asked.last().unwrap().body["messages"].to_string();
    assert!(told.contains("open here"), "nothing was searched: {told}");
    assert!(
        !told.contains(WORDS) && !told.contains("other.txt"),
        "{told}"
    );
    // What the agent program refuses before Baton is asked is on record like everything else.
    let store = stage.store().await;
    let trail = store.audit_trail(100).await.unwrap();
    let of = |action: &str| -> Vec<&str> {
        let lines = trail.iter().filter(|line| line.action == action);
        lines.map(|line| line.detail.as_str()).collect()
    };
    let refused = of("tool_refused_by_agent");
    assert!(
        refused.iter().any(|detail| detail.contains("keys/key.txt")),
        "{refused:?}"
    );
    assert_eq!(of("tool_past_gate"), [""; 0]);
    store.close().await;
}
