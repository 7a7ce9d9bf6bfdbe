//! What the runtime of Codex reads and writes is in the installed CLI, name by name: a newer one that lacks
//! something fails here and says what.

mod table;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use baton::runtime::{
    HostEnv, Runtime as _,
    codex::{CodexRuntime, CodexSettings},
};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use crate::stage::codex;
use table::READ_OR_WRITTEN;

#[test]
fn the_installed_cli_has_all_that_is_read_or_written() {
    let home = home();
    let out = home.path().join("schema");
    let mut command = cli(home.path());
    command.args([
        "app-server",
        "generate-json-schema",
        "--experimental",
        "--out",
    ]);
    output(command.arg(&out));
    let protocol = Protocol::read(&out);
    let missing: Vec<String> = READ_OR_WRITTEN
        .iter()
        .flat_map(|(file, lines)| lines.lines().map(move |line| (file, line.trim())))
        .filter(|(_, line)| !protocol.has(line))
        .map(|(file, line)| format!("{file}: {line}"))
        .collect();
    assert!(
        missing.is_empty(),
        "this CLI does not have\n{}",
        missing.join("\n")
    );
    // And the look can fail.
    for line in [
        "turn/begin > threadId",
        "turn/start > thread",
        "turn/start ! threadId",
        "item/completed ! item{plan}.status",
        "mcpServer/elicitation/request > requestedSchema.properties.*.type=object",
        "mcpServer/elicitation/request > requestedSchema.properties.*.pattern",
        "turn/completed ! turn.status=ended",
    ] {
        assert!(!protocol.has(line), "{line}");
    }
}

#[test]
fn every_feature_that_is_set_is_known_to_the_installed_cli() {
    let home = home();
    let told = output(cli(home.path()).args(["features", "list"]));
    let known: BTreeSet<&str> = told
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let command = runtime(home.path())
        .shared(&[], &home.path().join("socket"))
        .unwrap();
    let set: Vec<&str> = command
        .args
        .iter()
        .filter_map(|arg| arg.strip_prefix("features.")?.split_once('='))
        .map(|(name, _)| name)
        .collect();
    assert!(set.contains(&"unified_exec_tty"), "{set:?}");
    let unknown: Vec<&&str> = set.iter().filter(|name| !known.contains(*name)).collect();
    assert!(unknown.is_empty(), "this CLI does not know {unknown:?}");
}

#[tokio::test]
async fn the_models_that_are_offered_are_those_that_the_installed_cli_names() {
    let home = home();
    let told = call(home.path(), "model/list", &json!({})).await;
    let models = told["data"].as_array().unwrap().iter();
    let named: BTreeSet<String> = models
        .map(|model| model["id"].as_str().unwrap().to_owned())
        .collect();
    let offered: BTreeSet<String> = runtime(home.path()).models().into_iter().collect();
    assert_eq!(offered, named);
}

#[tokio::test]
async fn every_database_that_the_installed_cli_makes_is_shut_by_its_name() {
    let home = home();
    call(home.path(), "model/list", &json!({})).await;
    let entries = std::fs::read_dir(home.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let databases: BTreeSet<String> = names.filter(|name| name.contains(".sqlite")).collect();
    assert!(databases.contains("state_5.sqlite"), "{databases:?}");
    let source = include_str!("../../../src/runtime/codex/profile.rs");
    for file in databases {
        let (name, part) = file.split_once(".sqlite").unwrap();
        assert!(source.contains(&format!("\"{name}\",")), "{file}");
        assert!(["", "-journal", "-shm", "-wal"].contains(&part), "{file}");
    }
}

/// A home of Codex with nothing in it.
fn home() -> tempfile::TempDir {
    tempfile::tempdir_in(crate::stage::KEPT).unwrap()
}

/// The installed CLI with this home, and nothing of the network.
fn cli(home: &Path) -> Command {
    let mut command = Command::new(codex());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home)
        .env("CODEX_HOME", home)
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .stdin(Stdio::null());
    command
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// What a fresh app server answers to a call.
async fn call(home: &Path, method: &str, params: &Value) -> Value {
    let mut command = tokio::process::Command::from(cli(home));
    let mut child = command
        .arg("app-server")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let client = json!({"name": "baton", "title": "Baton", "version": "0"});
    for message in [
        json!({"id": 0, "method": "initialize", "params": {"clientInfo": client}}),
        json!({"method": "initialized"}),
        json!({"id": 1, "method": method, "params": params}),
    ] {
        let line = format!("{message}\n");
        stdin.write_all(line.as_bytes()).await.unwrap();
    }
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("an answer");
        let message: Value = serde_json::from_str(&line).unwrap();
        if message["id"] == 1 && message["method"].is_null() {
            assert!(message["error"].is_null(), "{message}");
            return message["result"].clone();
        }
    }
}

