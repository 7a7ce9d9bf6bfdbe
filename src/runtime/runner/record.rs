//! What a journal is made of.

use std::fmt;

use bytes::{Buf, Bytes};
use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// The place of a record in its journal: 1, 2, 3 … without a gap. 0 stands before the first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// Before the first record: reading after it reads everything.
    pub const START: Self = Self(0);

    /// Wraps a stored number.
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The bare number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The place behind this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One thing that happened between a runner and its agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the journal.
    pub seq: Seq,
    /// When the runner saw it.
    pub at: Millis,
    /// What it was.
    pub kind: RecordKind,
}

/// What happened. Lines are bytes as they came, without their newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// The agent runs.
    Spawned {
        /// Its process id, which is also its process group.
        pid: u32,
    },
    /// The agent could not be started. Always the last record.
    SpawnFailed {
        /// A sentence for a person.
        reason: String,
    },
    /// A line for the agent, written here before it is written to the agent.
    Input {
        /// The id under which it was sent; the runner's own begin with `runner:`.
        command_id: String,
        /// The line.
        line: Bytes,
    },
    /// A line of the agent's standard output.
    Output {
        /// The line.
        line: Bytes,
    },
    /// A line of the agent's standard output that was longer than the limit and was thrown away.
    TooLong {
        /// How long it was.
        bytes: u64,
    },
    /// A line of the agent's standard error, cut at 8 KiB.
    Stderr {
        /// The line.
        line: Bytes,
    },
    /// The agent has ended, all it wrote stands before this, and its tree is gone (or a note says
    /// what is left of it). Always the last record.
    Exited {
        /// How it ended.
        exit: Exit,
        /// The last 4 KiB of its standard error.
        stderr_tail: String,
    },
    /// What the agent does cannot be written down any more, so the runner ends it.
    Unkept {
        /// A sentence.
        why: String,
    },
    /// Something the runner did on its own account, as a sentence for a person.
    Note {
        /// The sentence.
        text: String,
    },
}

