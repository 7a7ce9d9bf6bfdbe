//! `[claude]`: the Claude CLI.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use figment::value::Value;
use secrecy::SecretString;

use super::{environment::Environment, pass_env, problem::Complaint, section::Section, values};

/// What the CLI reads to log in and to reach its service.
pub(crate) const PASS_ENV: [&str; 11] = [
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "TZ",
];

/// `[claude]`.
#[derive(Clone, Debug)]
pub struct Claude {
    /// The program: a path, or a name that is looked up in `PATH`.
    pub command: PathBuf,
    /// The CLI's directory of credentials and conversations, absolute; `None` for its own default.
    pub config_dir: Option<PathBuf>,
    /// How long an agent process is kept after its last turn.
    pub idle_timeout: Duration,
    /// How many agent processes may live at once, working or idle.
    pub max_live: usize,
    /// How long one turn may take.
    pub turn_timeout: Duration,
    /// How long the CLI may take from its start to its first answer.
    pub start_timeout: Duration,
    /// The variables of `claude.pass_env` that are set, with their values: handed to the agent.
    pub env: BTreeMap<String, SecretString>,
}

impl Claude {
    pub(super) fn read(mut section: Section<'_>, environment: &Environment) -> Option<Self> {
        let command = section.or("command", "claude", read_command);
        let config_dir = section.optional("config_dir", "the CLI's own", values::absolute);
        let idle_timeout = section.or("idle_timeout", "10min", values::span(values::UP_TO_A_WEEK));
        let max_live = section.or("max_live", 4, values::count(1..=1_000));
        let turn_timeout = section.or("turn_timeout", "2h", values::span(values::UP_TO_A_WEEK));
        let start_timeout = section.or("start_timeout", "60s", values::span(values::UP_TO_A_WEEK));
        let pass_env = section.or("pass_env", PASS_ENV.to_vec(), |value| {
            pass_env::read(value, environment, instead)
        });
        section.finish();
        Some(Self {
            command: command?,
            config_dir: config_dir.ok()?,
            idle_timeout: idle_timeout?,
            max_live: max_live?,
            turn_timeout: turn_timeout?,
            start_timeout: start_timeout?,
            env: pass_env?,
        })
    }
}

fn read_command(value: &Value) -> Result<PathBuf, Complaint> {
    values::program(
        value,
        "Write \"claude\" to have it looked up in PATH, or its whole path, from `/` on.",
    )
}

/// What to write in place of a variable that Baton sets.
fn instead(name: &str) -> Option<&'static str> {
    (name == "CLAUDE_CONFIG_DIR")
        .then_some("Remove it from the list, and write `config_dir` below `[claude]`.")
}
