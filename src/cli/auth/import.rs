//! `baton auth import`: a login is brought along.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

use super::{Which, account};
use crate::{
    cli::terminal,
    config::Settings,
    credentials::{Document, FileStore, Format, Held, Look, NotImported, import},
    runtime::HostEnv,
    words::RuntimeKind,
};

/// The longest login that is read, in bytes.
const LONGEST: u64 = 1 << 20;

pub(super) async fn run(
    settings: &Settings,
    which: Which,
    force: bool,
    from_input: bool,
) -> Result<()> {
    let program = which.program;
    let account = account(settings, which)?;
    let format = account.file.format();
    let document = if from_input {
        let mut text = Vec::new();
        io::stdin().lock().take(LONGEST).read_to_end(&mut text)?;
        let read = Document::parse(format, &text);
        read.with_context(|| {
            format!(
                "standard input is no login: give it the text of {}",
                format.file()
            )
        })?
    } else {
        own(program, format)?
    };
    import(&account.file, &document, force)
        .await
        .map_err(|error| told(&error, &account.file))?;
    terminal::say(&format!(
        "{} has the login, in {}. A running server sees it at once.\n",
        account.slot,
        account.file.path().display()
    ));
    if matches!(document.held(), Held::Tokens(_)) {
        terminal::say(&format!(
            "Its refresh token can be used once, by whoever comes first, and this login is in two places now: stop using \
             the other one, without logging out there, and log in there again if you need it. Better still, give each \
             place a login of its own: {}.\n",
            account.file.login()
        ));
    }
    Ok(())
}

fn told(error: &NotImported, file: &FileStore) -> anyhow::Error {
    let next = match error {
        NotImported::There => ". Write --force to replace it; it is lost then",
        NotImported::NoLogin => {
            ". Log in first, or give the text of a login to standard input with -"
        }
        NotImported::Refused(_) | NotImported::Busy | NotImported::Io(_) => "",
    };
    anyhow::anyhow!("{}: {error}{next}.", file.path().display())
}

/// The operator's own login.
fn own(program: RuntimeKind, format: &'static dyn Format) -> Result<Document> {
    let home = HostEnv::of_this_process().home;
    let directory = std::env::var_os(format.variable());
    let directory = directory.map_or_else(|| format.usual(&home), PathBuf::from);
    let file = FileStore::new(format, &directory);
    match file.look() {
        Look::There { document, .. } => Ok(document),
        Look::Absent => match (program, keychain()) {
            (RuntimeKind::Claude, Some(text)) => {
                Document::parse(format, &text).context("what the Keychain has is no login")
            }
            (RuntimeKind::Claude | RuntimeKind::Codex, _) => bail!(no_login(program, &directory)),
        },
        Look::Refused(why) => bail!("{}: {why}", file.path().display()),
    }
}

fn no_login(program: RuntimeKind, directory: &Path) -> String {
    format!(
        "{} has no login of yours in {}. Log Baton in by itself with `baton auth login {program}`, or give the text of a \
         login to standard input with -.",
        program.name(),
        directory.display()
    )
}

/// Claude Code's own place on a Mac (2.1.197: a generic password of this service).
#[cfg(target_os = "macos")]
fn keychain() -> Option<Vec<u8>> {
    let found = std::process::Command::new("/usr/bin/security")
        .args([
            "find-generic-password",
            "-s",
            "Claude Code-credentials",
            "-w",
        ])
        .output()
        .ok()?;
    found.status.success().then_some(found.stdout)
}

#[cfg(not(target_os = "macos"))]
const fn keychain() -> Option<Vec<u8>> {
    None
}
