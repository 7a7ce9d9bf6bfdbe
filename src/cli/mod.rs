//! The command line: one file a subcommand.
//!
//! Turns arguments into calls of the rooms, and their results into text and an exit code. No other
//! room knows this one. Exit codes: 0 done, 2 the configuration is wrong, 1 anything else.

mod config;
mod file;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use file::ConfigFile;

use crate::config::ConfigErrors;

/// Give a whole Discord server your coding agents without giving anyone your machine.
#[derive(Debug, Parser)]
#[command(name = "baton", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look at the configuration.
    Config(config::Args),
}

/// Does what the arguments of this process say.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and the version are no failures.
            let done = error.exit_code() == 0;
            terminal::usage(&error);
            return ExitCode::from(if done { DONE } else { FAILED });
        }
    };
    let result = match cli.command {
        Command::Config(args) => config::run(&args),
    };
    if let Err(error) = &result {
        terminal::complain(&explained(error));
    }
    ExitCode::from(exit_code(&result))
}

const DONE: u8 = 0;
const FAILED: u8 = 1;
const MISCONFIGURED: u8 = 2;

fn exit_code(result: &anyhow::Result<()>) -> u8 {
    match result {
        Ok(()) => DONE,
        Err(error) if error.is::<ConfigErrors>() => MISCONFIGURED,
        Err(_) => FAILED,
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
}
