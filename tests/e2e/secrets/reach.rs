//! What the tools for files reach: a file with a canary in each place where secrets are.

use std::{fs, os::unix::fs::symlink};

use serde_json::{Value, json};

use super::{IN_DOT_ENV, guarded, guarded_with};
use crate::stage::{Powers, Program, Stage};

const CANARY: &str = "canary-77ab12";

/// What no agent may reach, whoever asks it.
const SECRET: [&str; 9] = [
    ".env",
    "baton.toml",
    ".ssh/id_ed25519",
    ".aws/credentials",
    ".config/gh/hosts.yml",
    ".netrc",
    ".claude.json",
    "claude/.credentials.json",
    "data/kept",
];

#[tokio::test]
async fn the_tools_that_are_allowed_as_shipped_do_not_reach_what_is_secret() {
    let stage = guarded(Program::Claude, Powers::Inherited).await;
    let secret = [&SECRET[..], &["elsewhere/notes"]].concat();
    reach_for(&stage, "ann", &secret).await;
}

#[tokio::test]
async fn an_owners_agent_that_may_do_all_does_not_reach_it_either() {
    let all = ("BATON_PROJECTS__0__OWNER_TOOLS".to_owned(), "*".to_owned());
    let stage = guarded_with(Program::Claude, Powers::Inherited, vec![all]).await;
    reach_for(&stage, "owner", &SECRET).await;
    // Elsewhere it does read.
    let note = stage.home().join("note");
    fs::write(&note, "words from elsewhere").unwrap();
    let read = json!([{"tool": "Read", "input": {"file_path": note}}, {"text": "read it"}]);
    let thread = stage.ask("owner", &format!("go STUB:{read}")).await;
    stage.answer(thread, "read it").await;
    assert!(stage.model_saw("words from elsewhere"));
}

/// Has the agent of somebody reach for these files below the home directory in all ways that there are; it gets
/// nothing of them.
async fn reach_for(stage: &Stage, who: &str, secret: &[&str]) {
    let home = stage.home().to_owned();
    let project = stage.project();
    let secret: Vec<_> = secret.iter().map(|name| home.join(name)).collect();
    for file in &secret {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let had = fs::read_to_string(file).unwrap_or_default();
        fs::write(file, format!("{had}\n# {CANARY}\n")).unwrap();
        // A name tells something too.
        if file.parent() != Some(&home) {
            fs::write(file.with_file_name(format!("{CANARY}.txt")), CANARY).unwrap();
        }
    }
    fs::write(project.join("note"), "words of the note").unwrap();
    symlink(home.join(".env"), project.join("to-file")).unwrap();
    symlink(&home, project.join("to-home")).unwrap();

    let mut calls: Vec<Value> = Vec::new();
    let mut call = |tool: &str, input: Value| calls.push(json!({"tool": tool, "input": input}));
    call("Read", json!({"file_path": project.join("note")}));
    call(
        "Grep",
        json!({"pattern": "w.rds", "output_mode": "content"}),
    );
    call("Glob", json!({"pattern": "**/*ot*"}));
    for file in &secret {
        call("Read", json!({"file_path": file}));
    }
    for path in [
        "to-file",
        "to-home/.env",
        "../.env",
        "to-home/.ssh/id_ed25519",
    ] {
        call("Read", json!({"file_path": project.join(path)}));
        call("Read", json!({"file_path": path}));
    }
    let server = stage.server().pid();
    for path in [
        "/proc/self/environ".to_owned(),
        format!("/proc/{server}/environ"),
    ] {
        call("Read", json!({"file_path": path}));
    }
    for path in [
        "",
        "..",
        "to-file",
        "to-home",
        "to-home/data",
        "to-home/.ssh",
    ] {
        for path in [project.join(path).display().to_string(), path.to_owned()] {
            call(
                "Grep",
                json!({"pattern": "can.ry", "path": path, "output_mode": "content"}),
            );
            call("Glob", json!({"pattern": "**/*can*", "path": path}));
        }
    }
    for directory in [
        home.clone(),
        home.join(".ssh"),
        home.join("data"),
        home.join("claude"),
    ] {
        call(
            "Grep",
            json!({"pattern": "can.ry", "path": directory, "output_mode": "content"}),
        );
        call("Glob", json!({"pattern": "**/*can*", "path": directory}));
        call(
            "Glob",
            json!({"pattern": format!("{}/**/*can*", directory.display())}),
        );
    }
    call(
        "Grep",
        json!({"pattern": "can.ry", "glob": "../**", "output_mode": "content"}),
    );
    call(
        "Grep",
        json!({"pattern": "can.ry", "glob": "to-home/**", "output_mode": "content"}),
    );
    for pattern in [
        "../**/*can*",
        "to-home/**/*can*",
        "../.ssh/*",
        "to-home/.ssh/*",
        "{..,.}/.ssh/*",
    ] {
        call("Glob", json!({"pattern": pattern}));
    }
    let mut thread = None;
    for (round, some) in calls.chunks(6).enumerate() {
        let script = json!([{"tools": some}, {"text": format!("round {round} is over")}]);
        let prompt = format!("try STUB:{script}");
        let place = match thread {
            Some(place) => {
                stage.sim.user(who).says(prompt).in_(place).await;
                place
            }
            None => *thread.insert(stage.ask(who, &prompt).await),
        };
        stage.answer(place, &format!("round {round} is over")).await;
    }

    let asked = stage.model.requests();
    let results = tool_results(&asked.last().unwrap().body);
    assert_eq!(results.len(), calls.len());
    let reached: Vec<&(String, String)> = results
        .iter()
        .filter(|(_, result)| result.contains("77ab12") || result.contains(IN_DOT_ENV))
        .collect();
    assert!(reached.is_empty(), "{reached:#?}");
    // What this proves it by: the tools do work.
    for (input, wanted) in [
        (
            json!({"file_path": project.join("note")}),
            "words of the note",
        ),
        (
            json!({"pattern": "w.rds", "output_mode": "content"}),
            "words of the note",
        ),
        (json!({"pattern": "**/*ot*"}), "note"),
    ] {
        let input = input.to_string();
        let result = results.iter().find(|(asked, _)| *asked == input);
        let result = &result.expect("a result").1;
        assert!(result.contains(wanted), "{input}: {result}");
    }
}

/// What the tools of a conversation were asked and what they gave, as the model is told.
fn tool_results(body: &Value) -> Vec<(String, String)> {
    let messages = body["messages"].as_array().into_iter().flatten();
    let blocks: Vec<&Value> = messages
        .flat_map(|message| message["content"].as_array().into_iter().flatten())
        .collect();
    let results = blocks.iter().filter(|block| block["type"] == "tool_result");
    results
        .map(|result| {
            let id = &result["tool_use_id"];
            let call = blocks
                .iter()
                .find(|block| block["id"] == *id)
                .expect("a call");
            (call["input"].to_string(), result["content"].to_string())
        })
        .collect()
}
