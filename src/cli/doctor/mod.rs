//! `baton doctor`: looks for what would let others at the secrets of this server, or keep it from working, and says how
//! each is mended. It mends nothing by itself.

mod files;
mod launchers;
mod programs;

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::{ConfigFile, logins, notes, one_process, projects, terminal, wiring};
use crate::{
    config::{ConfigErrors, Settings},
    credentials::Account,
    runtime::{HostEnv, Runtimes},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    file: ConfigFile,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Good,
    /// It may be wished for.
    Warning,
    /// It has to be mended.
    Fault,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    level: Level,
    what: String,
    /// How it is mended.
    fix: String,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self {
            level: Level::Good,
            what: what.into(),
            fix: String::new(),
        }
    }

    fn warning(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            what: what.into(),
            fix: fix.into(),
        }
    }

    fn fault(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            level: Level::Fault,
            what: what.into(),
            fix: fix.into(),
        }
    }
}

/// What is looked at.
struct House {
    settings: Settings,
    host: HostEnv,
    runtimes: Runtimes,
    accounts: Vec<Account>,
}

impl House {
    fn of(file: &ConfigFile) -> Result<Self> {
        let settings = file.load()?;
        projects::of(&settings)?;
        let host = HostEnv::of_this_process();
        let runtimes = wiring::runtimes(&settings, &std::env::current_exe()?, &host)?;
        one_process::check(&settings, &runtimes)?;
        Ok(Self {
            accounts: logins::all(&settings, &host.home),
            settings,
            host,
            runtimes,
        })
    }
}

pub(super) async fn run(args: Args) -> Result<()> {
    let findings = match House::of(&args.file) {
        Ok(house) => look(&house).await,
        // It says by itself how it is mended.
        Err(error) => vec![match error.downcast::<ConfigErrors>() {
            Ok(errors) => Finding::fault("the configuration is wrong", errors.to_string()),
            Err(error) => Finding::fault("the server would not start", format!("{error:#}")),
        }],
    };
    terminal::say(&findings.iter().map(line).collect::<String>());
    let faults = findings.iter().filter(|it| it.level == Level::Fault);
    match faults.count() {
        0 => Ok(()),
        1 => bail!("one thing has to be mended"),
        many => bail!("{many} things have to be mended"),
    }
}

async fn look(house: &House) -> Vec<Finding> {
    let mut all = vec![Finding::good("the configuration is good")];
    for warning in notes::text(&house.settings).lines() {
        let what = warning.strip_prefix("Warning: ").unwrap_or(warning);
        all.push(Finding::warning(what, ""));
    }
    all.extend(files::look(house));
    all.extend(programs::look(house).await);
    all.extend(launchers::look(house).await);
    all
}

fn line(finding: &Finding) -> String {
    let level = match finding.level {
        Level::Good => "ok     ",
        Level::Warning => "warning",
        Level::Fault => "FAULT  ",
    };
    let mut text = format!("{level}  {}\n", finding.what);
    for fix in finding.fix.lines().filter(|line| !line.is_empty()) {
        let _ = writeln!(text, "         → {fix}");
    }
    text
}
