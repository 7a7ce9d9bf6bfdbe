//! The settings as a whole: what is read, what is refused, and what the examples say.

mod examples;
mod mistakes;
mod reading;

use std::{collections::BTreeMap, fs, path::PathBuf};

use tempfile::TempDir;

use super::{ConfigErrors, Settings};

/// What every configuration needs, and nothing else.
const SMALLEST: &str = "[discord]\nguild = 1\nowner_user = 2\n";

/// A directory with a `baton.toml`, perhaps a `.env`, and a project.
struct Folder(TempDir);

impl Folder {
    /// `$DIR` in `toml` stands for the directory, which has the directory `site` in it.
    fn new(toml: &str) -> Self {
        let folder = Self(TempDir::new().unwrap());
        fs::create_dir(folder.path("site")).unwrap();
        let toml = toml.replace("$DIR", folder.0.path().to_str().unwrap());
        fs::write(folder.path("baton.toml"), toml).unwrap();
        folder
    }

    fn with_env_file(self, text: &str) -> Self {
        fs::write(self.path(".env"), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Loads it as a process would that has these variables besides a home and a token.
    fn load(&self, variables: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
        let mut process = BTreeMap::from([
            ("HOME".to_owned(), "/home/you".to_owned()),
            ("DISCORD_BOT_TOKEN".to_owned(), "sim-token".to_owned()),
        ]);
        for (name, value) in variables {
            process.insert((*name).to_owned(), (*value).to_owned());
        }
        Settings::load(&self.path("baton.toml"), &process)
    }

    /// What a person reads who loads it, with `$DIR` for the directory.
    fn told(&self, variables: &[(&str, &str)]) -> String {
        let told = self.load(variables).unwrap_err().to_string();
        told.replace(self.0.path().to_str().unwrap(), "$DIR")
    }
}
