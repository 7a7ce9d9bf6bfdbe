//! The runner process itself.
//!
//! One thread: the agent's life hangs on the thread that started it (`PR_SET_PDEATHSIG`), and
//! nothing here takes long. Whatever happens is written to the journal first and seen by clients
//! from there.

mod agent;
mod control;
pub(super) mod door;
mod ending;
mod hub;
mod life;
mod ready;

use std::{
    fs, io,
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
    path::Path,
    process::ExitCode,
};

use super::{
    files::{self, Layout},
    journal::Journal,
    lock::{Lock, Taken},
    spec::Spec,
};
pub(super) use ready::Ready;

/// A runner that has everything it needs.
#[derive(Debug)]
struct Prepared {
    spec: Spec,
    journal: Journal,
    listener: UnixListener,
    layout: Layout,
    session: Lock,
    conversation: Option<Lock>,
    /// Says to whoever removes the directory that this process lives.
    _alive: Lock,
}

/// Is the runner of `directory` until its work is done. Must be the first thing that the process
/// does: before it has a second thread, and before it opens a file, because what is open but the
/// standard streams is closed. Its first word goes to standard output, faults of its own to
/// standard error.
pub fn run(directory: &Path) -> ExitCode {
    isolate();
    close_inherited();
    let prepared = match prepare(directory) {
        Ok(prepared) => prepared,
        Err(word) => {
            word.say();
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(life::live(prepared)),
        Err(error) => {
            Ready::No(error.to_string()).say();
            ExitCode::FAILURE
        }
    }
}

/// Steps out of everything that the server and the agent could share.
fn isolate() {
    // Fails only for the leader of a process group: then nobody's terminal is shared anyway.
    let _ = nix::unistd::setsid();
    #[cfg(target_os = "linux")]
    {
        use nix::sys::prctl;
        // Neither can fail on a kernel of the last ten years. `status` says what is the case.
        let _ = prctl::set_child_subreaper(true);
        let _ = prctl::set_dumpable(false);
    }
}

/// Closes what was left open for us by mistake, so that it does not reach the agent: whoever
/// started the server may have files open that are nobody's business.
fn close_inherited() {
    let Ok(open) = fs::read_dir("/dev/fd") else {
        return;
    };
    let numbers: Vec<i32> = open
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|number| *number > 2)
        .collect();
    for number in numbers {
        // One of them was the directory itself and is closed already.
        let _ = nix::unistd::close(number);
    }
}

fn prepare(directory: &Path) -> Result<Prepared, Ready> {
    let failed = |error: io::Error| Ready::No(error.to_string());
    let no_room = || Ready::No("its directory has no parent".to_owned());
    let alive = take(
        &directory.join(files::ALIVE),
        &std::process::id().to_string(),
    )?;
    let spec = Spec::read(directory).map_err(failed)?;
    let layout = Layout::around(directory).ok_or_else(no_room)?;
    let holder = format!("runner {}, process {}", spec.runner, std::process::id());
    let session = take(&layout.session_lock(spec.session), &holder)?;
    let conversation = spec.command.conversation.as_deref();
    let conversation = match conversation
        .map(|path| take_beside(path, &holder))
        .transpose()
    {
        Ok(lock) => lock,
        Err(word) => {
            let _ = session.remove();
            return Err(word);
        }
    };
    let begun = begin(directory, &layout, &spec);
    match begun {
        Ok((journal, listener)) => Ok(Prepared {
            spec,
            journal,
            listener,
            layout,
            session,
            conversation,
            _alive: alive,
        }),
        Err(error) => {
            // The locks themselves go with the process.
            let _ = session.remove();
            let _ = conversation.map(Lock::remove);
            Err(failed(error))
        }
    }
}

/// Takes the lock of a conversation, in a directory that is made if it is not there.
fn take_beside(path: &Path, holder: &str) -> Result<Lock, Ready> {
    let room = path.parent().unwrap_or(path);
    fs::create_dir_all(room).map_err(|error| Ready::No(error.to_string()))?;
    take(path, holder)
}

fn take(path: &Path, holder: &str) -> Result<Lock, Ready> {
    match Lock::take(path, holder) {
        Ok(Taken::Ours(lock)) => Ok(lock),
        Ok(Taken::Theirs(holder)) => Err(Ready::Busy(holder)),
        Err(error) => Err(Ready::No(error.to_string())),
    }
}

fn begin(directory: &Path, layout: &Layout, spec: &Spec) -> io::Result<(Journal, UnixListener)> {
    files::private_directory(&directory.join(files::TEMPORARY))?;
    let journal = Journal::create(directory, spec.limits.journal)?;
    let path = layout.socket(spec.runner);
    // The directory around it is private, so nobody gets in before its own rights are set.
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok((journal, listener))
}
