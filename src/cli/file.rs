//! The option that most subcommands share.

use std::path::PathBuf;

use clap::Args;

use crate::config::{ConfigErrors, Settings, process_environment};

/// Where the configuration is.
#[derive(Clone, Debug, Args)]
pub struct ConfigFile {
    /// The configuration; .env beside it holds the secrets.
    #[arg(long = "config", value_name = "FILE", default_value = "baton.toml")]
    pub path: PathBuf,
}

impl ConfigFile {
    /// Reads it, with the variables of this process over it.
    pub fn load(&self) -> Result<Settings, ConfigErrors> {
        Settings::load(&self.path, &process_environment())
    }
}
