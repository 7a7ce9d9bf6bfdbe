//! The file that remembers what an agent was told and what it said.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
};

use bytes::Bytes;

use super::{Record, RecordKind, Seq, files};
use crate::clock::Millis;

/// How far apart the places are that the index knows, in bytes: reading from any place begins at
/// most this far too early, and an index of the largest journal has about a thousand entries.
const INDEX_STEP: u64 = 256 << 10;

/// Appends. There is no fsync: what is written is in the page cache, which survives the death of
/// every process here, and a machine that loses its page cache has lost the agent too, so that
/// there is nothing left that the last lines could be continued with.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    limit: u64,
    /// What is in the file.
    written: Mark,
    /// What is in the file or in `pending`.
    next: Mark,
    pending: Vec<u8>,
    index: Vec<Mark>,
}

/// Where a record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) seq: Seq,
    pub(super) offset: u64,
}

/// The journal has no room for this.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Journal {
    /// Begins a journal in a runner's directory; one that is there already is an error.
    pub(super) fn create(directory: &Path, limit: u64) -> io::Result<Self> {
        let file = files::private_file(&directory.join(files::JOURNAL))?;
        Ok(Self::begin(file, limit))
    }

    /// Begins a journal in an empty file.
    pub(super) fn begin(file: File, limit: u64) -> Self {
        let start = Mark {
            seq: Seq::START.next(),
            offset: 0,
        };
        Self {
            file,
            limit,
            written: start,
            next: start,
            pending: Vec::new(),
            index: vec![start],
        }
    }

    /// Adds a record, which nobody sees before the next [`commit`](Self::commit).
    pub(super) fn push(&mut self, at: Millis, kind: &RecordKind) -> Result<Seq, Full> {
        let before = self.pending.len();
        let seq = self.push_last(at, kind);
        if self.next.offset > self.limit {
            self.next.offset -= (self.pending.len() - before) as u64;
            self.next.seq = seq;
            self.pending.truncate(before);
            return Err(Full);
        }
        Ok(seq)
    }

    /// As [`push`](Self::push), but beyond the limit: for the few words that say why it ends.
    pub(super) fn push_last(&mut self, at: Millis, kind: &RecordKind) -> Seq {
        let seq = self.next.seq;
        let before = self.pending.len();
        Record::encode(seq, at, kind, &mut self.pending);
        self.next.seq = seq.next();
        self.next.offset += (self.pending.len() - before) as u64;
        seq
    }

    /// Whether something was added that is not written yet.
    pub(super) const fn is_dirty(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes what was added, in one piece. After an error nothing of it is in the journal.
    pub(super) fn commit(&mut self) -> io::Result<u64> {
        let done = self.file.write_all(&self.pending);
        self.pending.clear();
        // One huge line must not hold its memory for ever.
        self.pending.shrink_to(1 << 20);
        if let Err(error) = done {
            // Half a record would spoil every later one. If not even this works, the file ends in
            // a torn line, which readers skip, and the caller stops writing.
            self.next = self.written;
            let _ = self.file.set_len(self.written.offset);
            return Err(error);
        }
        self.written = self.next;
        let last = self.index.last().map_or(0, |mark| mark.offset);
        if self.written.offset - last >= INDEX_STEP {
            self.index.push(self.written);
        }
        Ok(self.written.offset)
    }

    /// Another hold on the file, for reading at places; the file's name may be gone by now.
    pub(super) fn reader(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// How many bytes are written.
    pub(super) const fn size(&self) -> u64 {
        self.written.offset
    }

    /// A known place at or before the record behind `after`.
    pub(super) fn near(&self, after: Seq) -> Mark {
        let behind = self.index.partition_point(|mark| mark.seq <= after.next());
        self.index[behind.max(1) - 1]
    }
}

/// What a runner that is gone has left behind, in order, after the place asked for. Holds one
/// record at a time. A torn last line counts as never written; anything else that is no record is
/// an error, after which nothing comes.
#[derive(Debug)]
pub struct Leftover {
    file: Option<BufReader<File>>,
    last: Seq,
    after: Seq,
    longest: u64,
}

impl Leftover {
    pub(super) fn open(directory: &Path, after: Seq, longest: usize) -> io::Result<Self> {
        Ok(Self {
            file: Some(BufReader::with_capacity(
                64 << 10,
                File::open(directory.join(files::JOURNAL))?,
            )),
            last: Seq::START,
            after,
            longest: longest.max(64 << 10) as u64 + 1024,
        })
    }

    /// A journal that was never begun.
    pub(super) const fn empty() -> Self {
        Self {
            file: None,
            last: Seq::START,
            after: Seq::START,
            longest: 0,
        }
    }

    fn read(&mut self) -> io::Result<Option<Record>> {
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        let mut line = Vec::new();
        file.take(self.longest).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return if (line.len() as u64) + 1 < self.longest {
                Ok(None)
            } else {
                Err(broken("a line is longer than it may be"))
            };
        }
        let record = Record::decode(Bytes::from(line)).map_err(broken)?;
        if record.seq != self.last.next() {
            return Err(broken("a record is missing"));
        }
        self.last = record.seq;
        Ok(Some(record))
    }
}

