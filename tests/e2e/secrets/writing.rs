//! The tools that write, as they are allowed when nobody sets it.

use super::*;

#[tokio::test]
async fn the_tools_that_are_allowed_as_shipped_write_nothing_outside_and_nothing_that_others_run() {
    let stage = guarded(Program::Claude, Powers::Inherited).await;
    let home = stage.home().to_owned();
    let project = stage.project();
    for directory in [".ssh", "elsewhere", "project/.git/hooks", "project/.claude"] {
        fs::create_dir_all(home.join(directory)).unwrap();
    }
    fs::write(home.join("elsewhere/notes"), "as it was\n").unwrap();
    fs::write(project.join(".git/config"), "as it was\n").unwrap();
    symlink(home.join("elsewhere/notes"), project.join("to-file")).unwrap();
    symlink(home.join("elsewhere/new"), project.join("to-nothing")).unwrap();
    symlink(&home, project.join("to-home")).unwrap();
    let before = contents(&home);

    let mut calls: Vec<Value> = Vec::new();
    for path in [
        home.join(".env"),
        home.join("baton.toml"),
        home.join(".ssh/authorized_keys"),
        home.join("data/new"),
        home.join("claude/settings.json"),
        home.join("elsewhere/notes"),
        project.join("to-file"),
        project.join("to-nothing"),
        project.join("to-home/new"),
        project.join("../new"),
        project.join(".git/hooks/post-checkout"),
        project.join(".git/config"),
        project.join(".claude/settings.json"),
        "../new".into(),
        "to-home/.ssh/authorized_keys".into(),
        format!(" {}/new", home.display()).into(),
    ] {
        let write = json!({"file_path": path, "content": "overwritten"});
        let edit = json!({"file_path": path, "old_string": "as it was", "new_string": "changed"});
        calls.push(json!({"tool": "Write", "input": write}));
        calls.push(json!({"tool": "Edit", "input": edit}));
    }
    // What this proves it by: the tools do work.
    let made = project.join("made");
    let write = json!({"file_path": made, "content": "one word"});
    let edit = json!({"file_path": made, "old_string": "one", "new_string": "another"});
    calls.push(json!({"tool": "Write", "input": write}));
    calls.push(json!({"tool": "Edit", "input": edit}));
    calls.push(json!({"text": "all is tried"}));
    let prompt = format!("try STUB:{}", Value::from(calls));
    let thread = stage.ask("ann", &prompt).await;
    stage.answer(thread, "all is tried").await;

    assert_eq!(fs::read_to_string(&made).unwrap(), "another word");
    fs::remove_file(&made).unwrap();
    assert_eq!(contents(&home), before);
}

/// All files but those of Baton and the agent program at work, with what is in them.
fn contents(home: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let is_at_work = |path: &PathBuf| {
        let own = path.strip_prefix(home).unwrap();
        let is_new = own.ends_with("new") || own.ends_with("settings.json");
        !is_new && (own.starts_with("data") || own.starts_with("claude") || own.ends_with("log"))
    };
    let mut all: Vec<PathBuf> = files(home)
        .into_iter()
        .filter(|path| !is_at_work(path))
        .collect();
    all.sort();
    let read = |path: PathBuf| {
        let held = fs::read(&path).unwrap_or_default();
        (path, held)
    };
    all.into_iter().map(read).collect()
}
