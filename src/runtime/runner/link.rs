//! A server's connection to one runner.

use std::{
    future::Future as _,
    io,
    path::Path,
    pin::pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::BytesMut;
use tokio::{io::AsyncReadExt as _, net::UnixStream};

use super::{
    AttachError, Handle, Record, RunnerLimits, Seq,
    frame::{self, Greeted, Purpose},
};

/// How long a runner may take to greet. It does nothing else at that moment, so this only bounds a
/// runner that is stopped or broken.
const GREETING: Duration = Duration::from_secs(10);

/// How it shows that there is no socket, nobody behind it, or somebody who is leaving this moment.
const GONE: [io::ErrorKind; 5] = [
    io::ErrorKind::NotFound,
    io::ErrorKind::ConnectionRefused,
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::UnexpectedEof,
];

/// What a record's head may add to its line.
const HEAD: usize = 1024;

/// Both halves of a connection; each can be used without the other.
#[derive(Debug)]
pub struct Link {
    /// Asks things.
    pub handle: Handle,
    /// Tells what happens.
    pub records: Records,
}

impl Link {
    pub(super) async fn connect(
        socket: &Path,
        after: Seq,
        limits: &RunnerLimits,
    ) -> Result<Self, AttachError> {
        let control = knock(socket, Purpose::Control).await?;
        let records = knock(socket, Purpose::Records(after)).await?;
        Ok(Self {
            handle: Handle::new(control, limits.line),
            records: Records {
                stream: records,
                buffer: BytesMut::new(),
                scanned: 0,
                last: after,
                // A dropped text may be as long as the limit and JSON may double it.
                longest: limits.line.max(64 << 10) + HEAD,
            },
        })
    }
}

async fn knock(socket: &Path, purpose: Purpose) -> Result<UnixStream, AttachError> {
    let knocking = async {
        let mut stream = UnixStream::connect(socket).await?;
        let greeted = frame::greet(&mut stream, purpose).await?;
        Ok::<_, io::Error>((stream, greeted))
    };
    match tokio::time::timeout(GREETING, knocking).await {
        Err(_) => Err(AttachError::Io(io::ErrorKind::TimedOut.into())),
        Ok(Ok((stream, Greeted::Welcome(())))) => Ok(stream),
        Ok(Ok((_, Greeted::Version(theirs)))) => Err(AttachError::Version {
            theirs,
            ours: frame::VERSION,
        }),
        Ok(Err(error)) if GONE.contains(&error.kind()) => Err(AttachError::Gone),
        Ok(Err(error)) => Err(AttachError::Io(error)),
    }
}

/// The records of a runner, in order, without a gap and without a repetition. Holds at most one
/// line and what one read brings; the rest waits in the runner's journal.
#[derive(Debug)]
pub struct Records {
    stream: UnixStream,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no newline.
    scanned: usize,
    last: Seq,
    longest: usize,
}

impl Records {
    /// Passes over the records up to `seq`, that one included.
    pub fn skip_to(&mut self, seq: Seq) {
        self.last = self.last.max(seq);
    }

    /// The next record. `None` when the connection is lost: after a record that
    /// [is the last](super::RecordKind::is_last) that is the end of the story, otherwise the runner
    /// has died (or a newer server has taken over). Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Record> {
        loop {
            while let Some(record) = self.buffered()? {
                // The runner begins where it can begin cheaply, somewhat before the place asked for.
                if record.seq > self.last {
                    self.last = record.seq;
                    return Some(record);
                }
            }
            self.buffer.reserve(64 << 10);
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "a runner's records connection broke");
                    return None;
                }
            }
        }
    }

    /// The next record if it is there by now; `Ready(None)` as [`next`](Self::next) has it. Until then
    /// whoever asked last is woken when it may be.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Record>> {
        pin!(self.next()).poll(context)
    }

    /// The next whole record of the buffer: `Some(None)` when it holds none, `None` when it holds
    /// something else, after which nothing can be trusted.
    #[expect(
        clippy::option_option,
        reason = "the outer one is `?`: the connection is of no use any more"
    )]
    fn buffered(&mut self) -> Option<Option<Record>> {
        let fresh = &self.buffer[self.scanned..];
        let Some(end) = fresh.iter().position(|byte| *byte == b'\n') else {
            self.scanned = self.buffer.len();
            if self.scanned > self.longest {
                tracing::warn!("a runner sent a line that is longer than it may be");
                return None;
            }
            return Some(None);
        };
        let mut line = self.buffer.split_to(self.scanned + end + 1);
        self.scanned = 0;
        line.truncate(line.len() - 1);
        match Record::decode(line.freeze()) {
            Ok(record) => Some(Some(record)),
            Err(error) => {
                tracing::warn!(%error, "a runner sent something that is no record");
                None
            }
        }
    }
}
