//! One live agent process, and what its records mean.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::{
    runtime::{
        Reader, RunEvent,
        runner::{Exit, Handle, Link, Record, RecordKind, Records, Seq},
    },
    words::RunnerId,
};

/// One live agent process and what reads it.
pub(super) struct Agent {
    /// Its runner.
    pub(super) runner: RunnerId,
    /// Asks things of the runner.
    pub(super) handle: Handle,
    /// What it has been through.
    pub(super) warmth: Warmth,
    records: Records,
    reader: Box<dyn Reader>,
    /// The last record that was read.
    pub(super) seq: Seq,
    /// Counts it among those at work, for as long as it is.
    pub(super) at_work: Option<AtWork>,
    /// By what it is known again how it was started; `None` if a server before this was noted did it.
    pub(super) launched_as: Option<String>,
}

/// One of the agents at work. Counted by its existence, so that no way out of a turn, an early one
/// included, can forget to count back.
pub(super) struct AtWork(Arc<AtomicUsize>);

impl AtWork {
    pub(super) fn among(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What an agent has been through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Warmth {
    /// It was just started: trouble may lie in how it was started.
    Cold,
    /// It has: trouble means that it has died meanwhile.
    Warm,
    /// It was taken up in the middle of a turn: trouble means that the turn is cut off.
    AtWork,
}

/// Something that an agent did.
#[derive(Debug)]
pub(super) enum Happening {
    /// It wrote this.
    Events(Vec<RunEvent>),
    /// It was given the line with this command id.
    Given(String),
    /// It could not be started; a sentence says why.
    NotStarted(String),
    /// It wrote a line of this many bytes, which is more than is read.
    TooLong(u64),
    /// What it does cannot be written down any more, and it is being ended.
    Unkept(String),
    /// It has ended.
    Ended { exit: Exit, stderr: String },
    /// Its runner has died, or cannot be reached.
    Lost,
}

impl Agent {
    pub(super) fn new(
        runner: RunnerId,
        link: Link,
        reader: Box<dyn Reader>,
        after: Seq,
        warmth: Warmth,
        at_work: AtWork,
        launched_as: Option<String>,
    ) -> Self {
        Self {
            runner,
            handle: link.handle,
            warmth,
            records: link.records,
            reader,
            seq: after,
            at_work: Some(at_work),
            launched_as,
        }
    }

    /// Passes over what happened up to and with a record.
    pub(super) fn skip_to(&mut self, seq: Seq) {
        self.records.skip_to(seq);
        self.seq = self.seq.max(seq);
    }

    /// What the agent does next.
    pub(super) async fn next(&mut self) -> Happening {
        loop {
            let Some(record) = self.records.next().await else {
                return Happening::Lost;
            };
            self.seq = record.seq;
            if let Some(happening) = understand(record, self.reader.as_mut()) {
                return happening;
            }
        }
    }
}

/// What a record means; `None` if nothing that matters to a turn.
pub(super) fn understand(record: Record, reader: &mut dyn Reader) -> Option<Happening> {
    match record.kind {
        RecordKind::Output { line } => {
            let events = reader.read(&line);
            (!events.is_empty()).then_some(Happening::Events(events))
        }
        RecordKind::SpawnFailed { reason } => Some(Happening::NotStarted(reason)),
        RecordKind::Unkept { why } => Some(Happening::Unkept(why)),
        RecordKind::TooLong { bytes } => Some(Happening::TooLong(bytes)),
        RecordKind::Exited { exit, stderr_tail } => Some(Happening::Ended {
            exit,
            stderr: stderr_tail,
        }),
        RecordKind::Stderr { line } => {
            tracing::debug!(line = %String::from_utf8_lossy(&line), "an agent's standard error");
            None
        }
        RecordKind::Note { text } => {
            tracing::info!(%text, "a runner's note");
            None
        }
        RecordKind::Input { command_id, .. } => Some(Happening::Given(command_id)),
        RecordKind::Spawned { .. } => None,
    }
}
