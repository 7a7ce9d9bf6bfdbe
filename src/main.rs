//! The server's binary: arguments go to [`baton::cli`], everything else lives in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    baton::cli::main()
}
