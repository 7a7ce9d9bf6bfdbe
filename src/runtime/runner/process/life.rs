//! The life of a runner, from its first word to its last.

use std::{fs, io, process::ExitCode, sync::Arc, time::Duration};

use tokio::{
    net::UnixListener,
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::task::TaskTracker;

use super::{
    Prepared, Ready, agent,
    door::{self, Seats},
    hub::{Agent, Hub, OWN_GRACE},
};
use crate::runtime::runner::{lock::Lock, mark, tree};

/// How long answers that are on their way when a runner leaves may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the system tells a process.
#[derive(Debug)]
struct Signals {
    term: Signal,
    /// A child has ended: the agent, or one that lost its parent.
    child: Signal,
    /// Whoever hangs up or interrupts means the server. They only need a listener to do nothing.
    _ignored: [Signal; 2],
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            child: signal(SignalKind::child())?,
            _ignored: [
                signal(SignalKind::hangup())?,
                signal(SignalKind::interrupt())?,
            ],
        })
    }
}

pub(super) async fn live(prepared: Prepared) -> ExitCode {
    let Prepared {
        spec,
        journal,
        listener,
        layout,
        session,
        conversation,
        _alive,
    } = prepared;
    let listening = Signals::listen().and_then(|signals| {
        let listener = UnixListener::from_std(listener)?;
        Ok((signals, listener))
    });
    let (signals, listener) = match listening {
        Ok(both) => both,
        Err(error) => {
            Ready::No(error.to_string()).say();
            return ExitCode::FAILURE;
        }
    };
    Ready::Yes.say();
    let hub = Arc::new(Hub::new(
        journal,
        spec.limits,
        spec.command.interrupt.clone(),
    ));
    let answers = TaskTracker::new();
    let seats = Arc::new(Seats::default());
    let keeping = door::keep(
        listener,
        Arc::clone(&hub),
        Arc::clone(&seats),
        answers.clone(),
    );
    let door = tokio::spawn(keeping);
    let mark = mark(layout.root(), spec.runner);
    tokio::spawn(agent::live(Arc::clone(&hub), mark, spec.command));

    stay(&hub, signals).await;

    door.abort();
    seats.clear();
    // Whoever removes the files may have been faster than we are.
    let _ = fs::remove_file(layout.socket(spec.runner));
    let _ = session.remove();
    let _ = conversation.map(Lock::remove);
    answers.close();
    let _ = timeout(FAREWELL, answers.wait()).await;
    ExitCode::SUCCESS
}

/// Answers when there is nothing left to do.
async fn stay(hub: &Hub, mut signals: Signals) {
    let mut agent = hub.agent.subscribe();
    let mut guests = hub.guests.subscribe();
    let mut consumed = hub.consumed.subscribe();
    let mut patience = Patience::default();
    let mut told_to_leave = false;
    loop {
        let state = *agent.borrow_and_update();
        let guests_now = *guests.borrow_and_update();
        let taken = *consumed.borrow_and_update();
        if let Agent::Gone(last) = state
            && (taken >= last || told_to_leave)
        {
            return;
        }
        let deadline = patience.deadline(state, guests_now, hub);
        tokio::select! {
            _ = agent.changed() => {}
            _ = guests.changed() => {}
            _ = consumed.changed() => {}
            Some(()) = signals.term.recv() => {
                told_to_leave = true;
                hub.note("the runner was told to end (SIGTERM)");
                hub.end(OWN_GRACE);
            }
            Some(()) = signals.child.recv() => {
                if let Agent::Alive(agent) = state {
                    tree::reap(agent);
                }
            }
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                if matches!(state, Agent::Gone(_)) {
                    return;
                }
                patience = Patience::Lost;
                hub.note("no server was connected for too long, so the agent is ended");
                hub.end(OWN_GRACE);
            }
        }
    }
}

/// How long the present state may last.
#[derive(Clone, Copy, Debug, Default)]
enum Patience {
    /// There is a server.
    #[default]
    Untouched,
    /// There has been none since then.
    Alone(Instant),
    /// There was none for too long, the agent is being ended.
    Lost,
    /// The agent ended then.
    Bereft(Instant),
}

impl Patience {
    fn deadline(&mut self, agent: Agent, guests: usize, hub: &Hub) -> Option<Instant> {
        *self = match (*self, agent, guests) {
            (Self::Bereft(since), _, _) => Self::Bereft(since),
            (_, Agent::Gone(_), _) => Self::Bereft(Instant::now()),
            (Self::Lost, _, _) => Self::Lost,
            (Self::Alone(since), _, 0) => Self::Alone(since),
            (Self::Untouched, _, 0) => Self::Alone(Instant::now()),
            (Self::Untouched | Self::Alone(_), _, _) => Self::Untouched,
        };
        match *self {
            Self::Untouched | Self::Lost => None,
            Self::Alone(since) => since.checked_add(hub.limits.orphan),
            Self::Bereft(since) => since.checked_add(hub.limits.linger),
        }
    }
}
