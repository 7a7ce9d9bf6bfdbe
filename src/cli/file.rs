//! The option that most subcommands share.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use clap::Args;

use super::projects::judge_tools;
use crate::config::{ConfigErrors, KeyringUse, Settings, Source, process_environment};

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub struct ConfigFile {
    /// The configuration; .env beside it holds the secrets. Without it, baton.toml here; or, if there
    /// is none, .env alone
    #[arg(long = "config", value_name = "FILE")]
    pub path: Option<PathBuf>,
}

impl ConfigFile {
    /// Reads it, with the variables of this process over it.
    pub fn load(&self) -> Result<Settings, ConfigErrors> {
        let process = process_environment();
        match &self.path {
            Some(path) => Settings::load(path, &process, judge_tools),
            None => Settings::load_from(Path::new(""), &process, judge_tools),
        }
    }

    /// Reads what it says of the keyring, whatever its other settings are, and where variables are set that go first.
    pub fn load_keyring(&self) -> Result<(KeyringUse, BTreeMap<String, Source>), ConfigErrors> {
        KeyringUse::load(self.path.as_deref(), &process_environment())
    }
}