fn runtime(home: &Path) -> CodexRuntime {
    CodexRuntime::new(CodexSettings {
        command: codex(),
        baton: env!("CARGO_BIN_EXE_baton").into(),
        home: home.to_owned(),
        model: None,
        service: None,
        pass_env: std::collections::BTreeMap::new(),
        reconnect: std::time::Duration::from_secs(1),
        host: HostEnv {
            path: String::new(),
            home: home.to_owned(),
            lang: None,
        },
        agent_prompt: None,
    })
}

/// The schemas that a CLI tells of itself.
struct Protocol {
    directory: PathBuf,
    calls: Value,
    questions: Value,
    told: Value,
}

impl Protocol {
    fn read(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            calls: schema(&directory.join("ClientRequest.json")).unwrap(),
            questions: schema(&directory.join("ServerRequest.json")).unwrap(),
            told: schema(&directory.join("ServerNotification.json")).unwrap(),
        }
    }

    /// Whether it has what a line of [`READ_OR_WRITTEN`] says.
    fn has(&self, line: &str) -> bool {
        let mut words = line.split(' ');
        let (method, way) = (words.next().unwrap(), words.next().unwrap());
        let path = words.next().unwrap_or("");
        let kinds: &[&Value] = if way == "!" {
            &[&self.told]
        } else {
            &[&self.calls, &self.questions]
        };
        kinds.iter().any(|kind| {
            params_of(kind, method).is_some_and(|params| match way {
                "<" => {
                    let answer = self.answer_to(kind, params);
                    answer.is_some_and(|answer| leads(&answer, &answer, path))
                }
                _ => leads(kind, params, path),
            })
        })
    }

    /// The schema of what is answered, which goes by the name of what is asked.
    fn answer_to(&self, kind: &Value, params: &Value) -> Option<Value> {
        let named = alternatives_named(kind, params);
        let name = named.iter().find_map(|name| name.strip_suffix("Params"))?;
        let file = format!("{name}Response.json");
        ["v2", "v1", "."]
            .iter()
            .find_map(|place| schema(&self.directory.join(place).join(&file)))
    }
}

fn schema(file: &Path) -> Option<Value> {
    let text = fs::read_to_string(file).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// The parameters of a method, if there is one of that name.
fn params_of<'a>(kind: &'a Value, method: &str) -> Option<&'a Value> {
    let all = kind["oneOf"].as_array()?;
    let one = all
        .iter()
        .find(|one| one["properties"]["method"]["enum"][0] == method)?;
    Some(&one["properties"]["params"])
}

/// The names of the types that something may be.
fn alternatives_named(root: &Value, schema: &Value) -> Vec<String> {
    let mut names = Vec::new();
    walk(root, schema, &mut |one| {
        let name = one["$ref"]
            .as_str()
            .and_then(|name| name.rsplit('/').next());
        names.extend(name.map(str::to_owned));
    });
    names
}

/// Whether a path leads from here to something.
fn leads(root: &Value, schema: &Value, path: &str) -> bool {
    let mut here = vec![schema];
    for step in steps(path) {
        let mut next = Vec::new();
        for schema in here {
            walk(root, schema, &mut |one| next.extend(step_into(one, &step)));
        }
        here = next;
    }
    !here.is_empty()
}

/// One step of a path.
enum Step {
    Field(String),
    Members,
    Values,
    Kind(String),
    Value(String),
}

fn steps(path: &str) -> Vec<Step> {
    let (path, value) = path
        .split_once('=')
        .map_or((path, None), |(path, value)| (path, Some(value)));
    let mut steps = Vec::new();
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let (part, kind) = match part.strip_suffix('}').and_then(|part| part.split_once('{')) {
            Some((part, kind)) => (part, Some(kind)),
            None => (part, None),
        };
        let (name, is_list) = part
            .strip_suffix("[]")
            .map_or((part, false), |name| (name, true));
        steps.push(match name {
            "*" => Step::Values,
            name => Step::Field(name.to_owned()),
        });
        steps.extend(is_list.then_some(Step::Members));
        steps.extend(kind.map(|kind| Step::Kind(kind.to_owned())));
    }
    steps.extend(value.map(|value| Step::Value(value.to_owned())));
    steps
}

fn step_into<'a>(schema: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Field(name) => schema["properties"].get(name),
        Step::Members => schema.get("items"),
        Step::Values => schema.get("additionalProperties"),
        Step::Kind(kind) => {
            (schema["properties"]["type"]["enum"][0] == *kind.as_str()).then_some(schema)
        }
        Step::Value(value) => {
            let values = schema["enum"].as_array()?;
            values
                .iter()
                .any(|one| one == value.as_str())
                .then_some(schema)
        }
    }
}

/// Looks at a schema and at all that it may be instead.
fn walk<'a>(root: &'a Value, schema: &'a Value, look: &mut impl FnMut(&'a Value)) {
    look(schema);
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.trim_start_matches('#');
        walk(root, root.pointer(pointer).unwrap(), look);
    }
    for others in ["anyOf", "oneOf", "allOf"] {
        for other in schema[others].as_array().into_iter().flatten() {
            walk(root, other, look);
        }
    }
}
