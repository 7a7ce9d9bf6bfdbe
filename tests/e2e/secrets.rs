//! No secret leaves: not by an agent's environment or arguments, a log, a file or Discord, and not
//! through the tools that are allowed as shipped.

mod canary;
mod reach;
mod writing;

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    recovery::runners,
    stage::{Powers, Program, Settings, Stage, until, without_powers},
};

/// What `allowed_tools` is when nobody sets it.
const SHIPPED: [&str; 5] = ["Read", "Grep", "Glob", "Edit", "Write"];

/// Stands in the server's environment.
const IN_THE_ENVIRONMENT: &str = "canary-6f1d0c-environment";
/// Stands in `.env`.
const IN_DOT_ENV: &str = "canary-6f1d0c-dot-env";
/// The credential that an agent needs and gets.
const THE_AGENTS: &str = "key-of-the-model-service-6f1d0c";

/// A stage with canaries in the server's environment and in `.env`.
async fn guarded(program: Program, powers: Powers) -> Stage {
    guarded_with(program, powers, Vec::new()).await
}

/// The same with more in the server's environment.
async fn guarded_with(program: Program, powers: Powers, more: Vec<(String, String)>) -> Stage {
    let settings = Settings {
        allowed_tools: SHIPPED.to_vec(),
        env: [
            vec![
                ("BATON_LOG__LEVEL".to_owned(), "trace".to_owned()),
                (
                    "DATABASE_PASSWORD".to_owned(),
                    IN_THE_ENVIRONMENT.to_owned(),
                ),
                ("ANTHROPIC_API_KEY".to_owned(), THE_AGENTS.to_owned()),
                ("SIM_KEY".to_owned(), THE_AGENTS.to_owned()),
            ],
            more,
        ]
        .concat(),
        powers,
        ..Settings::of(program)
    };
    let mut stage = Stage::dark(settings).await;
    fs::write(
        stage.home().join(".env"),
        format!("OTHER_PASSWORD={IN_DOT_ENV}\n"),
    )
    .unwrap();
    fs::set_permissions(stage.home().join(".env"), fs::Permissions::from_mode(0o600)).unwrap();
    stage.start().await;
    stage
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    // What is at work makes files, and removes them.
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            match fs::symlink_metadata(&path) {
                Ok(about) if about.is_dir() => files(&path),
                Ok(_) => vec![path],
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::NotFound, "{}", path.display());
                    Vec::new()
                }
            }
        })
        .collect()
}

/// The runners and what is behind them, when nothing else is at work.
async fn at_rest(stage: &Stage) -> Vec<u32> {
    let expected = match stage.program() {
        Program::Claude => 2,
        // A seat and its runner, the hub and its own, and Codex.
        Program::Codex => 5,
    };
    let all = || {
        let mut all = stage.processes();
        all.extend(stage.codexes());
        all.sort_unstable();
        all.dedup();
        all
    };
    until("only the runners and the agents are there", || {
        all().len() == expected
    })
    .await;
    all()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

both!(no_process_log_file_or_message_has_the_bots_token_or_a_secret_of_the_server);

async fn no_process_log_file_or_message_has_the_bots_token_or_a_secret_of_the_server(
    program: Program,
) {
    let stage = guarded(program, Powers::Inherited).await;
    let note = stage.project().join("note");
    fs::write(&note, "words of the note").unwrap();
    let script = json!([{"do": {"read": note}}, {"text": "answer one"}]);
    let thread = stage.ask("ann", &format!("hello STUB:{script}")).await;
    stage.answer(thread, "answer one").await;
    stage
        .sim
        .user("ann")
        .says(r#"fail STUB:[{"status":400,"message":"no"}]"#)
        .in_(thread)
        .await;
    stage.says(thread, "The model service did not accept").await;

    let token = stage.sim.token().to_owned();
    let secrets = [token.as_str(), IN_THE_ENVIRONMENT, IN_DOT_ENV];
    let processes = at_rest(&stage).await;
    let mut told = Vec::new();
    for process in processes {
        for file in ["environ", "cmdline"] {
            let path = PathBuf::from(format!("/proc/{process}/{file}"));
            told.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    assert!(
        told.iter().any(|(_, told)| contains(told, THE_AGENTS)),
        "the agent has its own key"
    );
    for file in files(&stage.data()) {
        // A socket cannot be read.
        if let Ok(held) = fs::read(&file) {
            told.push((file, held));
        }
    }
    let names: Vec<String> = told
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    for name in ["baton.db", "spec.json"] {
        assert!(
            names.iter().any(|path| path.ends_with(name)),
            "no {name} in {names:?}"
        );
    }
    told.push((
        "Discord".into(),
        format!("{:?}", stage.sim.journal()).into_bytes(),
    ));
    told.push((
        "the model".into(),
        format!("{:?}", stage.model.requests()).into_bytes(),
    ));
    let log = stage.log();
    assert!(
        log.contains("TRACE"),
        "the log is not at its most talkative"
    );
    assert!(!log.contains(THE_AGENTS), "the agent's key is in the log");
    told.push(("the log".into(), log.into_bytes()));
    for (place, held) in told {
        for secret in secrets {
            assert!(
                !contains(&held, secret),
                "{secret} is in {}",
                place.display()
            );
        }
    }
}

/// Whether a process of the same user, without a special power, can look into another.
fn can_be_looked_into(process: u32) -> bool {
    let look = without_powers()
        .arg("cat")
        .arg(format!("/proc/{process}/environ"))
        .output()
        .unwrap();
    let refused = String::from_utf8_lossy(&look.stderr).contains("Permission denied");
    assert_ne!(look.status.success(), refused, "{look:?}");
    look.status.success()
}

both!(other_processes_of_the_user_cannot_look_into_the_server_and_the_runners);

async fn other_processes_of_the_user_cannot_look_into_the_server_and_the_runners(program: Program) {
    let stage = guarded(program, Powers::Dropped).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    at_rest(&stage).await;
    let agents = stage.agents();
    let runners = runners(&stage);
    let expected = match program {
        Program::Claude => 1,
        Program::Codex => 2,
    };
    assert_eq!((agents.len(), runners.len()), (1, expected));
    assert!(
        !can_be_looked_into(stage.server().pid()),
        "the server can be looked into"
    );
    for runner in runners {
        assert!(!can_be_looked_into(runner), "a runner can be looked into");
    }
    // What this proves it by: an ordinary process can.
    assert!(can_be_looked_into(agents[0]));
}

both!(what_baton_keeps_is_for_its_user_alone);

async fn what_baton_keeps_is_for_its_user_alone(program: Program) {
    let stage = guarded(program, Powers::Inherited).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let mut seen = 0;
    let mut open = Vec::new();
    let mut ways = vec![stage.data()];
    while let Some(path) = ways.pop() {
        let Ok(about) = fs::symlink_metadata(&path) else {
            assert!(!path.exists(), "{}", path.display());
            continue;
        };
        let mode = about.permissions().mode() & 0o777;
        let wanted = if about.is_dir() { 0o700 } else { 0o600 };
        seen += 1;
        if mode != wanted {
            open.push(format!("{mode:o} {}", path.display()));
        }
        // What is in the agent's directory for temporary files is the agent's, behind a shut door.
        if about.is_dir() && !path.ends_with("tmp") {
            ways.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    assert_eq!(open, Vec::<String>::new());
    assert!(seen > 8, "only {seen} files and directories were looked at");
}
