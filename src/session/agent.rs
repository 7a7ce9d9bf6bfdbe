//! One live agent process, and what its records mean.

use std::{
    collections::{HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use super::{again::is_prompt, tune::Tuner, turn::is_work};
use crate::{
    runtime::{
        Reader, RunEvent, Runtime,
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
    /// How it is set, and who wants that changed.
    pub(super) tuner: Box<Tuner>,
    /// How many bytes it may write in one turn, and how many it has written since its prompt.
    pub(super) most_output: Option<u64>,
    output: u64,
    records: Records,
    reader: Box<dyn Reader>,
    /// What it did while it had no work, as far as that was read.
    overheard: VecDeque<Happening>,
    /// Behind which record it goes on by itself, if it was heard to and nobody has taken it since.
    pub(super) went_on_after: Option<Seq>,
    /// What goes on beside its turns, by the agent's ids.
    tasks: HashSet<String>,
    /// The last record that was read.
    pub(super) seq: Seq,
    /// What it would go on with by itself.
    pub(super) left: Left,
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

/// What an agent would go on with by itself when its turn is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// With nothing.
    Nothing,
    /// With messages that joined the turn and that it has not taken up: the session's next turn has
    /// them.
    Messages,
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

/// What was heard of an agent without work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Overheard {
    /// It goes on by itself.
    GoesOn {
        /// The last record that does not belong to it.
        after: Seq,
        /// The call that has brought it to do so, if it told.
        call: Option<String>,
    },
    /// It is gone, or will be.
    Gone,
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
    /// It wrote this many bytes since its prompt, which is more than it may.
    TooMuch(u64),
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
        tuner: Tuner,
        after: Seq,
        warmth: Warmth,
        at_work: AtWork,
        launched_as: Option<String>,
    ) -> Self {
        Self {
            runner,
            handle: link.handle,
            warmth,
            most_output: None,
            output: 0,
            records: link.records,
            overheard: VecDeque::new(),
            went_on_after: None,
            tasks: HashSet::new(),
            reader: tuner.runtime().reader(),
            tuner: Box::new(tuner),
            seq: after,
            left: Left::Nothing,
            at_work: Some(at_work),
            launched_as,
        }
    }

    /// Its agent program.
    pub(super) fn runtime(&self) -> &dyn Runtime {
        self.tuner.runtime()
    }

    /// Passes over what happened up to and with a record.
    pub(super) fn skip_to(&mut self, seq: Seq) {
        self.records.skip_to(seq);
        self.seq = self.seq.max(seq);
    }

    /// What the agent does next.
    pub(super) async fn next(&mut self) -> Happening {
        if let Some(happening) = self.overheard.pop_front() {
            return happening;
        }
        loop {
            let record = tokio::select! {
                record = self.records.next() => record,
                change = self.tuner.wish() => {
                    self.tuner.begin(&self.handle, change).await;
                    continue;
                }
            };
            let Some(record) = record else {
                return Happening::Lost;
            };
            self.seq = record.seq;
            if let Some(much) = self.weigh(&record) {
                return Happening::TooMuch(much);
            }
            if let Some(happening) = understand(record, self.reader.as_mut()) {
                if let Happening::Events(events) = &happening {
                    self.hear(events);
                }
                return happening;
            }
        }
    }
}

impl Agent {
    /// Listens to it while it has no work: ready when it goes on by itself, or is gone. What is read
    /// comes again from [`next`](Self::next).
    pub(super) fn poll_overhear(&mut self, context: &mut Context<'_>) -> Poll<Overheard> {
        loop {
            let before = self.seq;
            let Some(record) = ready!(self.records.poll_next(context)) else {
                self.overheard.push_back(Happening::Lost);
                return Poll::Ready(Overheard::Gone);
            };
            self.seq = record.seq;
            let Some(happening) = understand(record, self.reader.as_mut()) else {
                continue;
            };
            let events = match &happening {
                Happening::Events(events) => events,
                Happening::Given(_) => continue,
                Happening::NotStarted(_)
                | Happening::TooLong(_)
                | Happening::TooMuch(_)
                | Happening::Unkept(_)
                | Happening::Ended { .. }
                | Happening::Lost => {
                    self.overheard.push_back(happening);
                    return Poll::Ready(Overheard::Gone);
                }
            };
            self.hear(events);
            let goes_on = events.iter().any(is_work);
            self.overheard.push_back(happening);
            if goes_on {
                self.output = 0;
                self.went_on_after = Some(before);
                return Poll::Ready(self.goes_on_behind(before));
            }
        }
    }

    fn hear(&mut self, events: &[RunEvent]) {
        for event in events {
            self.tuner.hear(event);
        }
        self.note_tasks(events);
    }

    /// Notes what goes on beside its turns.
    pub(super) fn note_tasks(&mut self, events: &[RunEvent]) {
        for event in events {
            if let RunEvent::TaskBegan(task) = event {
                self.tasks.insert(task.clone());
            }
            if let RunEvent::TaskEnded { task, .. } = event {
                self.tasks.remove(task);
            }
        }
    }

    /// Puts back what was read ahead of its time.
    pub(super) fn put_back(&mut self, happenings: Vec<Happening>) {
        for happening in happenings.into_iter().rev() {
            self.overheard.push_front(happening);
        }
    }

    /// That it goes on by itself, if it was heard to and nobody has taken it since.
    pub(super) fn still_goes_on(&self) -> Option<Overheard> {
        self.went_on_after.map(|after| self.goes_on_behind(after))
    }

    fn goes_on_behind(&self, after: Seq) -> Overheard {
        Overheard::GoesOn {
            after,
            call: self.overheard.iter().rev().find_map(of_call),
        }
    }

    /// Whether what it goes on with behind a record is still to be followed.
    pub(super) fn goes_on_after(&self, after: Seq) -> bool {
        match self.went_on_after {
            Some(went_on) => went_on == after,
            None => self.seq <= after,
        }
    }

    /// Whether something goes on in it, although it has no work.
    pub(super) fn is_astir(&self) -> bool {
        !self.tasks.is_empty() || !self.overheard.is_empty()
    }

    /// Counts what it writes since its prompt; answers how much that is if it is too much.
    fn weigh(&mut self, record: &Record) -> Option<u64> {
        match &record.kind {
            RecordKind::Input { command_id, .. } if is_prompt(command_id) => self.output = 0,
            RecordKind::Output { line } => {
                self.output = self.output.saturating_add(line.len() as u64);
            }
            RecordKind::TooLong { bytes } => self.output = self.output.saturating_add(*bytes),
            RecordKind::Input { .. }
            | RecordKind::Spawned { .. }
            | RecordKind::SpawnFailed { .. }
            | RecordKind::Stderr { .. }
            | RecordKind::Unkept { .. }
            | RecordKind::Note { .. }
            | RecordKind::Exited { .. } => return None,
        }
        self.most_output
            .is_some_and(|most| self.output > most)
            .then_some(self.output)
    }
}

/// The last call whose task is over, if something tells of that.
fn of_call(happening: &Happening) -> Option<String> {
    let Happening::Events(events) = happening else {
        return None;
    };
    events.iter().rev().find_map(|event| {
        if let RunEvent::TaskEnded { call, .. } = event {
            return call.clone();
        }
        None
    })
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
