//! The log of all requests.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::script::Step;

/// How many requests are kept. An agent CLI sends 100 kB and more with each one.
const KEPT: usize = 500;

/// One request as it came in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestRecord {
    /// Counts from 1 in the order of arrival.
    pub number: u64,
    /// When the request's head was there. For differences with times of the same process.
    #[serde(skip)]
    pub at: Instant,
    /// The same, since the simulator started; in the log as milliseconds.
    #[serde(rename = "since_start_ms", serialize_with = "milliseconds")]
    pub since_start: Duration,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// What stands behind the question mark.
    pub query: Option<String>,
    /// Header names in lower case. A repeated header keeps its last value.
    pub headers: BTreeMap<String, String>,
    /// The decompressed JSON body; `null` when there was none, `{"unreadable": why}` when it is not JSON.
    pub body: Value,
    /// The newest text of a person in the conversation, for a request to a model.
    pub user_text: Option<String>,
    /// The step that was due, for a request to a model. A forced error may have been sent instead.
    pub step: Option<Step>,
    /// What became of it.
    pub outcome: Outcome,
}

impl RequestRecord {
    /// A header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The reply is still held, stalled or streaming.
    Open,
    /// The whole reply was handed over.
    Answered,
    /// The simulator dropped the connection, as the script said.
    Cut,
    /// The client went away before the reply was complete.
    Abandoned,
}

type Book = VecDeque<Arc<RequestRecord>>;

/// The log, shared by all connections.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    started: Instant,
    book: Arc<watch::Sender<Book>>,
    file: Arc<Mutex<LogFile>>,
}

#[derive(Debug)]
struct LogFile {
    next_number: u64,
    file: Option<File>,
}

/// A request as it arrives, before it has a number.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) user_text: Option<String>,
    pub(crate) step: Option<Step>,
}

impl Journal {
    /// A log that also appends each request to `file` as a line of JSON.
    pub(crate) fn new(file: Option<File>) -> Self {
        Self {
            started: Instant::now(),
            book: Arc::new(watch::Sender::new(Book::new())),
            file: Arc::new(Mutex::new(LogFile {
                next_number: 1,
                file,
            })),
        }
    }

    /// Writes a request down. It is [`Outcome::Abandoned`] unless the entry is finished before it is dropped.
    pub(crate) fn open(&self, arrival: Arrival) -> Entry {
        // Held until the record is in the book, so that numbers stand there in order.
        let mut log = self.file.lock();
        let record = Arc::new(RequestRecord {
            number: log.next_number,
            at: arrival.at,
            since_start: arrival.at.saturating_duration_since(self.started),
            method: arrival.method,
            path: arrival.path,
            query: arrival.query,
            headers: arrival.headers,
            body: arrival.body,
            user_text: arrival.user_text,
            step: arrival.step,
            outcome: Outcome::Open,
        });
        log.next_number += 1;
        log.write(record.as_ref());
        self.book.send_modify(|book| {
            book.push_back(Arc::clone(&record));
            while book.len() > KEPT {
                book.pop_front();
            }
        });
        Entry {
            journal: self.clone(),
            number: record.number,
            open: true,
        }
    }

    pub(crate) fn records(&self) -> Vec<Arc<RequestRecord>> {
        self.book.borrow().iter().cloned().collect()
    }

    /// The records, which are forgotten here.
    pub(crate) fn take(&self) -> VecDeque<Arc<RequestRecord>> {
        let mut taken = VecDeque::new();
        self.book.send_modify(|book| taken = std::mem::take(book));
        taken
    }

    pub(crate) fn reset(&self) {
        self.book.send_modify(VecDeque::clear);
    }

    /// Waits for the first record, old or new, that `wanted` accepts; outcomes are looked at again as they change.
    pub(crate) async fn find(&self, wanted: impl Fn(&RequestRecord) -> bool) -> Arc<RequestRecord> {
        let mut changes = self.book.subscribe();
        loop {
            changes.mark_unchanged();
            // On a copy, because `wanted` is foreign code and must not run under the lock.
            if let Some(found) = self.records().into_iter().find(|record| wanted(record)) {
                return found;
            }
            // The sender lives as long as `self`, so there is always another change to wait for.
            let _ = changes.changed().await;
        }
    }

    fn set_outcome(&self, number: u64, outcome: Outcome) {
        if outcome != Outcome::Answered {
            self.file
                .lock()
                .write(&json!({ "number": number, "outcome": outcome }));
        }
        self.book.send_if_modified(|book| {
            book.iter_mut()
                .find(|record| record.number == number)
                .is_some_and(|record| {
                    Arc::make_mut(record).outcome = outcome;
                    true
                })
        });
    }
}

impl LogFile {
    /// The log in memory is what tests rely on, so a full disk only ends the file.
    fn write(&mut self, line: &impl Serialize) {
        let Some(file) = &mut self.file else { return };
        let written = serde_json::to_vec(line)
            .map_err(std::io::Error::from)
            .and_then(|mut bytes| {
                bytes.push(b'\n');
                file.write_all(&bytes)
            });
        if written.is_err() {
            self.file = None;
        }
    }
}

/// A request whose reply is not complete.
#[derive(Debug)]
pub(crate) struct Entry {
    journal: Journal,
    number: u64,
    open: bool,
}

impl Entry {
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        if std::mem::take(&mut self.open) {
            self.journal.set_outcome(self.number, outcome);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.finish(Outcome::Abandoned);
    }
}

fn milliseconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64() * 1_000.0)
}
