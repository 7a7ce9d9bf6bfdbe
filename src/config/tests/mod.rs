//! The settings as a whole: what is read, what is refused, and what the examples say.

mod accounts;
mod approvers;
mod codex;
mod credentials;
mod default_project;
mod env_file;
mod examples;
mod launchers;
mod mistakes;
mod old_names;
mod reading;
mod roots;

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use tempfile::TempDir;

use super::{ConfigErrors, Settings, ToolJudge};

/// What every configuration needs, and nothing else.
const SMALLEST: &str = "[discord]\nguild = 1\nowner_user = 2\n";

/// Whoever knows tools is not here.
const ANY_TOOLS: ToolJudge = |_, _, _| Vec::new();

/// A directory with a `baton.toml`, perhaps a `.env`, and a project.
struct Folder(TempDir);

impl Folder {
    /// `$DIR` in `toml` stands for the directory, which has the directory `site` in it.
    fn new(toml: &str) -> Self {
        let folder = Self(TempDir::new().unwrap());
        fs::create_dir(folder.path("site")).unwrap();
        let toml = toml.replace("$DIR", folder.0.path().to_str().unwrap());
        fs::write(folder.path("baton.toml"), toml).unwrap();
        folder.set_mode("baton.toml", 0o644);
        folder
    }

    fn with_env_file(self, text: &str) -> Self {
        fs::write(
            self.path(".env"),
            text.replace("$DIR", self.0.path().to_str().unwrap()),
        )
        .unwrap();
        self.set_mode(".env", 0o600);
        self
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
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
        Settings::load(&self.path("baton.toml"), &process, ANY_TOOLS)
    }

    /// What a person reads who loads it, with `$DIR` for the directory.
    fn told(&self, variables: &[(&str, &str)]) -> String {
        let told = self.load(variables).unwrap_err().to_string();
        told.replace(self.0.path().to_str().unwrap(), "$DIR")
    }
}

/// What such a `.env` gives, with no `baton.toml` beside it.
fn alone(env: &str) -> (Folder, Result<Settings, ConfigErrors>) {
    let folder = Folder::new("").with_env_file(env);
    std::fs::remove_file(folder.path("baton.toml")).unwrap();
    let home = BTreeMap::from([("HOME".to_owned(), "/home/you".to_owned())]);
    let settings = Settings::load_from(&folder.path(""), &home, ANY_TOOLS);
    (folder, settings)
}
