//! What the commands of a thread may touch: a permissions profile of Codex, by which its sandbox goes.
//!
//! They write in the project's directory and in their temporary one, and read what the machine's user can read but
//! what is shut here: Baton's own directories, every other project, credentials, and the secret files of Codex's
//! home one by one, because its sandbox needs the rest of that. A path that does not exist yet can be shut only
//! where commands cannot write: elsewhere an empty file would appear under its name (seen with 0.169). Of two paths
//! one of which lies in the other only the outer one may be shut.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::servers::servers;
use crate::runtime::{
    CREDENTIALS, Launch,
    around::{around, beside},
};

/// The name of the profile.
const NAME: &str = "baton";

/// How deep files are looked for that a pattern shuts, in directories below the project.
const DEPTH: u32 = 8;

/// Tools that do not ask, by the names that rules have for what they do: images are looked at with the eyes of a
/// command, which sees all of the machine that is not shut; the web is searched, and pages of it are fetched.
pub(super) const UNASKED: [&str; 3] = [READ, SEARCH, FETCH];
const READ: &str = "Read";
const SEARCH: &str = "WebSearch";
const FETCH: &str = "WebFetch";

/// What of Codex's home its sandbox needs.
const NEEDED: [&str; 4] = ["shell_snapshots", "skills", "tmp", TEMPORARY];

/// The directory of Codex's home for the temporary files of threads.
pub(super) const TEMPORARY: &str = "baton-tmp";

/// The file in that of a thread which tells shells where it is. The name is zsh's.
pub(super) const ENVIRONMENT: &str = ".zshenv";

/// Codex's databases of all threads (0.169), and what SQLite puts beside one. By their names: for a pattern its sandbox
/// looks through the whole home before each command, and fails if another thread changes something there meanwhile.
const DATABASES: [&str; 6] = [
    "goals_1",
    "logs_2",
    "memories_1",
    "queue_1",
    "state_5",
    "thread_history_1",
];
const OF_DATABASE: [&str; 4] = ["", "-journal", "-shm", "-wal"];

/// What else is secret in Codex's home, also where it is not there yet.
const SECRET: [&str; 9] = [
    ".credentials.json",
    ".env",
    "archived_sessions",
    "auth.json",
    "config.toml",
    "history.jsonl",
    "log",
    "memories",
    "sessions",
];

/// Codex's settings for a thread.
pub(super) fn config(launch: &Launch, codex_home: &Path, home: &Path, temporary: &Path) -> Value {
    let mut files = Map::new();
    files.insert("glob_scan_max_depth".to_owned(), json!(DEPTH));
    // What all threads could write they could plant for each other.
    for shared in [":slash_tmp", ":tmpdir"] {
        files.insert(shared.to_owned(), json!("read"));
    }
    for path in shut(launch, codex_home, home, temporary) {
        files.insert(path.to_string_lossy().into_owned(), json!("deny"));
    }
    for pattern in launch.denied.iter().filter_map(|rule| glob(rule, launch)) {
        files.insert(pattern, json!("deny"));
    }
    // Of the temporary files of all threads, those of this one.
    if let Some(all) = temporary.parent() {
        files.insert(all.to_string_lossy().into_owned(), json!("deny"));
    }
    files.insert(temporary.to_string_lossy().into_owned(), json!("write"));
    let mut config = json!({
        "default_permissions": NAME,
        "projects": untrusted(&launch.directory),
        "permissions": {NAME: {"extends": ":workspace", "filesystem": files}},
        "shell_environment_policy": {"inherit": "core", "set": environment(temporary)},
    });
    config["mcp_servers"] = servers(codex_home, launch.servers);
    let may = |tool: &str| launch.unasked.contains(&tool);
    // By whole keys: a table would stand in the place of the one that the process was started with.
    if may(READ) {
        config["features.view_image"] = json!(true);
    }
    if may(SEARCH) {
        // Only what its service knows already is looked at, and no page is fetched.
        let search = if may(FETCH) { "live" } else { "cached" };
        config["web_search"] = json!(search);
    }
    config
}

/// Where commands have their temporary files. The shell is told, and not its sandbox, whose helpers find each other in
/// the directory that `TMPDIR` names: those of one project whose helpers do not fail now and then, as one takes away
/// what the other mounts (seen with 0.169). Bash and zsh, one of which Codex takes, read such a file before anything else:
/// bash only if it is not the outermost shell, as its standard input is a socket, which it takes for a login by rsh.
fn environment(temporary: &Path) -> Value {
    json!({"BASH_ENV": temporary.join(ENVIRONMENT), "SHLVL": "1", "ZDOTDIR": temporary})
}

