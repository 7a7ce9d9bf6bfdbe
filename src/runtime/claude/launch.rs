//! The command line and the environment of a Claude Code process.

use std::collections::BTreeMap;

use serde_json::json;

use super::{ClaudeSettings, deny};
use crate::runtime::{Launch, Start};

/// Tools that need somebody at a terminal, or that act without anybody having asked: dialogs,
/// plan mode, other working directories, turns that start by themselves.
pub const UNANSWERABLE: &[&str] = &[
    "AskUserQuestion",
    "Artifact",
    "CronCreate",
    "CronDelete",
    "CronList",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitPlanMode",
    "ExitWorktree",
    "Monitor",
    "Projects",
    "PushNotification",
    "REPL",
    "RemoteTrigger",
    "ScheduleWakeup",
    "ShowOnboardingRolePicker",
    "Workflow",
];

/// The program's own tools that act. Where no rule names one, the program is told to ask for each
/// call of it: an open hook counts as no objection when the pipe closes, an open question as a no.
const ACTING: &[&str] = &[
    "Bash",
    "Edit",
    "Glob",
    "Grep",
    "NotebookEdit",
    "Read",
    "ReportFindings",
    "SendMessage",
    "Skill",
    "Task",
    "TaskOutput",
    "TaskStop",
    "WebFetch",
    "WebSearch",
    "Write",
];

/// The tools that write files; rules know them all as `Edit`.
const WRITING: &[&str] = &["Edit", "MultiEdit", "NotebookEdit", "Write"];

/// What Baton sets for every process, with the reason.
const FIXED_ENV: &[(&str, &str)] = &[
    // Otherwise `@path` in a person's text pulls in any file, past every rule.
    ("CLAUDE_CODE_DISABLE_ATTACHMENTS", "1"),
    // One memory for all conversations of a directory would carry words between people.
    ("CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1"),
    // No turns that nobody asked for.
    ("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1"),
    ("CLAUDE_CODE_DISABLE_CRON", "1"),
    ("CLAUDE_CODE_DISABLE_WORKFLOWS", "1"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1"),
    // The default of 10 means minutes of silence, also for a login that is dead.
    ("CLAUDE_CODE_MAX_RETRIES", "4"),
    // The version is the operator's choice.
    ("DISABLE_AUTOUPDATER", "1"),
    ("DISABLE_ERROR_REPORTING", "1"),
    ("DISABLE_TELEMETRY", "1"),
];

/// The arguments. Variadic options stand last, because they swallow the words after them.
pub(super) fn args(settings: &ClaudeSettings, launch: &Launch) -> Vec<String> {
    let mut args: Vec<String> = [
        "-p",
        "--input-format",
        "stream-json",
        "--output-format",
        "stream-json",
        "--verbose",
        "--include-partial-messages",
        "--replay-user-messages",
        "--permission-prompt-tool",
        "stdio",
        // A project's own settings and MCP servers would run code without a question.
        "--setting-sources",
        "user",
        "--strict-mcp-config",
        "--permission-mode",
        "default",
    ]
    .map(str::to_owned)
    .into();
    args.push(
        match launch.start {
            Start::New => "--session-id",
            Start::Resume => "--resume",
        }
        .to_owned(),
    );
    args.push(launch.agent_session.to_string());
    // Also on resume: the program would go back to the model that it has recorded.
    if let Some(model) = &launch.model {
        args.extend(["--model".to_owned(), model.clone()]);
    }
    args.extend(["--settings".to_owned(), flag_settings(settings, launch)]);
    args.push("--disallowed-tools".to_owned());
    args.extend(UNANSWERABLE.iter().map(ToString::to_string));
    let mut allowed: Vec<String> = launch
        .allowed_tools
        .iter()
        .map(|rule| within_project(rule))
        .collect();
    allowed.sort();
    allowed.dedup();
    if !allowed.is_empty() {
        args.push("--allowed-tools".to_owned());
        args.extend(allowed);
    }
    args
}

fn flag_settings(settings: &ClaudeSettings, launch: &Launch) -> String {
    let forbidden: Vec<_> = launch
        .forbidden
        .iter()
        .chain(&settings.config_dir)
        .cloned()
        .collect();
    let deny = deny::rules(&forbidden, &settings.host.home, &launch.directory);
    let ask = unnamed(&launch.allowed_tools);
    json!({"permissions": {"ask": ask, "deny": deny}}).to_string()
}

/// The acting tools that no rule names.
fn unnamed(rules: &[String]) -> Vec<&'static str> {
    let named: Vec<&str> = rules
        .iter()
        .map(|rule| rule.split('(').next().unwrap_or(rule))
        .map(|name| if name == "Agent" { "Task" } else { name })
        .collect();
    let writes = named.iter().any(|name| WRITING.contains(name));
    ACTING
        .iter()
        .copied()
        .filter(|tool| !(named.contains(tool) || writes && WRITING.contains(tool)))
        .collect()
}

/// A rule as Claude Code is told it. File tools are named for the project only: a bare `Read` would
/// open the whole machine. `/` starts a path of the project there and `//` one of the machine; a
/// relative one would move with the agent's `cd`. Writing is governed by `Edit` rules, and Grep
/// and Glob exist only if a rule names them.
fn within_project(rule: &str) -> String {
    match rule {
        "Read" | "Grep" | "Glob" => return format!("{rule}(/**)"),
        "Edit" | "MultiEdit" | "Write" | "NotebookEdit" => return "Edit(/**)".to_owned(),
        _ => {}
    }
    for tool in ["Read", "Edit"] {
        let path = rule
            .strip_prefix(tool)
            .and_then(|rest| rest.strip_prefix('('))
            .filter(|path| !path.starts_with('/'));
        if let Some(path) = path {
            return format!("{tool}(/{}", path.trim_start_matches("./"));
        }
    }
    rule.to_owned()
}