impl RecordKind {
    /// Whether nothing can follow.
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::SpawnFailed { .. } | Self::Exited { .. })
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It left with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// A line of a journal that is none.
#[derive(Debug, thiserror::Error)]
#[error("this is not a record: {0}")]
pub(super) struct Malformed(&'static str);

// The form on disk and on the wire, one record a line:
//
//     <seq> <ms> <letter> <rest>\n
//
// The raw lines of the agent stand in `rest` as they came: they cannot hold a newline, so nothing
// needs to be escaped, an append is one copy, and `less` and `grep` read a journal. Texts that may
// hold a newline are JSON strings. A line that lacks its newline was torn by a death and counts as
// never written.

impl Record {
    /// Appends the record's line to `into`.
    pub(super) fn encode(seq: Seq, at: Millis, kind: &RecordKind, into: &mut Vec<u8>) {
        let mut head = |letter: char| {
            into.extend_from_slice(format!("{seq} {at} {letter} ").as_bytes());
        };
        match kind {
            RecordKind::Spawned { pid } => {
                head('P');
                into.extend_from_slice(pid.to_string().as_bytes());
            }
            RecordKind::SpawnFailed { reason } => {
                head('F');
                into.extend_from_slice(json(reason).as_bytes());
            }
            RecordKind::Input { command_id, line } => {
                head('I');
                into.extend_from_slice(command_id.as_bytes());
                into.push(b' ');
                into.extend_from_slice(line);
            }
            RecordKind::Output { line } => {
                head('O');
                into.extend_from_slice(line);
            }
            RecordKind::TooLong { bytes } => {
                head('L');
                into.extend_from_slice(bytes.to_string().as_bytes());
            }
            RecordKind::Stderr { line } => {
                head('E');
                into.extend_from_slice(line);
            }
            RecordKind::Exited { exit, stderr_tail } => {
                head('X');
                let (word, number) = match exit {
                    Exit::Code(code) => ("code", code),
                    Exit::Signal(signal) => ("signal", signal),
                };
                into.extend_from_slice(format!("{word} {number} ").as_bytes());
                into.extend_from_slice(json(stderr_tail).as_bytes());
            }
            RecordKind::Unkept { why } => {
                head('U');
                into.extend_from_slice(json(why).as_bytes());
            }
            RecordKind::Note { text } => {
                head('N');
                into.extend_from_slice(json(text).as_bytes());
            }
        }
        into.push(b'\n');
    }

    /// Reads one line, without its newline.
    pub(super) fn decode(mut line: Bytes) -> Result<Self, Malformed> {
        let seq = Seq(number(&mut line, "no sequence number")?);
        let at = Millis::new(number(&mut line, "no time")?);
        let letter = word(&mut line).ok_or(Malformed("no kind"))?;
        let kind = match &letter[..] {
            b"P" => RecordKind::Spawned {
                pid: number(&mut line, "no process id")?,
            },
            b"F" => RecordKind::SpawnFailed {
                reason: text(&line)?,
            },
            b"I" => {
                let id = word(&mut line).ok_or(Malformed("no command id"))?;
                RecordKind::Input {
                    command_id: utf8(&id)?.to_owned(),
                    line,
                }
            }
            b"O" => RecordKind::Output { line },
            b"L" => RecordKind::TooLong {
                bytes: number(&mut line, "no length")?,
            },
            b"E" => RecordKind::Stderr { line },
            b"X" => {
                let how = word(&mut line).ok_or(Malformed("no way of ending"))?;
                let value = number(&mut line, "no code or signal")?;
                let exit = match &how[..] {
                    b"code" => Exit::Code(value),
                    b"signal" => Exit::Signal(value),
                    _ => return Err(Malformed("an unknown way of ending")),
                };
                RecordKind::Exited {
                    exit,
                    stderr_tail: text(&line)?,
                }
            }
            b"U" => RecordKind::Unkept { why: text(&line)? },
            b"N" => RecordKind::Note { text: text(&line)? },
            _ => return Err(Malformed("an unknown kind")),
        };
        Ok(Self { seq, at, kind })
    }
}

/// Splits off what stands before the next space, or all that is left.
fn word(line: &mut Bytes) -> Option<Bytes> {
    // The head of a record is short; a long first word is the line of somebody else.
    let end = line.iter().take(256).position(|byte| *byte == b' ');
    let word = match end {
        Some(end) => {
            let word = line.split_to(end);
            line.advance(1);
            word
        }
        None if line.len() <= 256 => line.split_to(line.len()),
        None => return None,
    };
    (!word.is_empty()).then_some(word)
}

fn number<N: std::str::FromStr>(line: &mut Bytes, missing: &'static str) -> Result<N, Malformed> {
    let word = word(line).ok_or(Malformed(missing))?;
    utf8(&word)?.parse().map_err(|_| Malformed(missing))
}

fn utf8(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed("its head is not text"))
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    serde_json::from_slice(bytes).map_err(|_| Malformed("its text is broken"))
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_record_reads_back_as_it_was_written() {
        let raw = Bytes::from_static(b" \x00\xff two  spaces \r");
        let kinds = [
            RecordKind::Spawned { pid: 7 },
            RecordKind::SpawnFailed {
                reason: "no\nsuch \"file\"".into(),
            },
            RecordKind::Input {
                command_id: "run-1:prompt".into(),
                line: raw.clone(),
            },
            RecordKind::Input {
                command_id: "empty".into(),
                line: Bytes::new(),
            },
            RecordKind::Output { line: raw.clone() },
            RecordKind::Output { line: Bytes::new() },
            RecordKind::TooLong { bytes: 50_000_000 },
            RecordKind::Stderr { line: raw },
            RecordKind::Exited {
                exit: Exit::Code(-1),
                stderr_tail: String::new(),
            },
            RecordKind::Exited {
                exit: Exit::Signal(9),
                stderr_tail: "two\nlines\u{1F980}".into(),
            },
            RecordKind::Unkept {
                why: "it is \"full\"".into(),
            },
            RecordKind::Note { text: "\n".into() },
        ];
        for kind in kinds {
            let mut line = Vec::new();
            Record::encode(Seq(12), Millis::new(1_700), &kind, &mut line);
            assert_eq!(line.pop(), Some(b'\n'));
            assert!(!line.contains(&b'\n'), "{kind:?}");
            let record = Record {
                seq: Seq(12),
                at: Millis::new(1_700),
                kind,
            };
            assert_eq!(Record::decode(line.into()).unwrap(), record);
        }
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for line in [
            &b""[..],
            b"1",
            b"1 2",
            b"x 2 O hello",
            b"1 2 Z hello",
            b"1 2 X code",
            b"1 2 N unquoted",
            b"\xff\xfe 1 O x",
        ] {
            assert!(
                Record::decode(Bytes::copy_from_slice(line)).is_err(),
                "{line:?}"
            );
        }
    }
}
