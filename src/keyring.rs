//! Secrets that the keyring of the operating system holds: the Secret Service of a Linux desktop, the login Keychain of
//! a Mac.

use std::{
    collections::HashMap,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use keyring::Error;
use secrecy::{ExposeSecret as _, SecretString};

/// How long a keyring may take. One that is locked asks for its password, perhaps where nobody sees it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The same where somebody sits before it, who may type the password.
const WITH_SOMEBODY: Duration = Duration::from_mins(2);

/// What Baton keeps in the keyring under the name of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    service: String,
    patience: Duration,
}

/// Why the keyring did not do what it was asked to. Never has a secret in it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// There is none.
    #[error("no keyring can be reached ({0})")]
    Absent(String),
    /// It does not open.
    #[error("the keyring is locked ({0})")]
    Locked(String),
    /// It has not answered for so long.
    #[error("the keyring has not answered for {} seconds; it may be locked, and be asking for its password", .0.as_secs())]
    Silent(Duration),
    /// Two of its secrets have one name.
    #[error("the keyring has several secrets that are called {0}")]
    Ambiguous(String),
    /// What it has is no text.
    #[error("what the keyring has as {0} is no text")]
    NoText(String),
    /// Anything else.
    #[error("the keyring refuses ({0})")]
    Refused(String),
}

impl Keyring {
    /// What is kept as this service, such as `baton`.
    pub fn of(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            patience: PATIENCE,
        }
    }

    /// The same, asked by somebody who may have to type a password first.
    #[must_use]
    pub fn with_somebody(self) -> Self {
        Self {
            patience: WITH_SOMEBODY,
            ..self
        }
    }

    /// The service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The secrets of these names, in their order; `None` for one that is not there.
    pub fn get(&self, names: Vec<String>) -> Result<Vec<Option<SecretString>>, KeyringError> {
        let service = self.service.clone();
        ask(self.patience, move || {
            let get = |name: &String| match entry(&service, name)?.get_password() {
                Ok(secret) => Ok(Some(SecretString::from(secret))),
                Err(Error::NoEntry) => Ok(None),
                Err(error) => Err(told(&error, name)),
            };
            names.iter().map(get).collect()
        })
    }

    /// Keeps a secret, in place of what is there by that name.
    pub fn set(&self, name: &str, secret: SecretString) -> Result<(), KeyringError> {
        let (service, name) = (self.service.clone(), name.to_owned());
        ask(self.patience, move || {
            entry(&service, &name)?
                .set_password(secret.expose_secret())
                .map_err(|error| told(&error, &name))
        })
    }

    /// Removes a secret; whether there was one.
    pub fn remove(&self, name: &str) -> Result<bool, KeyringError> {
        let (service, name) = (self.service.clone(), name.to_owned());
        ask(self.patience, move || {
            match entry(&service, &name)?.delete_credential() {
                Ok(()) => Ok(true),
                Err(Error::NoEntry) => Ok(false),
                Err(error) => Err(told(&error, &name)),
            }
        })
    }

    /// The names of all that is kept, in order.
    pub fn names(&self) -> Result<Vec<String>, KeyringError> {
        let service = self.service.clone();
        ask(self.patience, move || {
            reach()?;
            let spec = HashMap::from([("service", service.as_str())]);
            let found = keyring_core::Entry::search(&spec).map_err(|error| told(&error, ""))?;
            let names = found.iter().filter_map(keyring_core::Entry::get_specifiers);
            let mut names: Vec<String> = names.map(|(_, name)| name).collect();
            names.sort_unstable();
            names.dedup();
            Ok(names)
        })
    }
}

impl KeyringError {
    /// What to do about it, a sentence.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Absent(_) => {
                "Run this in the session of a user who has one (a server: as a unit of `systemctl --user`), or keep \
                 secrets in .env."
            }
            Self::Locked(_) | Self::Silent(_) => {
                "Unlock it, or make one, by logging in to the desktop or with its own program, and try again; or \
                 keep secrets in .env."
            }
            Self::Ambiguous(_) => {
                "Remove all but one of them with the keyring's own program, such as Seahorse or KeePassXC."
            }
            Self::NoText(_) => "Put it there anew with `baton secret set`.",
            Self::Refused(_) => "Look at it with its own program, or keep secrets in .env.",
        }
    }

    /// Whether it may pass by itself.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Absent(_) | Self::Locked(_) | Self::Silent(_) => true,
            Self::Ambiguous(_) | Self::NoText(_) | Self::Refused(_) => false,
        }
    }
}

fn entry(service: &str, name: &str) -> Result<keyring::Entry, KeyringError> {
    reach()?;
    keyring::Entry::new(service, name).map_err(|error| told(&error, name))
}

fn reach() -> Result<(), KeyringError> {
    match keyring::Entry::store_status() {
        Ok(()) => Ok(()),
        Err(error) => Err(KeyringError::Absent(why(error))),
    }
}

fn told(error: &Error, name: &str) -> KeyringError {
    if matches!(error, Error::NoStorageAccess(_)) {
        KeyringError::Locked(why(error))
    } else if matches!(error, Error::Ambiguous(_)) {
        KeyringError::Ambiguous(name.to_owned())
    } else if matches!(error, Error::BadEncoding(_) | Error::BadDataFormat(..)) {
        KeyringError::NoText(name.to_owned())
    } else {
        KeyringError::Refused(why(error))
    }
}

/// The innermost reason; those around it only say that there is one.
fn why(error: &Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Asks on a thread of its own: the keyring may wait for a person, and its client blocks.
fn ask<T: Send + 'static>(
    patience: Duration,
    question: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (answer, answered) = mpsc::channel();
    thread::spawn(move || {
        // Who does not wait any more does not need it.
        let _late = answer.send(question());
    });
    match answered.recv_timeout(patience) {
        Ok(answer) => answer,
        Err(RecvTimeoutError::Timeout) => Err(KeyringError::Silent(patience)),
        Err(RecvTimeoutError::Disconnected) => {
            let fell = "its client has a fault".to_owned();
            Err(KeyringError::Refused(fell))
        }
    }
}
