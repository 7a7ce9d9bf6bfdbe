//! `baton secret`: what the keyring of the operating system holds for Baton.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, IsTerminal as _, Read as _},
};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use secrecy::SecretString;

use super::{ConfigFile, terminal};
use crate::{
    config::{KeyringUse, Source, secret_name},
    keyring::{Keyring, KeyringError},
};

/// The longest secret that is read, in bytes; no token or key is near it.
const LONGEST: u64 = 64 << 10;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Keep a secret, which is typed or comes from standard input.
    Set {
        /// The variable that it is the value of, such as DISCORD_BOT_TOKEN
        #[arg(value_parser = secret_name)]
        name: String,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Show the names of what is kept, without the secrets.
    List(ConfigFile),
    /// Remove a secret.
    Remove {
        /// The variable that it is the value of
        name: String,
        #[command(flatten)]
        file: ConfigFile,
    },
}

pub(super) fn run(args: Args) -> Result<()> {
    match args.what {
        What::Set { name, file } => Shelf::of(&file)?.set(&name),
        What::List(file) => Shelf::of(&file)?.list(),
        What::Remove { name, file } => Shelf::of(&file)?.remove(&name),
    }
}

/// What the settings say of the keyring.
struct Shelf {
    used: KeyringUse,
    keyring: Keyring,
    /// Where variables are set that go first.
    set: BTreeMap<String, Source>,
}

impl Shelf {
    fn of(file: &ConfigFile) -> Result<Self> {
        let (used, set) = file.load_keyring()?;
        let is_somebody = io::stdin().is_terminal();
        let keyring = used.keyring.clone();
        Ok(Self {
            keyring: if is_somebody {
                keyring.with_somebody()
            } else {
                keyring
            },
            used,
            set,
        })
    }

    fn is_named(&self, name: &str) -> bool {
        self.used.names.iter().any(|it| it == name)
    }

    fn set(&self, name: &str) -> Result<()> {
        self.keyring
            .set(name, typed(name)?)
            .map_err(|error| told(&error))?;
        terminal::say(&format!("The keyring has {name}. {}\n", self.next(name)));
        Ok(())
    }

    /// What is left to do until a server reads a secret that is kept.
    fn next(&self, name: &str) -> String {
        let mut next = String::new();
        if !self.is_named(name) {
            let mut names = self.used.names.clone();
            names.push(name.to_owned());
            let _ = write!(
                next,
                "No server reads it yet: write `names = {names:?}` below [keyring] in baton.toml. "
            );
        }
        if let Some(source) = self.set.get(name) {
            let _ = write!(
                next,
                "It is set elsewhere too, and that goes first: remove it there ({source})."
            );
        }
        if next.is_empty() {
            next.push_str("A server reads it when it starts.");
        }
        next.trim_end().to_owned()
    }

    fn list(&self) -> Result<()> {
        let kept = self.keyring.names().map_err(|error| told(&error))?;
        let mut text = String::new();
        for name in &kept {
            let note = match self.set.get(name) {
                _ if !self.is_named(name) => {
                    "   (not among `names` below [keyring]: no server reads it)".to_owned()
                }
                Some(source) => format!("   (not read: {source} goes first)"),
                None => String::new(),
            };
            let _ = writeln!(text, "{name}{note}");
        }
        for name in self.used.names.iter().filter(|name| !kept.contains(name)) {
            let note = match self.set.get(name) {
                Some(source) => format!("not here, and not missed: {source} has it"),
                None => format!("missing: `baton secret set {name}`"),
            };
            let _ = writeln!(text, "{name}   ({note})");
        }
        if text.is_empty() {
            text = format!(
                "The keyring has nothing of the service `{}`. `baton secret set DISCORD_BOT_TOKEN` puts the bot's token \
                 there.\n",
                self.keyring.service()
            );
        }
        terminal::say(&text);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        if !self.keyring.remove(name).map_err(|error| told(&error))? {
            bail!("{name} is not in the keyring; `baton secret list` shows what is");
        }
        let next = if self.is_named(name) && !self.set.contains_key(name) {
            " Remove it from `names` below [keyring] too, or no server starts without it."
        } else {
            ""
        };
        terminal::say(&format!(
            "The keyring does not have {name} any more.{next}\n"
        ));
        Ok(())
    }
}

/// Why not, and what to do.
fn told(error: &KeyringError) -> anyhow::Error {
    anyhow::anyhow!("{error}. {}", error.remedy())
}

/// The secret, without the end of its line.
fn typed(name: &str) -> Result<SecretString> {
    let text = if io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{name}: "))?
    } else {
        let mut text = String::new();
        io::stdin()
            .lock()
            .take(LONGEST + 1)
            .read_to_string(&mut text)
            .context("standard input is no text")?;
        text
    };
    let secret = text.trim();
    if secret.is_empty() {
        bail!("there is no secret: type it, or give it to standard input");
    }
    if text.len() as u64 > LONGEST || secret.contains('\0') {
        bail!(
            "this is no secret: it is longer than {} KiB, or has a zero byte in it",
            LONGEST >> 10
        );
    }
    Ok(secret.into())
}
