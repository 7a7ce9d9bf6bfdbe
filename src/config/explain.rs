//! What each setting is, and why.

use secrecy::{ExposeSecret as _, SecretString};

use super::{OldName, Project, Settings, Source, environment::Environment};
use crate::{observe::Secrets, words::RuntimeKind};

/// One setting, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name, such as `http.listen`.
    pub key: String,
    /// Its value as it was written, on one line; a secret is masked.
    pub value: String,
    /// Where the value came from.
    pub source: Source,
}

impl Settings {
    /// All settings with their values and sources, in the order of the sections.
    pub fn explain(&self) -> &[Explained] {
        &self.explained
    }

    /// The old names of settings, whether or not they are in use.
    pub fn old_names(&self) -> &[OldName] {
        &self.old_names
    }

    /// The projects, and the one of every other channel.
    pub fn all_projects(&self) -> impl Iterator<Item = &Project> {
        self.projects.iter().chain(&self.default_project)
    }

    /// Whether somebody is to work with this agent program: a project does, or an account is its.
    pub fn wants(&self, kind: RuntimeKind) -> bool {
        let mut accounts = self.accounts.iter();
        self.all_projects().any(|project| project.runtime == kind)
            || accounts.any(|account| account.slot.runtime == kind)
    }

    /// What the operator should mend, a sentence or two each; a server starts all the same.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The secrets among the values, to be kept out of the log and of everything else that people see. There is one
    /// list of them: what is learned later, by whomever, all who have asked for it know.
    pub fn secrets(&self) -> Secrets {
        self.secrets.clone()
    }

    /// All that the keyring is named for, the token, and what has a password in it. Of what is handed to the agent these are the variables that are named like one or may hold one; a time zone is
    /// none.
    pub(super) fn known_secrets(&self, environment: &Environment) -> Secrets {
        let secret = |name: &str, value: &SecretString| {
            let name = OPEN
                .iter()
                .fold(name.to_uppercase(), |name, word| name.replace(word, ""));
            SECRET.iter().any(|word| name.contains(word))
                // The address of a proxy may have a password in it.
                || value.expose_secret().contains('@')
        };
        let codex = self.codex.as_ref();
        let passed = self
            .claude
            .env
            .iter()
            .chain(codex.iter().flat_map(|codex| &codex.env));
        let passed = passed
            .filter(|(name, value)| secret(name, value))
            .map(|(_, value)| value);
        let service = codex.and_then(|codex| codex.service.as_ref());
        let key = service.and_then(|service| service.key.as_ref());
        let own = [&self.discord.token].into_iter();
        let own = own.chain(key.map(|(_, key)| key));
        // The address of a proxy may have a password in it.
        let own = own.chain(self.credentials.proxies.iter().flatten());
        let kept = self.keyring.names.iter();
        let kept = kept.filter_map(|name| environment.get(name));
        let kept = kept.map(|(value, _)| SecretString::from(value));
        let all: Vec<SecretString> = passed.chain(own).cloned().chain(kept).collect();
        let passwords: Vec<SecretString> = all.iter().flat_map(passwords).collect();
        Secrets::new(all.into_iter().chain(passwords))
    }
}

/// What variables have in their names that hold something secret, or may: headers name who asks.
const SECRET: [&str; 8] = [
    "KEY",
    "TOKEN",
    "SECRET",
    "PASS",
    "AUTH",
    "CREDENTIAL",
    "HEADER",
    "COOKIE",
];

/// Words with one of those in them that tell of no secret: who writes a commit, and where an agent of keys listens.
const OPEN: [&str; 4] = ["AUTHOR", "AUTH_SOCK", "BYPASS", "COMPASS"];

/// The password in an address, as it stands there and as it is.
fn passwords(value: &SecretString) -> Vec<SecretString> {
    let address = url::Url::parse(value.expose_secret()).ok();
    let Some(written) = address.as_ref().and_then(url::Url::password) else {
        return Vec::new();
    };
    let plain = percent_encoding::percent_decode_str(written).decode_utf8_lossy();
    vec![plain.into_owned().into(), written.to_owned().into()]
}
