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

use nix::{
    errno::Errno,
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd::{close, getppid},
};

use crate::runtime::ProcessBounds;

/// What a shell answers for a command that it cannot run.
const CANNOT_RUN: u8 = 127;

/// What stands for a bound that is none.
const UNBOUND: &str = "-";

/// The arguments in front of the program: the runner's process id, the number of the open file that
/// takes a sentence if the agent cannot be started and closes empty when it runs, and the bounds.
pub(super) fn arguments(runner: u32, report: i32, bounds: ProcessBounds) -> [String; 4] {
    let bound =
        |most: Option<u64>| most.map_or_else(|| UNBOUND.to_owned(), |most| most.to_string());
    [
        runner.to_string(),
        report.to_string(),
        bound(bounds.open_files),
        bound(bounds.file_size),
    ]
}

/// Becomes the agent. `args` are those behind `--`. Returns only when that fails.
pub fn exec(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = args.into_iter();
    // A hidden subcommand: who calls it by hand learns it from the exit code alone.
    if let (Some(runner), Some(report), Some(bounds), Some(program)) = (
        number(args.next()),
        number(args.next()),
        bounds(&mut args),
        args.next(),
    ) && let Ok(mut report) = take_over(report)
    {
        let sentence = become_agent(runner, bounds, &program, args);
        // Without a reader there is nobody to tell.
        let _ = report.write_all(sentence.as_bytes());
    }
    ExitCode::from(CANNOT_RUN)
}

fn number(arg: Option<OsString>) -> Option<i32> {
    arg?.to_str()?.parse().ok()
}

fn bounds(args: &mut impl Iterator<Item = OsString>) -> Option<ProcessBounds> {
    let mut bound = || match args.next()?.to_str()? {
        UNBOUND => Some(None),
        most => most.parse().ok().map(Some),
    };
    Some(ProcessBounds {
        open_files: bound()?,
        file_size: bound()?,
    })
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

/// Bounds this process, and what it becomes and starts, for good: who is not root cannot lift the
/// bound again. One that is narrower already stays.
fn keep_to(resource: Resource, most: Option<u64>) -> Result<(), Errno> {
    let Some(most) = most else {
        return Ok(());
    };
    let (_, hard) = getrlimit(resource)?;
    let most = most.min(hard);
    setrlimit(resource, most, most)
}

/// Answers why it did not work.
fn become_agent(
    runner: i32,
    bounds: ProcessBounds,
    program: &OsString,
    args: impl Iterator<Item = OsString>,
) -> String {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL) {
        return format!("the agent cannot be tied to its runner: {error}");
    }
    // A runner that died before this line can send no signal any more.
    if getppid().as_raw() != runner {
        return "the runner is gone".to_owned();
    }
    // Here and not in the runner, whose journal grows larger than an agent's files may.
    let bound = keep_to(Resource::RLIMIT_NOFILE, bounds.open_files)
        .and_then(|()| keep_to(Resource::RLIMIT_FSIZE, bounds.file_size));
    if let Err(error) = bound {
        return format!("the bounds of the project cannot be set: {error}");
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
