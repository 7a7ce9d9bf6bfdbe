//! `[claude]`: the Claude CLI.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use secrecy::SecretString;

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
