//! The command line and the environment of a Claude Code process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{ClaudeSettings, deny};
use crate::{
    runtime::{Launch, Start},
    words::Background,
};

/// Tools that need somebody at a terminal, or that act without anybody having asked: other working
/// directories, a mode that nobody has set.
pub const UNANSWERABLE: &[&str] = &[
    "Artifact",
    "EnterPlanMode",
    "EnterWorktree",
    "ExitWorktree",
    "Monitor",
    "Projects",
    "PushNotification",
    "REPL",
    "RemoteTrigger",
    "ShowOnboardingRolePicker",
    "Workflow",
];

/// Tools that set times at which it begins turns by itself; for projects that let it.
const SCHEDULING: &[&str] = &["CronCreate", "CronDelete", "CronList", "ScheduleWakeup"];

/// The program's own tools that act. It is told to ask for each call of one, whatever the gate says: an
/// open hook counts as no objection when the pipe closes, an open question as a no.
const ACTING: &[&str] = &[
    "Bash",
    "CronCreate",
    "CronDelete",
    "Edit",
    "Glob",
    "Grep",
    "NotebookEdit",
    "Read",
    "ReportFindings",
    "ScheduleWakeup",
    "SendMessage",
    "Skill",
    "Task",
    "TaskOutput",
    "TaskStop",
    "WebFetch",
    "WebSearch",
    "Write",
];

/// Tools that exist only where a rule names them.
const NAMED: [&str; 2] = ["Glob(/**)", "Grep(/**)"];

