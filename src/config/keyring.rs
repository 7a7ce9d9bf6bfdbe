//! `[keyring]`: variables whose values the keyring of the operating system holds in place of the `.env` file.

use figment::value::Value;

use super::{
    aliases,
    environment::Environment,
    layers, pass_env,
    problem::Complaint,
    section::{Reported, Section},
    values::{self, wrong},
};
use crate::keyring::{Keyring, KeyringError};

/// What Baton's secrets are kept as, where nobody says otherwise.
const SERVICE: &str = "baton";

/// `[keyring]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyringUse {
    /// Where they are kept.
    pub keyring: Keyring,
    /// The variables that are read from there.
    pub names: Vec<String>,
}

impl KeyringUse {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self, Reported> {
        let service = section.or("service", SERVICE, values::text);
        let names = section.or("names", Vec::<String>::new(), |value| {
            values::list(value)?.iter().map(read_name).collect()
        });
        section.finish();
        let (Some(service), Some(names)) = (service, names) else {
            return Err(Reported);
        };
        Ok(Self {
            keyring: Keyring::of(service),
            names,
        })
    }

    /// Lays what the keyring holds under the environment. It is asked for nothing that is set already.
    pub(super) fn lay_under(
        &self,
        environment: &mut Environment,
        root: &mut Section<'_>,
    ) -> Result<(), Reported> {
        let wanted = self.names.iter();
        let wanted: Vec<String> = wanted
            .filter(|name| environment.get(name).is_none())
            .cloned()
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let source = root.source_of("keyring.names");
        let found = self.keyring.get(wanted.clone()).map_err(|error| {
            root.report("keyring.names", source.clone(), unread(&error));
            if error.may_pass() {
                root.it_may_pass();
            }
            Reported
        })?;
        let mut is_whole = Ok(());
        for (name, value) in wanted.into_iter().zip(found) {
            if let Some(value) = value {
                environment.add_of_keyring(name, &value);
            } else {
                let complaint = Complaint::new(
                    format!(
                        "{name} is not in the keyring (as a secret of the service `{}`).",
                        self.keyring.service()
                    ),
                    format!("Put it there with `baton secret set {name}`, or remove the name."),
                );
                root.report("keyring.names", source.clone(), complaint);
                is_whole = Err(Reported);
            }
        }
        is_whole
    }
}

fn unread(error: &KeyringError) -> Complaint {
    let mut text = error.to_string();
    text.replace_range(..1, &text[..1].to_uppercase());
    Complaint::new(format!("{text}."), error.remedy())
}

fn read_name(value: &Value) -> Result<String, Complaint> {
    let name = pass_env::name(
        value,
        "Write names of variables alone, such as \"DISCORD_BOT_TOKEN\"; their values stay in the keyring.",
    )?;
    may_be_kept(&name).map_err(|remedy| wrong(value, "is a setting and no secret", remedy))?;
    Ok(name)
}

/// Whether a variable may come from the keyring; otherwise what to do. What else a variable says than a secret, such as
/// which program is run, stands in files that only the operator writes.
fn may_be_kept(name: &str) -> Result<(), &'static str> {
    if layers::is_setting(name) || aliases::is_old_name(name) || PLACES.contains(&name) {
        return Err("Write it into baton.toml or .env.");
    }
    Ok(())
}

/// Variables that say where things are, and whom to trust.
const PLACES: [&str; 8] = [
    "HOME",
    "PATH",
    "CODEX_HOME",
    "ANTHROPIC_BASE_URL",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
];

/// Reads a name that `baton secret` was given.
pub fn secret_name(text: &str) -> Result<String, String> {
    let said = |complaint: Complaint| format!("{} {}", complaint.text, complaint.remedy);
    read_name(&text.into()).map_err(said)
}
