//! `baton secret`: what the keyring of the operating system holds for Baton.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Read as _},
};

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use secrecy::SecretString;

use super::{ConfigFile, terminal};
use crate::config::{KeyringUse, secret_name};

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
        What::Set { name, file } => set(&file.load_keyring()?, &name),
        What::List(file) => list(&file.load_keyring()?),
        What::Remove { name, file } => remove(&file.load_keyring()?, &name),
    }
}

fn set(used: &KeyringUse, name: &str) -> Result<()> {
    used.keyring.set(name, typed(name)?)?;
    let next = if used.names.iter().any(|it| it == name) {
        "A server reads it when it starts.".to_owned()
    } else {
        let mut names = used.names.clone();
        names.push(name.to_owned());
        format!(
            "No server reads it yet: write `names = {names:?}` below [keyring] in baton.toml, and remove {name} from .env."
        )
    };
    terminal::say(&format!("The keyring has {name}. {next}\n"));
    Ok(())
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

fn list(used: &KeyringUse) -> Result<()> {
    let kept = used.keyring.names()?;
    let mut text = String::new();
    for name in &kept {
        let note = if used.names.contains(name) {
            ""
        } else {
            "   (not among `names` below [keyring]: no server reads it)"
        };
        let _ = writeln!(text, "{name}{note}");
    }
    for name in used.names.iter().filter(|name| !kept.contains(name)) {
        let _ = writeln!(text, "{name}   (missing: `baton secret set {name}`)");
    }
    if text.is_empty() {
        text = format!(
            "The keyring has nothing of the service `{}`. `baton secret set DISCORD_BOT_TOKEN` puts the bot's token there.\n",
            used.keyring.service()
        );
    }
    terminal::say(&text);
    Ok(())
}

fn remove(used: &KeyringUse, name: &str) -> Result<()> {
    if !used.keyring.remove(name)? {
        bail!("{name} is not in the keyring; `baton secret list` shows what is");
    }
    let next = if used.names.iter().any(|it| it == name) {
        " Remove it from `names` below [keyring] too, or no server starts without it."
    } else {
        ""
    };
    terminal::say(&format!(
        "The keyring does not have {name} any more.{next}\n"
    ));
    Ok(())
}
