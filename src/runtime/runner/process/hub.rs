//! What the parts of a runner share: the journal, the agent's state, the wish to end.

use std::{
    collections::HashSet,
    fs::File,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use crate::{
    clock::{Clock, Millis},
    runtime::runner::{RecordKind, RunnerLimits, Seq, frame::Answer, journal::Journal},
};

/// How the command ids of the runner's own inputs begin.
const OWN: &str = "runner:";

/// How long a command id may be.
const ID_LIMIT: usize = 128;

/// How much an agent may leave unread of what it was given, as a multiple of the longest line.
const UNREAD_LINES: usize = 4;

/// How long an agent that the runner itself ends has to leave by itself.
pub(super) const OWN_GRACE: Duration = Duration::from_secs(5);

/// How long an agent has whose words cannot be kept any more.
const DEAF_GRACE: Duration = Duration::from_secs(1);

/// Where the agent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agent {
    Starting,
    Alive(u32),
    /// Its last record is written; or nothing more can be, and this is the start.
    Gone(Seq),
}

/// The wish to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    /// Until when the agent may leave by itself.
    pub(super) until: Instant,
    /// How long that was.
    pub(super) grace: Duration,
}

/// Shared by all tasks of a runner.
#[derive(Debug)]
pub(super) struct Hub {
    clock: Clock,
    pub(super) started: Millis,
    pub(super) limits: RunnerLimits,
    interrupt: String,
    book: Mutex<Book>,
    /// How many bytes of the journal may be read.
    pub(super) tip: watch::Sender<u64>,
    pub(super) agent: watch::Sender<Agent>,
    pub(super) ending: watch::Sender<Option<Ending>>,
    pub(super) consumed: watch::Sender<Seq>,
    /// How many connections there are.
    pub(super) guests: watch::Sender<usize>,
}

#[derive(Debug)]
struct Book {
    journal: Journal,
    pages: Pages,
    seen: HashSet<String>,
    own_inputs: u32,
    stdin: Option<Stdin>,
}

/// Whether what happens can still be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pages {
    Open,
    /// Only the runner's own words are.
    Full,
    /// The last record stands there.
    Closed,
}

#[derive(Debug)]
struct Stdin {
    lines: mpsc::UnboundedSender<Bytes>,
    unread: Arc<AtomicUsize>,
}

/// The agent's end of what is given to it.
#[derive(Debug)]
pub(super) struct Feed {
    lines: mpsc::UnboundedReceiver<Bytes>,
    unread: Arc<AtomicUsize>,
}

