//! The process of a session whose agent program serves several: a line between its runner and that program's hub.
//!
//! The runner owns it like any agent. What it is given goes to the hub's socket, and what comes from there is what
//! the agent says. The end of its input is a goodbye, after which the hub stops whatever goes on and hangs up.

use std::{
    io::{self, Write as _},
    net::Shutdown,
    os::unix::net::UnixStream,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long the hub may take until it can be reached. Measured: 10 ms.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause between two tries.
const AGAIN: Duration = Duration::from_millis(20);

/// What is said where the hub is not there, or is gone.
pub const NO_HUB: &str = "the agent program that several sessions share does not answer";
/// The same where it was there before.
pub const HUB_GONE: &str = "the agent program that several sessions share has ended";

/// Moves lines until the hub hangs up.
pub fn run(socket: &Path) -> ExitCode {
    match relay(socket) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            complain(HUB_GONE);
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&format!("{NO_HUB}: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn complain(sentence: &str) {
    // Its runner reads it; without one there is nobody to tell.
    let _ = writeln!(io::stderr(), "{sentence}");
}

/// Answers whether it has said goodbye before the hub hung up.
fn relay(socket: &Path) -> io::Result<bool> {
    let hub = connect(socket)?;
    let said_goodbye = Arc::new(AtomicBool::new(false));
    let (said, mut to_hub) = (Arc::clone(&said_goodbye), hub.try_clone()?);
    // Not waited for: it may wait for its input for ever.
    thread::spawn(move || {
        // A hub that is gone is noticed by who listens to it.
        if io::copy(&mut io::stdin(), &mut to_hub).is_ok() {
            said.store(true, Ordering::Release);
            let _ = to_hub.shutdown(Shutdown::Write);
        }
    });
    // What breaks this means what its end means.
    let _ = io::copy(&mut &hub, &mut io::stdout());
    Ok(said_goodbye.load(Ordering::Acquire))
}

fn connect(socket: &Path) -> io::Result<UnixStream> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match UnixStream::connect(socket) {
            Ok(hub) => return Ok(hub),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => thread::sleep(AGAIN),
        }
    }
}
