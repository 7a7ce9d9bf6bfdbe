//! `[claude]`: the Claude CLI.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use figment::value::Value;
use secrecy::{ExposeSecret as _, SecretString};

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

/// The variable of a key, and that of the token of a login.
const KEY: &str = "ANTHROPIC_API_KEY";
const TOKEN: &str = "CLAUDE_CODE_OAUTH_TOKEN";

/// How a token of a login begins; a key begins with `sk-ant-api` (code.claude.com/docs, authentication).
const TOKEN_BEGINS: &str = "sk-ant-oat";

const NO_KEY: &str = "ANTHROPIC_API_KEY holds the token of a login and no key, so Claude Code gets it as \
     CLAUDE_CODE_OAUTH_TOKEN. Rename the variable, or put a key into it.";

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
        let env = pass_env.map(|mut env| {
            if call_by_its_name(&mut env) {
                let source = environment.get(KEY).map(|(_, source)| source.clone());
                section.warn("pass_env", source, NO_KEY);
            }
            env
        });
        section.finish();
        Some(Self {
            command: command?,
            config_dir: config_dir.ok()?,
            idle_timeout: idle_timeout?,
            max_live: max_live?,
            turn_timeout: turn_timeout?,
            start_timeout: start_timeout?,
            env: env?,
        })
    }
}

/// Whether what stands in the place of a key is the token of a login: then it is one from here on, unless there is
/// another one, which goes first.
fn call_by_its_name(env: &mut BTreeMap<String, SecretString>) -> bool {
    let is_token = |value: &SecretString| value.expose_secret().trim().starts_with(TOKEN_BEGINS);
    if !env.get(KEY).is_some_and(is_token) {
        return false;
    }
    if let Some(token) = env.remove(KEY) {
        env.entry(TOKEN.to_owned()).or_insert(token);
    }
    true
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
