//! Which variables an agent program gets.

use std::collections::BTreeMap;

use figment::value::Value;
use secrecy::SecretString;

use super::{
    environment::Environment,
    layers::is_ours,
    problem::Complaint,
    values::{self, wrong},
};

/// Reads a list of variables; those that are set, with their values. `instead` says what to do about one
/// that Baton sets by itself.
pub(super) fn read(
    value: &Value,
    environment: &Environment,
    instead: impl Fn(&str) -> Option<&'static str>,
) -> Result<BTreeMap<String, SecretString>, Complaint> {
    let mut passed = BTreeMap::new();
    for item in values::list(value)? {
        let name = name(
            &item,
            "Write names alone, such as \"HTTPS_PROXY\"; their values stay in the environment.",
        )?;
        if let Some(remedy) = instead(&name) {
            return Err(wrong(&item, "is set by Baton", remedy));
        }
        if is_secret(&name, environment) {
            return Err(wrong(
                &item,
                "is Baton's own secret, and an agent may not have it",
                "Remove it from the list.",
            ));
        }
        if let Some((value, _)) = environment.get(&name) {
            passed.insert(name, SecretString::from(value));
        }
    }
    Ok(passed)
}

/// The name of a variable.
pub(super) fn name(value: &Value, remedy: &str) -> Result<String, Complaint> {
    let name = values::text(value)?;
    let word = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if word {
        return Ok(name);
    }
    Err(wrong(value, "is no name of a variable", remedy))
}

/// Whether a variable is Baton's own, or has its token in it.
pub(super) fn is_secret(name: &str, environment: &Environment) -> bool {
    let value_of = |name| environment.get(name).map(|(value, _)| value);
    let token = value_of("DISCORD_BOT_TOKEN");
    name == "DISCORD_BOT_TOKEN" || is_ours(name) || token.is_some() && value_of(name) == token
}
