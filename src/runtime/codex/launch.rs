//! How Codex and its sessions are started.

use std::path::{Path, PathBuf};

use super::{CodexSettings, DEFAULT_MODEL, profile, wire};
use crate::{
    runtime::{Command, Launch, ProcessBounds, Start, house_prompt::house_prompt},
    words::{AgentMode, Background},
};

/// How long Codex stays when no session is connected, in seconds. Its start costs a quarter of one; and as long as it
/// stays, no other Codex can have its threads, one with other settings for instance.
const IDLE: u64 = 5;

/// The name of the provider that the operator has named by its address.
const PROVIDER: &str = "baton";

/// The process of all sessions with one launcher: the hub, with Codex behind it.
pub(super) fn shared(settings: &CodexSettings, launcher: &[String], socket: &Path) -> Command {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut args: Vec<String> = [
        "codex-hub",
        "--socket",
        &text(socket),
        "--temporary",
        &text(&temporary_of(settings, socket)),
        "--reconnect",
        &settings.reconnect.as_secs().max(1).to_string(),
        "--idle",
        &IDLE.to_string(),
        "--",
    ]
    .map(str::to_owned)
    .into();
    args.extend(launcher.iter().cloned());
    args.extend([text(&settings.command), "app-server".to_owned()]);
    args.extend(options(settings));
    let mut env = settings.pass_env.clone();
    let host = &settings.host;
    let lang = host.lang.as_deref().unwrap_or("C.UTF-8");
    for (name, value) in [
        ("PATH", host.path.as_str()),
        ("HOME", &text(&host.home)),
        ("LANG", lang),
        ("TMPDIR", &text(&temporary_of(settings, socket))),
        ("CODEX_HOME", &text(&settings.home)),
    ] {
        env.insert(name.to_owned(), value.to_owned());
    }
    Command {
        program: settings.baton.clone(),
        args,
        env,
        directory: settings.home.clone(),
        handshake: Vec::new(),
        interrupt: String::new(),
        bounds: ProcessBounds::default(),
        conversation: None,
    }
}

/// Codex's settings on its command line, which win over those of its home.
fn options(settings: &CodexSettings) -> Vec<String> {
    let mut options: Vec<String> = profile::process_config()
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    if let Some(service) = &settings.service {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        options.push(format!("model_provider={}", quoted(PROVIDER)));
        let mut fields = vec![
            format!("name={}", quoted(PROVIDER)),
            format!("wire_api={}", quoted("responses")),
            format!("base_url={}", quoted(&service.base_url)),
        ];
        if let Some(key) = &service.key_variable {
            fields.push(format!("env_key={}", quoted(key)));
        }
        options.push(format!(
            "model_providers.{PROVIDER}={{{}}}",
            fields.join(",")
        ));
    }
    options
        .into_iter()
        .flat_map(|option| ["-c".to_owned(), option])
        .collect()
}

/// Where threads of one hub have their temporary files.
fn temporary_of(settings: &CodexSettings, socket: &Path) -> PathBuf {
    let hub = socket.file_stem().unwrap_or_default();
    settings.home.join(profile::TEMPORARY).join(hub)
}

/// The process of one session.
pub(super) fn command(settings: &CodexSettings, launch: &Launch) -> Command {
    let socket = launch.shared.clone().unwrap_or_default();
    let open = wire::Order::Open(Box::new(open(settings, launch, &socket)));
    let locks = settings.home.join("baton-locks");
    Command {
        program: settings.baton.clone(),
        args: vec![
            "agent-seat".to_owned(),
            "--socket".to_owned(),
            socket.to_string_lossy().into_owned(),
        ],
        env: std::collections::BTreeMap::new(),
        directory: launch.directory.clone(),
        handshake: vec![wire::line(&open)],
        interrupt: wire::line(&wire::Order::Interrupt),
        bounds: ProcessBounds::default(),
        conversation: Some(locks.join(format!("{}.lock", launch.agent_session))),
    }
}

fn open(settings: &CodexSettings, launch: &Launch, socket: &Path) -> wire::Open {
    // By its runner's name, which nobody else has.
    let runner = launch.temporary.parent().and_then(Path::file_name);
    let temporary = temporary_of(settings, socket).join(runner.unwrap_or_default());
    wire::Open {
        thread: match launch.start {
            Start::New => None,
            Start::Resume => Some(launch.agent_session),
        },
        directory: launch.directory.clone(),
        model: model(settings, launch.model.as_deref()),
        plan: launch.mode == AgentMode::Plan,
        keeps_running: launch.background.contains(&Background::Tasks),
        config: profile::config(launch, &settings.home, &settings.host.home, &temporary),
        instructions: house_prompt(settings.agent_prompt.as_deref()),
        temporary,
    }
}

pub(super) fn model(settings: &CodexSettings, model: Option<&str>) -> String {
    model
        .or(settings.model.as_deref())
        .unwrap_or(DEFAULT_MODEL)
        .to_owned()
}
