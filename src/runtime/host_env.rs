//! What agents get of the server's own environment.

use std::path::PathBuf;

use crate::config::USUAL_PATH;

/// What the agent gets of the server's own environment; nothing else is inherited.
#[derive(Clone, Debug)]
pub struct HostEnv {
    /// `PATH`
    pub path: String,
    /// `HOME`
    pub home: PathBuf,
    /// `LANG`; `C.UTF-8` if unset
    pub lang: Option<String>,
}

impl HostEnv {
    /// Takes it from the environment of this process.
    pub fn of_this_process() -> Self {
        Self {
            path: std::env::var("PATH").unwrap_or_else(|_| USUAL_PATH.to_owned()),
            home: std::env::home_dir().unwrap_or_else(|| PathBuf::from("/")),
            lang: std::env::var("LANG").ok(),
        }
    }
}
