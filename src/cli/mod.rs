//! The command line: one file a subcommand.
//!
//! Turns arguments into calls of the rooms, and their results into text and an exit code. No other
//! room knows this one. Exit codes: 0 done, 2 the configuration is wrong and stays so until somebody mends it, 1
//! anything else.

mod arguments;
mod auth;
mod config;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod file;
mod health;
mod hub;
mod logins;
mod member;
mod notes;
mod one_process;
mod operators;
mod projects;
mod run;
mod secret;
mod terminal;
mod version;
mod wiring;

use std::{error::Error as _, ffi::OsString, future::Future, path::PathBuf, process::ExitCode};

use clap::{
    Parser, Subcommand,
    error::{ContextKind, ErrorKind},
};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

pub use file::ConfigFile;
pub use projects::judge_tools;
pub use run::{World, serve};

use crate::{
    config::ConfigErrors,
    observe::{Secrets, redact},
    runtime::{
        codex,
        runner::{process, shim},
        seat,
    },
};

/// Give a whole Discord server your coding agents without giving anyone your machine.
#[derive(Debug, Parser)]
#[command(name = "baton", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve: connect to Discord and let its people work with the agents.
    Run(ConfigFile),
    /// Look at the configuration.
    Config(config::Args),
    /// Say who may do what; a running server goes by it at once.
    Member(member::Args),
    /// Look at the accounts of the agent programs, and log them in.
    Auth(auth::Args),
    /// Keep secrets in the keyring of the operating system, in place of .env.
    Secret(secret::Args),
    /// Look for what others could get at, and for what is too old; say how each is mended.
    Doctor(doctor::Args),
    /// Play the whole way of a message on this machine, without a Discord account.
    #[cfg(feature = "demo")]
    Demo(demo::Args),
    /// Owns one agent process; started by the server.
    #[command(hide = true)]
    Runner {
        /// The runner's directory.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Stands between a session and the agent program that it shares; started by a runner.
    #[command(hide = true)]
    AgentSeat {
        /// Where the program's hub is found.
        #[arg(long)]
        socket: PathBuf,
    },
    /// Owns one Codex that several sessions share; started by a runner.
    #[command(hide = true)]
    CodexHub(hub::Args),
    /// Becomes an agent process; started by a runner.
    #[command(hide = true)]
    AgentShim {
        /// The program and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

impl Command {
    /// What belongs to agents looks after itself: they are looked into by their own tools.
    const fn reads_secrets(&self) -> bool {
        match self {
            Self::Run(_)
            | Self::Config(_)
            | Self::Member(_)
            | Self::Auth(_)
            | Self::Secret(_)
            | Self::Doctor(_) => true,
            #[cfg(feature = "demo")]
            Self::Demo(_) => false,
            Self::Runner { .. }
            | Self::AgentSeat { .. }
            | Self::CodexHub(_)
            | Self::AgentShim { .. } => false,
        }
    }
}

/// Does what the arguments of this process say.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are no failures.
            let done = error.exit_code() == 0;
            match misused(&error) {
                Some(sentence) => terminal::complain(&sentence),
                None => terminal::usage(&error),
            }
            return ExitCode::from(if done { DONE } else { FAILED });
        }
    };
    leave_no_image();
    if cli.command.reads_secrets() {
        keep_memory_private();
    }
    let result = match cli.command {
        Command::Run(file) => start(&file),
        Command::Config(args) => config::run(&args),
        Command::Member(args) => wait_for(member::run(args)),
        Command::Auth(args) => wait_for(auth::run(args)),
        Command::Secret(args) => secret::run(args),
        Command::Doctor(args) => wait_for(doctor::run(args)),
        #[cfg(feature = "demo")]
        Command::Demo(args) => wait_for(demo::run(args)),
        Command::Runner { dir } => return process::run(&dir),
        Command::AgentSeat { socket } => return seat::run(&socket),
        Command::CodexHub(args) => return codex::hub::run(&args.order()),
        Command::AgentShim { command } => return shim::exec(command),
    };
    if let Err(error) = &result {
        // Whose values nobody has read by then is known by how they look.
        terminal::complain(&redact(&explained(error)));
    }
    ExitCode::from(exit_code(&result))
}

/// The largest image, in bytes. Where the kernel hands images to a program it passes over a limit of 0, and refuses at 1
/// (core(5), "Piping core dumps to a program"; fs/coredump.c); a file that may have one byte is not written either.
const NO_IMAGE: u64 = 1;

