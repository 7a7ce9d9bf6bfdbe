//! Baton.

use std::{env, path::Path, process::ExitCode};

use baton::runtime::runner::{process, shim};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let subcommand = args.next();
    match subcommand.as_deref().and_then(|word| word.to_str()) {
        Some("runner") => match (args.next(), args.next()) {
            (Some(option), Some(directory)) if option == "--dir" => {
                process::run(Path::new(&directory))
            }
            (_, _) => ExitCode::FAILURE,
        },
        Some("agent-shim") => shim::exec(args.skip(1)),
        Some(_) | None => ExitCode::FAILURE,
    }
}