/// What Baton sets for every process, with the reason.
const FIXED_ENV: &[(&str, &str)] = &[
    // Otherwise `@path` in a person's text pulls in any file, past every rule.
    ("CLAUDE_CODE_DISABLE_ATTACHMENTS", "1"),
    // One memory for all conversations of a directory would carry words between people.
    ("CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1"),
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

/// What keeps it from turns that nobody asked for, in each way, unless the project lets it.
const BY_ITSELF: [(Background, &str); 2] = [
    (Background::Tasks, "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"),
    (Background::Schedules, "CLAUDE_CODE_DISABLE_CRON"),
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
        launch.mode.as_str(),
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
    if !launch.background.contains(&Background::Schedules) {
        args.extend(SCHEDULING.iter().map(ToString::to_string));
    }
    args.push("--allowed-tools".to_owned());
    args.extend(NAMED.map(str::to_owned));
    args
}

fn flag_settings(settings: &ClaudeSettings, launch: &Launch) -> String {
    let own = settings.config_dir.iter();
    let own = own.filter(|own| !launch.forbidden.contains(own));
    let forbidden: Vec<_> = launch.forbidden.iter().chain(own).cloned().collect();
    let mut deny = deny::rules(&forbidden, &settings.host.home, &launch.directory);
    deny.extend(
        launch
            .denied
            .iter()
            .map(|rule| of_project(rule, &launch.directory)),
    );
    json!({"permissions": {"ask": ACTING, "deny": deny}}).to_string()
}

/// A rule about files as Claude Code is told it: from the root of the machine, which `//` stands for. In
/// settings that are given on the command line nothing else means the project (seen with 2.1.197).
fn of_project(rule: &str, project: &Path) -> String {
    let project = deny::escape(&project.to_string_lossy());
    match rule.split_once('(') {
        None => format!("{rule}(/{project}/**)"),
        Some((_, path)) if path.starts_with("//") => rule.to_owned(),
        Some((tool, path)) => format!("{tool}(/{project}/{}", path.trim_start_matches("./")),
    }
}

/// What is locked while the program works on a conversation. It has no lock of its own: two processes
/// that resume one conversation lose what the slower of them was told.
pub(super) fn lock(settings: &ClaudeSettings, launch: &Launch) -> PathBuf {
    let name = format!("{}.lock", launch.agent_session);
    directory(settings).join("baton-locks").join(name)
}

/// The program's directory.
pub(super) fn directory(settings: &ClaudeSettings) -> PathBuf {
    let home = || settings.host.home.join(".claude");
    settings.config_dir.clone().unwrap_or_else(home)
}

/// How the program calls a working directory below its own: each character but letters and digits is a `-` (2.1.197).
pub(super) fn project(directory: &Path) -> String {
    let name = |char: char| {
        if char.is_ascii_alphanumeric() {
            char
        } else {
            '-'
        }
    };
    directory.to_string_lossy().chars().map(name).collect()
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
    let forbids = BY_ITSELF
        .iter()
        .filter(|(what, _)| !launch.background.contains(what));
    env.extend(forbids.map(|(_, name)| ((*name).to_owned(), "1".to_owned())));
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
    use std::fmt::Write as _;

    use uuid::Uuid;

    use super::*;
    use crate::{
        runtime::{
            Command, HostEnv, Runtime as _,
            claude::{ClaudeRuntime, TOOLS},
        },
        words::AgentMode,
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
            mode: AgentMode::Default,
            background: Vec::new(),
            denied: vec!["Read(secrets/**)".into()],
            unasked: Vec::new(),
            servers: true,
            forbidden: vec![PathBuf::from("/nowhere/baton/data")],
            temporary: PathBuf::from("/run/baton/t1"),
            launcher: Vec::new(),
            others: Vec::new(),
            shared: None,
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
    fn a_launcher_stands_before_the_program_and_changes_nothing_else() {
        let launcher = ["bwrap".to_owned(), "--die-with-parent".to_owned()];
        let behind = Launch {
            launcher: launcher.to_vec(),
            ..launch(Start::New)
        };
        let runtime = ClaudeRuntime::new(settings());
        let plain = runtime.command(&launch(Start::New));
        let command = runtime.command(&behind);
        assert_eq!(command.program, PathBuf::from("bwrap"));
        assert_eq!(
            command.args[..2],
            ["--die-with-parent", "/opt/claude/claude"]
        );
        assert_eq!(command.args[2..], plain.args);
        // Agents of an earlier server are known again by this text.
        assert_eq!(
            format!("{command:?}"),
            format!("{:?}", plain.behind(&launcher))
        );
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
    fn it_goes_on_by_itself_only_with_what_the_project_lets() {
        for background in [vec![], vec![Background::Tasks], vec![Background::Schedules]] {
            let launch = Launch {
                background: background.clone(),
                ..launch(Start::New)
            };
            let args = args(&settings(), &launch);
            let may_schedule = background.contains(&Background::Schedules);
            for tool in SCHEDULING {
                assert_eq!(args.iter().any(|arg| arg == tool), !may_schedule, "{tool}");
            }
            let env = env(&settings(), &launch);
            for (what, name) in BY_ITSELF {
                assert_eq!(
                    env.contains_key(name),
                    !background.contains(&what),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn denied_files_are_named_from_the_project() {
        for (rule, told) in [
            ("Read", r"Read(//srv/my\ app/**)"),
            ("Edit(src/**)", r"Edit(//srv/my\ app/src/**)"),
            ("Read(./docs/*.md)", r"Read(//srv/my\ app/docs/*.md)"),
            ("Read(//usr/share/**)", "Read(//usr/share/**)"),
        ] {
            assert_eq!(of_project(rule, Path::new("/srv/my app")), told);
        }
    }

    #[test]
    fn the_program_never_decides_by_itself() {
        let args = args(&settings(), &launch(Start::New));
        assert!(!args.iter().any(|arg| arg.contains("skip-permissions")));
        let allowed = args.iter().position(|arg| arg == "--allowed-tools");
        assert_eq!(
            allowed.map(|at| args[at + 1..].to_vec()),
            Some(NAMED.map(str::to_owned).to_vec())
        );
        for tool in NAMED {
            assert!(ACTING.contains(&tool.split('(').next().unwrap_or_default()));
        }
    }

    #[test]
    fn a_tool_of_the_program_is_one_that_rules_may_name_or_one_that_no_agent_has() {
        for tool in [ACTING, SCHEDULING].concat() {
            assert!(TOOLS.contains(&tool), "{tool}");
        }
        for tool in UNANSWERABLE {
            assert!(!TOOLS.contains(tool), "{tool}");
        }
    }
}