impl Iterator for Leftover {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read() {
                Ok(Some(record)) if record.seq <= self.after => {}
                Ok(Some(record)) => return Some(Ok(record)),
                Ok(None) => {
                    self.file = None;
                    return None;
                }
                Err(error) => {
                    self.file = None;
                    return Some(Err(error));
                }
            }
        }
    }
}

fn broken(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};

    use super::*;

    fn output(text: &str) -> RecordKind {
        RecordKind::Output {
            line: Bytes::copy_from_slice(text.as_bytes()),
        }
    }

    fn texts(directory: &Path, after: u64) -> Vec<String> {
        Leftover::open(directory, Seq::new(after), 1 << 20)
            .unwrap()
            .map(|record| {
                let RecordKind::Output { line } = record.unwrap().kind else {
                    panic!("only output was written");
                };
                String::from_utf8(line.to_vec()).unwrap()
            })
            .collect()
    }

    const NOW: Millis = Millis::new(1_700_000_000_000);

    #[test]
    fn what_is_committed_is_read_back_and_what_is_not_is_not_there() {
        let room = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(room.path(), 1 << 20).unwrap();
        assert_eq!(journal.push(NOW, &output("one")), Ok(Seq::new(1)));
        assert_eq!(journal.push(NOW, &output("two")), Ok(Seq::new(2)));
        let size = journal.commit().unwrap();
        assert_eq!(journal.push(NOW, &output("three")), Ok(Seq::new(3)));
        assert_eq!(journal.size(), size);
        assert_eq!(texts(room.path(), 0), ["one", "two"]);
        assert_eq!(texts(room.path(), 1), ["two"]);
        journal.commit().unwrap();
        assert_eq!(texts(room.path(), 2), ["three"]);
        assert_eq!(texts(room.path(), 3), [""; 0]);
    }

    #[test]
    fn a_torn_last_line_counts_as_never_written() {
        let room = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(room.path(), 1 << 20).unwrap();
        journal.push(NOW, &output("one")).unwrap();
        let whole = journal.commit().unwrap();
        journal.push(NOW, &output("two")).unwrap();
        let all = journal.commit().unwrap();
        let file = OpenOptions::new()
            .write(true)
            .open(room.path().join(files::JOURNAL))
            .unwrap();
        for size in (whole..all).rev() {
            file.set_len(size).unwrap();
            assert_eq!(texts(room.path(), 0), ["one"], "torn at {size}");
        }
    }

    #[test]
    fn damage_in_the_middle_is_an_error_and_not_a_gap() {
        for damaged in [
            "1 5 O one\n3 5 O three\n",
            "1 5 O one\nnonsense\n3 5 O three\n",
            "1 5 O one\n1 5 O one\n",
        ] {
            let room = tempfile::tempdir().unwrap();
            fs::write(room.path().join(files::JOURNAL), damaged).unwrap();
            let records: Vec<_> = Leftover::open(room.path(), Seq::START, 100)
                .unwrap()
                .map(|record| {
                    record
                        .map(|record| record.seq)
                        .map_err(|error| error.kind())
                })
                .collect();
            assert_eq!(
                records,
                [Ok(Seq::new(1)), Err(io::ErrorKind::InvalidData)],
                "{damaged:?}"
            );
        }
    }

    #[test]
    fn a_full_journal_takes_no_more_but_the_last_words() {
        let room = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(room.path(), 60).unwrap();
        assert_eq!(journal.push(NOW, &output("one")), Ok(Seq::new(1)));
        assert_eq!(journal.push(NOW, &output(&"x".repeat(60))), Err(Full));
        assert_eq!(journal.push(NOW, &output("two")), Ok(Seq::new(2)));
        assert_eq!(
            journal.push_last(NOW, &output(&"y".repeat(60))),
            Seq::new(3)
        );
        journal.commit().unwrap();
        assert_eq!(texts(room.path(), 0), ["one", "two", &"y".repeat(60)]);
    }

    #[test]
    fn a_reader_begins_near_the_place_it_asks_for_and_never_behind_it() {
        let room = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(room.path(), 64 << 20).unwrap();
        let mut begins = Vec::new();
        for number in 0..200 {
            begins.push(journal.size());
            journal
                .push(NOW, &output(&"z".repeat(number * 100)))
                .unwrap();
            journal.commit().unwrap();
        }
        for (after, begin) in (0..).zip(begins) {
            let near = journal.near(Seq::new(after));
            assert!(near.seq <= Seq::new(after + 1) && near.offset <= begin);
            assert!(begin - near.offset <= INDEX_STEP + 20_100);
        }
    }
}