impl Feed {
    /// The next line with its newline; `None` when its input is to be closed.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        self.lines.recv().await
    }

    /// Says that so many bytes were taken.
    pub(super) fn taken(&self, bytes: usize) {
        self.unread.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Hub {
    pub(super) fn new(journal: Journal, limits: RunnerLimits, interrupt: String) -> Self {
        let clock = Clock::system();
        Self {
            started: clock.now(),
            clock,
            limits,
            interrupt,
            book: Mutex::new(Book {
                journal,
                pages: Pages::Open,
                seen: HashSet::new(),
                own_inputs: 0,
                stdin: None,
            }),
            tip: watch::Sender::new(0),
            agent: watch::Sender::new(Agent::Starting),
            ending: watch::Sender::new(None),
            consumed: watch::Sender::new(Seq::START),
            guests: watch::Sender::new(0),
        }
    }

    /// Writes down what happened.
    pub(super) fn write(&self, kinds: impl IntoIterator<Item = RecordKind>) {
        let mut book = self.book.lock();
        for kind in kinds {
            self.push(&mut book, &kind);
        }
        self.commit(&mut book);
    }

    /// Writes down a sentence.
    pub(super) fn note(&self, text: impl Into<String>) {
        self.write([RecordKind::Note { text: text.into() }]);
    }

    /// Writes down the last record.
    pub(super) fn close(&self, last: &RecordKind) {
        let mut book = self.book.lock();
        let seq = book.journal.push_last(self.clock.now(), last);
        book.pages = Pages::Closed;
        let written = self.commit(&mut book);
        drop(book);
        // Nobody can wait for a word that is not there: then the end of the runner is the word.
        let last = if written { seq } else { Seq::START };
        self.agent.send_replace(Agent::Gone(last));
    }

    /// Wishes that the agent ends; of several wishes the most impatient one counts.
    pub(super) fn end(&self, grace: Duration) {
        // So that no sum of a moment and a span can overflow.
        let grace = grace.min(Duration::from_hours(24));
        let wish = Ending {
            until: Instant::now() + grace,
            grace,
        };
        self.ending.send_if_modified(|ending| {
            let sooner = ending.is_none_or(|earlier| wish.until < earlier.until);
            if sooner {
                *ending = Some(wish);
            }
            sooner
        });
    }

    /// Opens the way to the agent.
    pub(super) fn open_input(&self) -> Feed {
        let (sender, lines) = mpsc::unbounded_channel();
        let unread = Arc::new(AtomicUsize::new(0));
        self.book.lock().stdin = Some(Stdin {
            lines: sender,
            unread: Arc::clone(&unread),
        });
        Feed { lines, unread }
    }

    /// Closes it: what was given before still arrives, then the agent's input ends.
    pub(super) fn close_input(&self) {
        self.book.lock().stdin = None;
    }

    /// A line from a server.
    pub(super) fn input(&self, id: &str, line: &[u8]) -> Answer {
        if id.is_empty() || id.len() > ID_LIMIT || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Answer::Refused(format!(
                "a command id has 1 to {ID_LIMIT} printable characters without space"
            ));
        }
        if id.starts_with(OWN) {
            return Answer::Refused(format!("command ids with {OWN} are the runner's"));
        }
        if line.contains(&b'\n') {
            return Answer::Refused("a line has no newline in it".to_owned());
        }
        self.give(id.to_owned(), line)
    }

    /// A line of the runner itself.
    pub(super) fn own_input(&self, word: &str, line: &str) -> Answer {
        let number = {
            let mut book = self.book.lock();
            book.own_inputs += 1;
            book.own_inputs
        };
        self.give(format!("{OWN}{word}:{number}"), line.as_bytes())
    }

    /// The line that asks the agent to stop what it does.
    pub(super) fn interrupt(&self) -> Answer {
        self.own_input("interrupt", &self.interrupt)
    }

    fn give(&self, id: String, line: &[u8]) -> Answer {
        let mut book = self.book.lock();
        if book.seen.contains(&id) {
            return Answer::Already;
        }
        let Some(stdin) = &book.stdin else {
            return Answer::Ended;
        };
        let unread = stdin.unread.load(Ordering::Relaxed);
        if unread > 0 && unread + line.len() > self.limits.line.saturating_mul(UNREAD_LINES) {
            return Answer::Refused(format!(
                "the agent does not read its input, {unread} bytes are waiting"
            ));
        }
        let kind = RecordKind::Input {
            command_id: id.clone(),
            line: Bytes::copy_from_slice(line),
        };
        self.push(&mut book, &kind);
        self.commit(&mut book);
        if book.pages != Pages::Open {
            return Answer::Ended;
        }
        book.seen.insert(id);
        if let Some(stdin) = &book.stdin {
            let mut whole = Vec::with_capacity(line.len() + 1);
            whole.extend_from_slice(line);
            whole.push(b'\n');
            stdin.unread.fetch_add(whole.len(), Ordering::Relaxed);
            // A feed that is gone means an agent that closed its input; its end will tell.
            let _ = stdin.lines.send(whole.into());
        }
        Answer::Done
    }

    /// Where a reader who has everything up to `after` begins, and the file to read.
    pub(super) fn reader(&self, after: Seq) -> io::Result<(File, u64)> {
        let book = self.book.lock();
        Ok((book.journal.reader()?, book.journal.near(after).offset))
    }

    /// How many bytes the journal has.
    pub(super) fn journal_bytes(&self) -> u64 {
        self.book.lock().journal.size()
    }

    fn push(&self, book: &mut Book, kind: &RecordKind) {
        match (book.pages, kind) {
            (Pages::Open, _) => {
                if book.journal.push(self.clock.now(), kind).is_err() {
                    let limit = self.limits.journal;
                    self.stop(
                        book,
                        &format!("the journal has reached its limit of {limit} bytes"),
                    );
                }
            }
            (Pages::Full, RecordKind::Note { .. }) => {
                book.journal.push_last(self.clock.now(), kind);
            }
            (Pages::Full | Pages::Closed, _) => {}
        }
    }

    /// Writes what was added; says whether all of it is written.
    fn commit(&self, book: &mut Book) -> bool {
        if !book.journal.is_dirty() {
            return true;
        }
        match book.journal.commit() {
            Ok(size) => {
                // Told under the lock, so that the tip never goes back.
                self.tip.send_replace(size);
                return true;
            }
            Err(error) if book.pages == Pages::Open => {
                self.stop(book, &format!("the journal cannot be written: {error}"));
                // The disk may have room for a sentence where it had none for a line.
                if let Ok(size) = book.journal.commit() {
                    self.tip.send_replace(size);
                }
            }
            Err(_) => {}
        }
        false
    }

    /// An agent whose words are lost must not go on.
    fn stop(&self, book: &mut Book, why: &str) {
        book.pages = Pages::Full;
        let why = why.to_owned();
        book.journal
            .push_last(self.clock.now(), &RecordKind::Unkept { why });
        self.end(DEAF_GRACE);
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::runtime::runner::Exit;

    #[tokio::test]
    async fn an_agent_whose_last_word_cannot_be_written_is_gone_all_the_same() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let limits = RunnerLimits::default();
        let hub = Hub::new(Journal::begin(full, limits.journal), limits, String::new());
        hub.close(&RecordKind::Exited {
            exit: Exit::Code(0),
            stderr_tail: String::new(),
        });
        // Which its runner takes for read by whoever there may be.
        assert_eq!(*hub.agent.borrow(), Agent::Gone(*hub.consumed.borrow()));
    }
}
