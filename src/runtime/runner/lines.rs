//! Cutting a stream of bytes into lines, in bounded memory.

use bytes::{Bytes, BytesMut};

/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// Collects bytes and gives lines. Of a line that is longer than the limit only the first `keep`
/// bytes are kept.
#[derive(Debug)]
pub(super) struct Lines {
    buffer: BytesMut,
    /// How much of the buffer is known to hold no newline.
    scanned: usize,
    limit: usize,
    keep: usize,
    /// The line that is being skipped: its beginning and how long it is so far.
    skipping: Option<(Bytes, u64)>,
}

/// One line, without its newline.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Bytes),
    Long { head: Bytes, bytes: u64 },
}

impl Lines {
    pub(super) fn new(limit: usize, keep: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            scanned: 0,
            limit,
            keep,
            skipping: None,
        }
    }

    /// Where the next bytes go.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        self.buffer.reserve(CHUNK);
        &mut self.buffer
    }

    /// The next line that is whole.
    pub(super) fn next(&mut self) -> Option<Line> {
        let fresh = &self.buffer[self.scanned..];
        let Some(end) = fresh.iter().position(|byte| *byte == b'\n') else {
            self.scanned = self.buffer.len();
            if self.scanned > self.limit || self.skipping.is_some() {
                self.skip();
            }
            return None;
        };
        let mut line = self.buffer.split_to(self.scanned + end + 1);
        self.scanned = 0;
        line.truncate(line.len() - 1);
        Some(self.finish(line.freeze()))
    }

    /// What stands after the last newline when the stream has ended.
    pub(super) fn rest(&mut self) -> Option<Line> {
        let line = self.buffer.split().freeze();
        self.scanned = 0;
        (!line.is_empty() || self.skipping.is_some()).then(|| self.finish(line))
    }

    fn finish(&mut self, line: Bytes) -> Line {
        match self.skipping.take() {
            Some((head, bytes)) => Line::Long {
                head,
                bytes: bytes + line.len() as u64,
            },
            None if line.len() > self.limit => Line::Long {
                head: Bytes::copy_from_slice(&line[..self.keep]),
                bytes: line.len() as u64,
            },
            None => Line::Whole(line),
        }
    }

    /// Forgets what is in the buffer, and its memory.
    fn skip(&mut self) {
        let length = self.buffer.len() as u64;
        let buffer = &self.buffer;
        let keep = self.keep;
        let (_, bytes) = self
            .skipping
            .get_or_insert_with(|| (Bytes::copy_from_slice(&buffer[..keep]), 0));
        *bytes += length;
        self.buffer = BytesMut::new();
        self.scanned = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `chunks` one by one.
    fn cut(limit: usize, keep: usize, chunks: &[&[u8]]) -> Vec<Line> {
        let mut lines = Lines::new(limit, keep);
        let mut found = Vec::new();
        for chunk in chunks {
            lines.buffer().extend_from_slice(chunk);
            found.extend(std::iter::from_fn(|| lines.next()));
        }
        found.extend(lines.rest());
        found
    }

    fn whole(text: &'static str) -> Line {
        Line::Whole(Bytes::from_static(text.as_bytes()))
    }

    fn long(head: &'static str, bytes: u64) -> Line {
        Line::Long {
            head: Bytes::from_static(head.as_bytes()),
            bytes,
        }
    }

    #[test]
    fn lines_come_whole_wherever_the_stream_was_cut() {
        let text = b"one\n\ntwo\r\nthree";
        let expected = [whole("one"), whole(""), whole("two\r"), whole("three")];
        for at in 0..=text.len() {
            let (a, b) = text.split_at(at);
            assert_eq!(cut(10, 0, &[a, b]), expected, "cut at {at}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_counted_and_the_next_one_is_whole_again() {
        let text = b"0123456789\n01234567890\nok\n";
        for at in 0..=text.len() {
            let (a, b) = text.split_at(at);
            assert_eq!(
                cut(10, 4, &[a, b]),
                [whole("0123456789"), long("0123", 11), whole("ok")],
                "cut at {at}"
            );
        }
    }

    #[test]
    fn a_long_line_without_an_end_is_counted_too_and_takes_no_memory() {
        let mut lines = Lines::new(10, 2);
        for _ in 0..1000 {
            lines.buffer().extend_from_slice(&[b'x'; 1000]);
            assert_eq!(lines.next(), None);
            assert!(lines.buffer.capacity() <= 2 * CHUNK);
        }
        assert_eq!(lines.rest(), Some(long("xx", 1_000_000)));
        assert_eq!(lines.rest(), None);
    }
}