/// Whoever crashes leaves no image of its memory behind, which would hold secrets: this process, and what it starts. A
/// person who looks for a fault in a program of his can allow it again, within a command of the agent's.
fn leave_no_image() {
    let none = getrlimit(Resource::RLIMIT_CORE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_CORE, NO_IMAGE.min(hard), hard));
    if let Err(error) = none {
        terminal::complain(&format!(
            "baton: what crashes may leave an image of its memory behind: {error}\n"
        ));
    }
}

/// Other processes of this user must not read tokens out of the memory of one that reads secrets.
fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        terminal::complain(&format!(
            "baton: other processes of this user may be able to read the memory of this one: {error}\n"
        ));
    }
}

fn start(file: &ConfigFile) -> anyhow::Result<()> {
    let settings = file.load()?;
    let secrets = settings.secrets();
    wait_for(run::run(settings)).map_err(|error| without_secrets(error, &secrets))
}

/// A failure as the terminal may have it. A wrong configuration has none of its values in it.
fn without_secrets(error: anyhow::Error, secrets: &Secrets) -> anyhow::Error {
    if error.is::<ConfigErrors>() {
        return error;
    }
    anyhow::anyhow!(secrets.redact(&format!("{error:#}")))
}

/// Runs a subcommand that waits for things. What it leaves running ends with the process.
fn wait_for(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// What is said of an argument that could not be read, if who reads it has words for that.
fn misused(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let why = error.source()?;
    let argument = error.get(ContextKind::InvalidArg)?.to_string();
    // Without the name of its value.
    let argument = argument.split(' ').next()?;
    Some(format!("baton: {argument}: {why}\n"))
}

const DONE: u8 = 0;
const FAILED: u8 = 1;
const MISCONFIGURED: u8 = 2;

fn exit_code(result: &anyhow::Result<()>) -> u8 {
    match result {
        Ok(()) => DONE,
        Err(error) => match error.downcast_ref::<ConfigErrors>() {
            Some(errors) if !errors.may_pass() => MISCONFIGURED,
            Some(_) | None => FAILED,
        },
    }
}

/// A failure with its causes; a wrong configuration speaks for itself.
fn explained(error: &anyhow::Error) -> String {
    match error.downcast_ref::<ConfigErrors>() {
        Some(errors) => errors.to_string(),
        None => format!("baton: {error:#}\n"),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_wrong_configuration_has_an_exit_code_of_its_own() {
        let wrong = ConfigErrors {
            problems: Vec::new(),
        };
        assert_eq!(exit_code(&Ok(())), 0);
        assert_eq!(exit_code(&Err(anyhow!("no"))), 1);
        assert_eq!(exit_code(&Err(wrong.into())), 2);
    }

    #[test]
    fn a_failure_is_told_with_its_causes() {
        let error = anyhow!("connection refused").context("the gateway cannot be reached");
        assert_eq!(
            explained(&error),
            "baton: the gateway cannot be reached: connection refused\n"
        );
    }

    #[test]
    fn a_failure_of_the_server_is_told_without_secrets() {
        let secrets = Secrets::new(["correct-horse".into()]);
        let error = anyhow!("refused: correct-horse").context("the gateway cannot be reached");
        let error = without_secrets(error, &secrets);
        assert_eq!(
            explained(&error),
            "baton: the gateway cannot be reached: refused: [redacted]\n"
        );
        let wrong = ConfigErrors {
            problems: Vec::new(),
        };
        let wrong = without_secrets(wrong.into(), &secrets);
        assert_eq!(exit_code(&Err(wrong)), 2);
    }

    #[test]
    fn an_argument_that_is_no_word_of_the_house_is_answered_with_the_words_that_are() {
        let told: Vec<String> = [
            ["--user", "7", "--tier", "boss"],
            ["--user", "ann", "--tier", "member"],
            ["--role", "@crew", "--tier", "member"],
        ]
        .into_iter()
        .chain([
            ["--user", "7", "--scope", "everywhere"],
            ["--user", "7", "--scope", "channel:general"],
            ["--user", "7", "--for", "a week"],
        ])
        .map(|arguments| {
            let line = ["baton", "member", "set"].into_iter().chain(arguments);
            match Cli::try_parse_from(line) {
                Ok(_) => "taken".to_owned(),
                Err(error) => misused(&error).unwrap_or_else(|| error.to_string()),
            }
        })
        .collect();
        insta::assert_snapshot!(told.concat());
    }
}
