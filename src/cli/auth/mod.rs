//! `baton auth`: the accounts of the agent programs, from the operator's command line.

mod import;
mod login;
mod status;

use anyhow::{Result, bail};
use clap::Subcommand;

use super::{ConfigFile, arguments, logins};
use crate::{
    config::Settings,
    credentials::Account,
    runtime::HostEnv,
    words::{RuntimeKind, SlotId, SlotName},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what each account has, without secrets.
    Status {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Run the agent program's own login for an account of Baton's.
    Login {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        file: ConfigFile,
        /// Further arguments of the program's login, after --
        #[arg(last = true)]
        further: Vec<String>,
    },
    /// Bring a login along: your own of this machine, or one from standard input.
    Import {
        #[command(flatten)]
        which: Which,
        /// Replace a login that is there
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        file: ConfigFile,
        /// - reads the login from standard input
        #[arg(value_parser = ["-"])]
        from: Option<String>,
    },
}

/// Which account.
#[derive(Clone, Debug, clap::Args)]
struct Which {
    /// claude or codex
    #[arg(value_parser = arguments::runtime)]
    program: RuntimeKind,
    /// Its account, if the settings name further ones
    #[arg(long, default_value = "main", value_parser = arguments::account)]
    account: SlotName,
}

pub(super) async fn run(args: Args) -> Result<()> {
    match args.what {
        What::Status { json, file } => status::run(&file.load()?, json).await,
        What::Login {
            which,
            file,
            further,
        } => login::run(&file.load()?, which, &further).await,
        What::Import {
            which,
            force,
            file,
            from,
        } => import::run(&file.load()?, which, force, from.is_some()).await,
    }
}

fn accounts(settings: &Settings) -> Vec<Account> {
    logins::all(settings, &HostEnv::of_this_process().home)
}

/// The account that is meant. That of the operator himself is none of Baton's.
fn account(settings: &Settings, which: Which) -> Result<Account> {
    let wanted = SlotId {
        runtime: which.program,
        name: which.account,
    };
    let all = accounts(settings);
    let names: Vec<String> = all.iter().map(|one| one.slot.to_string()).collect();
    let Some(account) = all.into_iter().find(|account| account.slot == wanted) else {
        bail!(
            "there is no account `{wanted}`: the settings have {}. Add it below [[accounts]], or its program's section.",
            names.join(", ")
        );
    };
    let usual = account
        .file
        .format()
        .usual(&HostEnv::of_this_process().home);
    if logins::really(account.file.directory()) == logins::really(&usual) {
        bail!(
            "`{wanted}` works in your own {}, with your own login. Give Baton a directory of its own: write \
             `config_dir` below [claude] (`home` below [codex]), then run this again.",
            usual.display()
        );
    }
    Ok(account)
}
