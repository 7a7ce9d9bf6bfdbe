//! `baton auth status`: what each account has.

use std::fmt::Write as _;

use anyhow::Result;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::{super::logins::who, accounts};
use crate::{
    cli::terminal,
    clock::{Clock, Millis},
    config::Settings,
    credentials::{Account, Held, Look, Renewer},
    store::{LoginRow, Store},
};

/// What is known of an account. Nothing in it is secret.
#[derive(Debug, Serialize)]
struct Known {
    account: String,
    directory: String,
    login: &'static str,
    /// In words, if it cannot be used.
    trouble: Option<String>,
    expires_at: Option<String>,
    remaining_minutes: Option<i64>,
    renewed_by: &'static str,
    last_renewal: Option<String>,
    failures: i64,
    #[serde(skip)]
    who: &'static str,
    #[serde(skip)]
    log_in: String,
}

pub(super) async fn run(settings: &Settings, json: bool) -> Result<()> {
    let all = known(settings).await?;
    if json {
        terminal::say(&(serde_json::to_string_pretty(&all)? + "\n"));
    } else {
        terminal::say(&all.iter().map(paragraph).collect::<String>());
    }
    Ok(())
}

async fn known(settings: &Settings) -> Result<Vec<Known>> {
    // Looking at accounts makes no database.
    let is_there = settings.data.dir.join("baton.db").exists();
    let store = if is_there {
        Some(Store::visit(&settings.data.dir).await?)
    } else {
        None
    };
    let mut all = Vec::new();
    for account in accounts(settings) {
        let row = match &store {
            Some(store) => store.login(&account.slot).await?,
            None => LoginRow::default(),
        };
        all.push(known_of(&account, &row, Clock::system().now()));
    }
    if let Some(store) = store {
        store.close().await;
    }
    Ok(all)
}

fn known_of(account: &Account, row: &LoginRow, now: Millis) -> Known {
    let (login, expires_at, trouble) = looked(account, row);
    // What holds for long nobody renews, whoever would renew tokens.
    let renewer = match login {
        "key" | "token" => Renewer::Holds,
        _ => account.renewer,
    };
    Known {
        account: account.slot.to_string(),
        directory: account.file.directory().display().to_string(),
        login,
        trouble,
        expires_at: expires_at.map(date),
        remaining_minutes: expires_at.map(|at| (at.get() - now.get()) / 60_000),
        renewed_by: match renewer {
            Renewer::Baton => "baton",
            Renewer::Program => "program",
            Renewer::Holds | Renewer::Nobody => "nobody",
        },
        last_renewal: row.renewed_at.map(Millis::new).map(date),
        failures: row.failures,
        who: who(renewer),
        log_in: account.file.login(),
    }
}

/// What stands in the account's file: a word for it, when it runs out, and what is wrong with it.
fn looked(account: &Account, row: &LoginRow) -> (&'static str, Option<Millis>, Option<String>) {
    if account.renewer == Renewer::Nobody {
        return ("key of the settings", None, None);
    }
    let document = match account.file.look() {
        Look::There { document, .. } => document,
        Look::Absent if cfg!(target_os = "macos") => return ("none in a file", None, None),
        Look::Absent => return ("none", None, None),
        Look::Refused(why) => return ("not read", None, Some(format!("its file: {why}"))),
    };
    match document.held() {
        Held::Nothing => ("none", None, None),
        Held::Blanked => (
            "none",
            None,
            Some("its program was told that it holds no more".to_owned()),
        ),
        Held::Key => ("key", None, None),
        Held::Bare { expires_at } => ("token", expires_at, None),
        Held::Tokens(tokens) => {
            let is_dead = row.dead.as_deref() == Some(tokens.print().as_bytes());
            let trouble = is_dead.then(|| "the service takes its refresh token no more".to_owned());
            ("subscription", tokens.expires_at, trouble)
        }
    }
}

fn date(at: Millis) -> String {
    let at: Option<DateTime<Utc>> = DateTime::from_timestamp_millis(at.get());
    at.map_or_else(String::new, |at| {
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    })
}

fn paragraph(known: &Known) -> String {
    let mut text = format!("{}: {}", known.account, known.login);
    if let (Some(at), Some(minutes)) = (&known.expires_at, known.remaining_minutes) {
        let left = if minutes < 0 {
            "run out".to_owned()
        } else {
            format!("{} h {} min left", minutes / 60, minutes % 60)
        };
        let _ = write!(text, ", until {at} ({left})");
    }
    let _ = writeln!(text, "\n  {}; in {}", known.who, known.directory);
    if let Some(at) = &known.last_renewal {
        let _ = writeln!(text, "  renewed {at}");
    }
    if known.failures > 0 {
        let _ = writeln!(text, "  not renewed {} times in a row", known.failures);
    }
    if let Some(trouble) = &known.trouble {
        let _ = writeln!(text, "  {trouble}");
    }
    if known.trouble.is_some() || known.login == "none" {
        let _ = writeln!(text, "  to log in: {}", known.log_in);
    }
    text
}
