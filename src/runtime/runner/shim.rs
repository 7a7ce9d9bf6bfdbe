//! The step between a runner and its agent: ties the agent's life to the runner's and becomes it.
//!
//! What must happen between fork and exec cannot be done without `unsafe`, so the runner starts
//! Baton once more, which does it and then execs. It inherits the agent's environment, directory
//! and pipes, and nothing of it is left when the agent runs.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

use nix::unistd::{close, getppid};

/// What a shell answers for a command that it cannot run.
const CANNOT_RUN: u8 = 127;

/// The arguments in front of the program: the runner's process id, and the number of the open file
/// that takes a sentence if the agent cannot be started and closes empty when it runs.
pub(super) fn arguments(runner: u32, report: i32) -> [String; 2] {
    [runner.to_string(), report.to_string()]
}

/// Becomes the agent. `args` are those behind `--`. Returns only when that fails.
pub fn exec(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = args.into_iter();
    // A hidden subcommand: who calls it by hand learns it from the exit code alone.
    if let (Some(runner), Some(report), Some(program)) =
        (number(args.next()), number(args.next()), args.next())
        && let Ok(mut report) = take_over(report)
    {
        let sentence = become_agent(runner, &program, args);
        // Without a reader there is nobody to tell.
        let _ = report.write_all(sentence.as_bytes());
    }
    ExitCode::from(CANNOT_RUN)
}

fn number(arg: Option<OsString>) -> Option<i32> {
    arg?.to_str()?.parse().ok()
}

/// Opens an inherited file anew, so that it closes at exec, and closes the inherited one, which
/// would not.
fn take_over(number: i32) -> io::Result<File> {
    // On Linux, and by way of a symbolic link on others: what is open under that number.
    let file = OpenOptions::new()
        .write(true)
        .open(format!("/dev/fd/{number}"))?;
    close(number)?;
    Ok(file)
}

/// Answers why it did not work.
fn become_agent(runner: i32, program: &OsString, args: impl Iterator<Item = OsString>) -> String {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL) {
        return format!("the agent cannot be tied to its runner: {error}");
    }
    // A runner that died before this line can send no signal any more.
    if getppid().as_raw() != runner {
        return "the runner is gone".to_owned();
    }
    let error = Command::new(program).args(args).exec();
    let name = program.display();
    if error.kind() == io::ErrorKind::NotFound {
        format!("there is no program `{name}`")
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        format!("`{name}` may not be executed")
    } else {
        format!("`{name}` cannot be started: {error}")
    }
}
