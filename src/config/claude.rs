//! `[claude]`: the Claude CLI.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use figment::value::Value;
use secrecy::SecretString;

use super::{
    environment::Environment,
    layers::is_ours,
    problem::Complaint,
    section::Section,
    values::{self, wrong},
};

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
            read_pass_env(value, environment)
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

fn read_pass_env(
    value: &Value,
    environment: &Environment,
) -> Result<BTreeMap<String, SecretString>, Complaint> {
    let token = environment.get("DISCORD_BOT_TOKEN").map(|(value, _)| value);
    let mut passed = BTreeMap::new();
    for item in values::list(value)? {
        let name = values::text(&item)?;
        let word = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|first: char| first.is_ascii_digit());
        if !word {
            return Err(wrong(
                &item,
                "is no name of a variable",
                "Write names alone, such as \"HTTPS_PROXY\"; their values stay in the environment.",
            ));
        }
        if name == "CLAUDE_CONFIG_DIR" {
            return Err(wrong(
                &item,
                "is set by Baton",
                "Remove it from the list, and write `config_dir` below `[claude]`.",
            ));
        }
        let value = environment.get(&name).map(|(value, _)| value);
        if name == "DISCORD_BOT_TOKEN" || is_ours(&name) || token.is_some() && value == token {
            return Err(wrong(
                &item,
                "is Baton's own secret, and an agent may not have it",
                "Remove it from the list.",
            ));
        }
        if let Some(value) = value {
            passed.insert(name, SecretString::from(value));
        }
    }
    Ok(passed)
}
