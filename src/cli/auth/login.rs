//! `baton auth login`: the agent program's own login, in the account's directory.

use anyhow::{Context as _, Result, bail};

use super::{Which, account};
use crate::{
    cli::terminal,
    config::Settings,
    credentials::{Held, Look},
    runtime::HostEnv,
    words::RuntimeKind,
};

/// What a login needs of the operator's terminal, and of the way to its service.
const TERMINAL: [&str; 14] = [
    "LANG",
    "TERM",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "BROWSER",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
];

pub(super) async fn run(settings: &Settings, which: Which, further: &[String]) -> Result<()> {
    let program = which.program;
    let account = account(settings, which)?;
    let command = match (program, &settings.codex) {
        (RuntimeKind::Codex, Some(codex)) => &codex.command,
        (RuntimeKind::Codex, None) | (RuntimeKind::Claude, _) => &settings.claude.command,
    };
    let (file, format) = (&account.file, account.file.format());
    let host = HostEnv::of_this_process();
    let mut login = tokio::process::Command::new(command);
    login
        .args(format.login_words())
        .args(further)
        .env_clear()
        .env("PATH", &host.path)
        .env("HOME", &host.home)
        .env(format.variable(), file.directory());
    for name in TERMINAL {
        if let Some(value) = std::env::var_os(name) {
            login.env(name, value);
        }
    }
    file.prepare()
        .with_context(|| format!("{} cannot be made", file.directory().display()))?;
    let status = login.status().await;
    let status = status.with_context(|| format!("`{}` cannot be started", command.display()))?;
    if !status.success() {
        bail!(
            "{} has ended with {status}, so nobody is logged in anew",
            program.name()
        );
    }
    match file.look() {
        Look::There { document, .. } => match document.held() {
            Held::Key | Held::Bare { .. } | Held::Tokens(_) => {
                terminal::say(&format!(
                    "{} is logged in. A running server sees it at once.\n",
                    account.slot
                ));
                Ok(())
            }
            Held::Nothing | Held::Blanked => {
                bail!("there is no login in {}", file.path().display())
            }
        },
        // It keeps it in the Keychain.
        Look::Absent if cfg!(target_os = "macos") => Ok(()),
        Look::Absent => bail!(
            "{} has left no login in {}",
            program.name(),
            file.path().display()
        ),
        Look::Refused(why) => bail!("{}: {why}", file.path().display()),
    }
}
