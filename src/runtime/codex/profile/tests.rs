//! What is shut.

use std::fs;

use uuid::Uuid;

use super::*;
use crate::{runtime::Start, words::AgentMode};

struct Ground {
    _room: tempfile::TempDir,
    top: PathBuf,
}

impl Ground {
    fn new(directories: &[&str], files: &[&str]) -> Self {
        let room = tempfile::tempdir().expect("a directory");
        let top = fs::canonicalize(room.path()).expect("a real path");
        for directory in directories {
            fs::create_dir_all(top.join(directory)).expect("a directory");
        }
        for file in files {
            fs::write(top.join(file), "").expect("a file");
        }
        Self { _room: room, top }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.top.join(path)
    }

    fn launch(&self) -> Launch {
        Launch {
            agent_session: Uuid::nil(),
            start: Start::New,
            directory: self.at("app"),
            model: None,
            mode: AgentMode::Default,
            background: Vec::new(),
            denied: Vec::new(),
            unasked: Vec::new(),
            servers: true,
            forbidden: vec![self.at("data"), self.at("baton.toml")],
            temporary: PathBuf::new(),
            launcher: Vec::new(),
            others: vec![self.at("other"), self.at("gone")],
            shared: None,
        }
    }

    fn shut(&self, launch: &Launch, codex: &str) -> Vec<String> {
        let codex = self.at(codex);
        let temporary = codex.join(TEMPORARY).join("x/y");
        let shut = shut(launch, &codex, &self.at("home"), &temporary);
        let shown = shut.iter().map(|path| {
            let path = path.strip_prefix(&self.top).unwrap_or(path);
            path.display().to_string()
        });
        shown
            .filter(|path| !SECRET.iter().any(|name| path.ends_with(name)))
            .filter(|path| !DATABASES.iter().any(|name| path.contains(name)))
            .collect()
    }
}

#[test]
fn batons_own_other_projects_and_credentials_are_shut_and_what_is_not_there_is_not() {
    let ground = Ground::new(
        &["app", "data/run", "other", "home/.ssh", "codex/tmp"],
        &["baton.toml", "codex/later_9.sqlite"],
    );
    assert_eq!(
        ground.shut(&ground.launch(), "codex"),
        [
            "baton.toml",
            "codex/later_9.sqlite",
            "data",
            "home/.ssh",
            "other"
        ]
    );
}

#[test]
fn what_holds_codexs_own_directory_is_shut_around_it_and_its_secrets_one_by_one() {
    let ground = Ground::new(
        &[
            "app",
            "data/run",
            "data/codex/tmp",
            "data/codex/skills",
            "home",
        ],
        &["data/baton.db"],
    );
    let shut = ground.shut(&ground.launch(), "data/codex");
    assert_eq!(shut, ["data/baton.db", "data/run"]);
    let codex = ground.at("data/codex");
    let config = config(
        &ground.launch(),
        &codex,
        &ground.at("home"),
        &codex.join("t"),
    );
    let files = &config["permissions"][NAME]["filesystem"];
    let auth = codex.join("auth.json").display().to_string();
    assert_eq!(files[&auth], "deny", "{files}");
}

#[test]
fn a_project_within_another_is_not_shut_and_what_lies_in_a_shut_path_is_not_shut_again() {
    let ground = Ground::new(&["app", "data/run", "other/deep", "home"], &[]);
    let mut launch = ground.launch();
    launch.directory = ground.at("other/deep");
    launch.forbidden.push(ground.at("data/run"));
    launch.others = vec![ground.at("other"), ground.at("app")];
    assert_eq!(ground.shut(&launch, "codex"), ["app", "data"]);
}

#[test]
fn what_is_forbidden_within_the_project_is_shut_too() {
    let ground = Ground::new(&["app/.ssh", "app/inner", "app/src"], &[]);
    let mut launch = ground.launch();
    launch.others = vec![ground.at("app/inner")];
    let codex = ground.at("codex");
    let shut = shut(&launch, &codex, &ground.at("app"), &codex.join("t"));
    for path in ["app/inner", "app/.ssh"] {
        assert!(shut.contains(&ground.at(path)), "{path} in {shut:?}");
    }
    assert!(!shut.contains(&ground.at("app/src")), "{shut:?}");
}

#[test]
fn no_directory_that_holds_the_project_is_trusted_nor_the_repository_of_a_worktree() {
    let ground = Ground::new(&["deep/app/src", "main/.git/worktrees/app"], &[]);
    let link = format!(
        "gitdir: {}\n",
        ground.at("main/.git/worktrees/app").display()
    );
    fs::write(ground.at("deep/app/.git"), link).expect("a file");
    let all = untrusted(&ground.at("deep/app/src"));
    for path in ["deep/app/src", "deep/app", "deep", "main", ""] {
        let path = ground.at(path).components().as_path().display().to_string();
        assert_eq!(all[&path]["trust_level"], "untrusted", "{path} in {all}");
    }
    assert_eq!(all["/"]["trust_level"], "untrusted");
}

#[test]
fn what_a_rule_denies_to_be_read_is_a_pattern_that_makes_no_file() {
    let ground = Ground::new(&[], &[]);
    let mut launch = ground.launch();
    launch.directory = PathBuf::from("/srv/app");
    for (rule, is) in [
        ("Read(.env)", Some("/srv/app/.en[v]")),
        ("Read(./secrets/**)", Some("/srv/app/secrets/**")),
        ("Read(//etc/shadow)", Some("/etc/shado[w]")),
        ("Read(../x)", None),
        ("Edit(src/**)", None),
        ("Read", None),
    ] {
        assert_eq!(glob(rule, &launch).as_deref(), is, "{rule}");
    }
}