/// The whole environment.
pub(super) fn env(settings: &ClaudeSettings, launch: &Launch) -> BTreeMap<String, String> {
    let mut env = settings.pass_env.clone();
    let host = &settings.host;
    let lang = host.lang.as_deref().unwrap_or("C.UTF-8");
    let temporary = launch.temporary.to_string_lossy();
    env.extend(
        [
            ("PATH", host.path.as_str()),
            ("HOME", &host.home.to_string_lossy()),
            ("LANG", lang),
            // What the tools write, and what the program itself writes.
            ("TMPDIR", &temporary),
            ("CLAUDE_CODE_TMPDIR", &temporary),
        ]
        .into_iter()
        .chain(FIXED_ENV.iter().copied())
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    if let Some(directory) = &settings.config_dir {
        env.insert(
            "CLAUDE_CONFIG_DIR".to_owned(),
            directory.to_string_lossy().into_owned(),
        );
    }
    env
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write as _, path::PathBuf};

    use uuid::Uuid;

    use super::*;
    use crate::runtime::{
        Command, Runtime as _,
        claude::{ClaudeRuntime, HostEnv},
    };

    fn settings() -> ClaudeSettings {
        ClaudeSettings {
            command: PathBuf::from("/opt/claude/claude"),
            config_dir: Some(PathBuf::from("/nowhere/baton/claude")),
            pass_env: BTreeMap::from([
                ("ANTHROPIC_BASE_URL".into(), "http://127.0.0.1:1".into()),
                ("CLAUDE_CODE_DISABLE_ATTACHMENTS".into(), "0".into()),
                ("HOME".into(), "/root".into()),
            ]),
            host: HostEnv {
                path: "/usr/bin:/bin".into(),
                home: PathBuf::from("/nowhere/home"),
                lang: None,
            },
            agent_prompt: None,
        }
    }

    fn launch(start: Start) -> Launch {
        Launch {
            agent_session: Uuid::from_u128(1),
            start,
            directory: PathBuf::from("/srv/app"),
            model: Some("haiku".into()),
            allowed_tools: ["Read", "Grep", "Write", "Edit(src/**)", "Bash(git log:*)"]
                .map(str::to_owned)
                .into(),
            forbidden: vec![PathBuf::from("/nowhere/baton/data")],
            temporary: PathBuf::from("/run/baton/t1"),
        }
    }

    fn shown(command: &Command) -> String {
        let mut shown = format!(
            "program {}\nin {}\n",
            command.program.display(),
            command.directory.display()
        );
        for arg in &command.args {
            writeln!(shown, "arg {arg}").expect("a string takes all");
        }
        for (name, value) in &command.env {
            writeln!(shown, "env {name}={value}").expect("a string takes all");
        }
        for line in &command.handshake {
            writeln!(shown, "handshake {line}").expect("a string takes all");
        }
        writeln!(shown, "interrupt {}", command.interrupt).expect("a string takes all");
        shown
    }

    #[test]
    fn the_whole_command_is_as_shown() {
        let command = ClaudeRuntime::new(settings()).command(&launch(Start::New));
        insta::assert_snapshot!(shown(&command));
    }

    #[test]
    fn a_known_conversation_is_resumed_with_its_model() {
        let command = ClaudeRuntime::new(settings()).command(&launch(Start::Resume));
        let at = command.args.iter().position(|arg| arg == "--resume");
        assert_eq!(
            at.map(|at| &command.args[at + 1..at + 4]),
            Some(
                &[
                    "00000000-0000-0000-0000-000000000001".to_owned(),
                    "--model".to_owned(),
                    "haiku".to_owned(),
                ][..]
            )
        );
        assert!(!command.args.contains(&"--session-id".to_owned()));
    }

    #[test]
    fn file_tools_are_named_for_the_project_only() {
        for (rule, told) in [
            ("Read", "Read(/**)"),
            ("Glob", "Glob(/**)"),
            ("NotebookEdit", "Edit(/**)"),
            ("Edit(src/**)", "Edit(/src/**)"),
            ("Read(./docs/*.md)", "Read(/docs/*.md)"),
            ("Read(//usr/share/**)", "Read(//usr/share/**)"),
            ("Bash", "Bash"),
            ("Bash(npm test)", "Bash(npm test)"),
            ("WebFetch(domain:docs.rs)", "WebFetch(domain:docs.rs)"),
        ] {
            assert_eq!(within_project(rule), told);
        }
    }

    #[test]
    fn acting_tools_without_a_rule_are_asked_for() {
        let rules = ["Agent", "Bash(git log:*)", "Write"].map(str::to_owned);
        assert_eq!(
            unnamed(&rules),
            [
                "Glob",
                "Grep",
                "Read",
                "ReportFindings",
                "SendMessage",
                "Skill",
                "TaskOutput",
                "TaskStop",
                "WebFetch",
                "WebSearch"
            ]
        );
        assert_eq!(unnamed(&[]), ACTING);
    }

    #[test]
    fn without_allowed_tools_none_is_named() {
        let launch = Launch {
            allowed_tools: Vec::new(),
            ..launch(Start::New)
        };
        let args = args(&settings(), &launch);
        assert!(!args.contains(&"--allowed-tools".to_owned()));
        assert!(!args.iter().any(|arg| arg.contains("skip-permissions")));
    }
}