/// That nothing of the project's own `.codex` counts, which could start programs and allow commands: Codex trusts by
/// itself every project that a thread is begun in, and every directory above it that it has ever trusted.
fn untrusted(project: &Path) -> Value {
    let main = main_repository(project);
    let all = project
        .ancestors()
        .chain(main.iter().flat_map(|main| main.ancestors()));
    let never = |path: &Path| {
        (
            path.to_string_lossy().into_owned(),
            json!({"trust_level": "untrusted"}),
        )
    };
    Value::Object(all.map(never).collect())
}

/// The repository that a directory is a worktree of, or lies in one of.
fn main_repository(project: &Path) -> Option<PathBuf> {
    let link = project
        .ancestors()
        .map(|path| path.join(".git"))
        .find(|path| path.exists())?;
    let text = std::fs::read_to_string(link).ok()?;
    let git = text.strip_prefix("gitdir:")?.trim();
    let (main, _) = git.split_once("/.git/worktrees/")?;
    Some(PathBuf::from(main))
}

/// The paths that are shut, none of them in another.
fn shut(launch: &Launch, codex_home: &Path, home: &Path, temporary: &Path) -> Vec<PathBuf> {
    let project = launch.directory.as_path();
    let kept = [project, codex_home, temporary];
    let own = SECRET.iter().map(|name| codex_home.join(name));
    let databases = DATABASES.iter().flat_map(|name| {
        let files = OF_DATABASE.iter();
        files.map(move |part| codex_home.join(format!("{name}.sqlite{part}")))
    });
    let own = own.chain(databases).chain(beside(codex_home, &NEEDED));
    let credentials = CREDENTIALS.iter().map(|name| home.join(name));
    let mut all: Vec<PathBuf> = launch
        .forbidden
        .iter()
        .chain(&launch.others)
        .cloned()
        .chain(credentials)
        // A directory reached by a link is shut under its real path too.
        .flat_map(|path| [std::fs::canonicalize(&path).ok(), Some(path)])
        .flatten()
        .flat_map(|path| around(path, &kept))
        .filter(|path| path.exists() && !path.starts_with(codex_home))
        .chain(own)
        .collect();
    all.sort();
    // In this order what lies in a path comes right behind it.
    let mut outer: Vec<PathBuf> = Vec::new();
    for path in all {
        if !outer.last().is_some_and(|last| path.starts_with(last)) {
            outer.push(path);
        }
    }
    outer
}

/// A rule about files that nobody may read, as a pattern of Codex's. One that names a file is a pattern too, or an
/// empty file would appear where there is none.
fn glob(rule: &str, launch: &Launch) -> Option<String> {
    let path = rule.strip_prefix("Read(")?.strip_suffix(')')?;
    let path = match path.strip_prefix("//") {
        Some(path) => PathBuf::from("/").join(path),
        None => launch
            .directory
            .join(path.trim_start_matches("./").trim_start_matches('/')),
    };
    let goes_up = path.components().any(|part| part == Component::ParentDir);
    let mut pattern = path.to_str().filter(|_| !goes_up)?.to_owned();
    if !pattern.contains(['*', '?', '[']) {
        let last = pattern.pop()?;
        pattern.extend(['[', last, ']']);
    }
    Some(pattern)
}

/// What is set for all threads of a process: what acts without asking is off, and so is what asks elsewhere.
pub(super) fn process_config() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("allow_login_shell", "false"),
        ("analytics.enabled", "false"),
        ("check_for_update_on_startup", "false"),
        ("cli_auth_credentials_store", "\"file\""),
        ("features.apps", "false"),
        ("features.browser_use", "false"),
        ("features.computer_use", "false"),
        ("features.goals", "false"),
        ("features.hooks", "false"),
        ("features.image_generation", "false"),
        ("features.in_app_browser", "false"),
        ("features.memories", "false"),
        ("features.multi_agent", "false"),
        ("features.plugins", "false"),
        ("features.remote_plugin", "false"),
        ("features.skill_mcp_dependency_install", "false"),
        ("features.sleep_tool", "false"),
        ("features.tool_suggest", "false"),
        // Typing into a sandboxed terminal asks nobody.
        ("features.unified_exec_tty", "false"),
        ("features.view_image", "false"),
        ("shell_environment_policy.inherit", "\"core\""),
        ("web_search", "\"disabled\""),
    ])
}

#[cfg(test)]
mod tests;
