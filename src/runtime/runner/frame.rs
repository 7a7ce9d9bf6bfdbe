//! What is said on a runner's socket.
//!
//! Both sides begin with their version; the side that does not speak the other's stops there. A
//! connection is for one thing. On a *records* connection the runner sends journal lines as they
//! stand in the file and nothing else, so that a slow reader only slows itself: what it has not
//! read yet waits in the journal. On a *control* connection frames go both ways, each answer under
//! the number of its request.

use std::{io, time::Duration};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{Seq, Status};

/// The version of this protocol.
pub(super) const VERSION: u8 = 1;

/// How much longer than the longest line a frame may be.
pub(super) const FRAME_ROOM: usize = 1024;

const WELCOME: u8 = b'+';
const REFUSED: u8 = b'-';

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Requests and answers.
    Control,
    /// The journal after this place.
    Records(Seq),
}

/// How a greeting ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Greeted<T> {
    /// Both speak the same.
    Welcome(T),
    /// The other side speaks this version.
    Version(u8),
}

/// The server's half of the greeting.
pub(super) async fn greet<S>(stream: &mut S, purpose: Purpose) -> io::Result<Greeted<()>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut hello = BytesMut::with_capacity(10);
    hello.put_u8(VERSION);
    match purpose {
        Purpose::Control => hello.put_u8(b'C'),
        Purpose::Records(after) => {
            hello.put_u8(b'R');
            hello.put_u64_le(after.get());
        }
    }
    stream.write_all(&hello).await?;
    let theirs = stream.read_u8().await?;
    if theirs != VERSION {
        return Ok(Greeted::Version(theirs));
    }
    match stream.read_u8().await? {
        WELCOME => Ok(Greeted::Welcome(())),
        _ => Err(malformed("the greeting was refused")),
    }
}

/// The runner's half of the greeting.
pub(super) async fn be_greeted<S>(stream: &mut S) -> io::Result<Greeted<Purpose>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let theirs = stream.read_u8().await?;
    if theirs != VERSION {
        stream.write_all(&[VERSION, REFUSED]).await?;
        return Ok(Greeted::Version(theirs));
    }
    let purpose = match stream.read_u8().await? {
        b'C' => Purpose::Control,
        b'R' => Purpose::Records(Seq::new(stream.read_u64_le().await?)),
        _ => {
            stream.write_all(&[VERSION, REFUSED]).await?;
            return Err(malformed("an unknown purpose"));
        }
    };
    stream.write_all(&[VERSION, WELCOME]).await?;
    Ok(Greeted::Welcome(purpose))
}

/// What a server asks of a runner.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request {
    Input { command_id: String, line: Bytes },
    Interrupt,
    Sweep,
    Terminate { grace: Duration },
    Status,
    Consumed { seq: Seq },
}

/// What a runner answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is done.
    Done,
    /// It was done before, under the same command id.
    Already,
    /// So many processes were ended.
    Swept(u32),
    /// See there.
    Status(Status),
    /// The agent has ended.
    Ended,
    /// A sentence that says why not.
    Refused(String),
}

impl Request {
    pub(super) fn encode(&self, number: u32) -> Bytes {
        let mut frame = begin();
        match self {
            Self::Input { command_id, line } => {
                frame.reserve(command_id.len() + line.len() + 8);
                frame.put_u8(b'I');
                // A length that does not fit is far over the limit, and the frame is refused whole.
                frame.put_u16_le(u16::try_from(command_id.len()).unwrap_or(u16::MAX));
                frame.put_slice(command_id.as_bytes());
                frame.put_slice(line);
            }
            Self::Interrupt => frame.put_u8(b'T'),
            Self::Sweep => frame.put_u8(b'W'),
            Self::Terminate { grace } => {
                frame.put_u8(b'E');
                frame.put_u64_le(u64::try_from(grace.as_millis()).unwrap_or(u64::MAX));
            }
            Self::Status => frame.put_u8(b'S'),
            Self::Consumed { seq } => {
                frame.put_u8(b'C');
                frame.put_u64_le(seq.get());
            }
        }
        finish(frame, number)
    }

    pub(super) fn decode(mut body: Bytes) -> io::Result<Self> {
        Ok(match take_u8(&mut body)? {
            b'I' => {
                let length = usize::from(body.try_get_u16_le().map_err(short)?);
                if body.len() < length {
                    return Err(malformed("a frame is too short"));
                }
                let id = body.split_to(length);
                Self::Input {
                    command_id: text(&id)?,
                    line: body,
                }
            }
            b'T' => Self::Interrupt,
            b'W' => Self::Sweep,
            b'E' => Self::Terminate {
                grace: Duration::from_millis(body.try_get_u64_le().map_err(short)?),
            },
            b'S' => Self::Status,
            b'C' => Self::Consumed {
                seq: Seq::new(body.try_get_u64_le().map_err(short)?),
            },
            _ => return Err(malformed("an unknown request")),
        })
    }
}

impl Answer {
    pub(super) fn encode(&self, number: u32) -> Bytes {
        let mut frame = begin();
        match self {
            Self::Done => frame.put_u8(b'D'),
            Self::Already => frame.put_u8(b'A'),
            Self::Swept(count) => {
                frame.put_u8(b'W');
                frame.put_u32_le(*count);
            }
            Self::Status(status) => {
                frame.put_u8(b'S');
                // A struct of numbers and texts always has a JSON form.
                frame.put_slice(&serde_json::to_vec(status).unwrap_or_default());
            }
            Self::Ended => frame.put_u8(b'E'),
            Self::Refused(why) => {
                frame.put_u8(b'R');
                frame.put_slice(why.as_bytes());
            }
        }
        finish(frame, number)
    }

    pub(super) fn decode(mut body: Bytes) -> io::Result<Self> {
        Ok(match take_u8(&mut body)? {
            b'D' => Self::Done,
            b'A' => Self::Already,
            b'W' => Self::Swept(body.try_get_u32_le().map_err(short)?),
            b'S' => Self::Status(serde_json::from_slice(&body)?),
            b'E' => Self::Ended,
            b'R' => Self::Refused(text(&body)?),
            _ => return Err(malformed("an unknown answer")),
        })
    }
}

/// Reads one frame: the number of its request and its body. `None` when the other side has closed
/// between two frames.
pub(super) async fn read<S>(stream: &mut S, limit: usize) -> io::Result<Option<(u32, Bytes)>>
where
    S: AsyncRead + Unpin,
{
    let length = match stream.read_u32_le().await {
        Ok(length) => usize::try_from(length).unwrap_or(usize::MAX),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let number = stream.read_u32_le().await?;
    if length > limit {
        return Err(malformed("a frame is too long"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some((number, body.into())))
}

fn begin() -> BytesMut {
    let mut frame = BytesMut::with_capacity(32);
    frame.put_u64_le(0);
    frame
}

/// Fills in the head that [`begin`] left room for.
fn finish(mut frame: BytesMut, number: u32) -> Bytes {
    let length = u32::try_from(frame.len() - 8).unwrap_or(u32::MAX);
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[4..8].copy_from_slice(&number.to_le_bytes());
    frame.freeze()
}

fn take_u8(body: &mut Bytes) -> io::Result<u8> {
    body.try_get_u8().map_err(short)
}

fn text(bytes: &[u8]) -> io::Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| malformed("a text is not UTF-8"))
}

fn short(_: bytes::TryGetError) -> io::Error {
    malformed("a frame is too short")
}

fn malformed(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_request_reads_back_as_it_was_sent() {
        let requests = || {
            [
                Request::Input {
                    command_id: "a".into(),
                    line: Bytes::from_static(b"\x00 {}"),
                },
                Request::Interrupt,
                Request::Sweep,
                Request::Terminate {
                    grace: Duration::from_millis(1_500),
                },
                Request::Status,
                Request::Consumed { seq: Seq::new(9) },
            ]
        };
        for (number, request) in (7..).zip(requests()) {
            let frame = request.encode(number);
            let (back, body) = read(&mut &frame[..], 64).await.unwrap().unwrap();
            assert_eq!((back, Request::decode(body).unwrap()), (number, request));
        }
    }

    #[tokio::test]
    async fn every_answer_reads_back_as_it_was_sent() {
        let status = Status {
            has_ended: false,
            pid: 1,
            agent: Some(2),
            version: "0.1.0".into(),
            dumpable: Some(false),
            rss: 3,
            journal_bytes: 4,
            descendants: 5,
            started: crate::clock::Millis::new(6),
            caveat: None,
        };
        for answer in [
            Answer::Done,
            Answer::Already,
            Answer::Swept(3),
            Answer::Status(status),
            Answer::Ended,
            Answer::Refused("no".into()),
        ] {
            let frame = answer.encode(1);
            let (number, body) = read(&mut &frame[..], 4096).await.unwrap().unwrap();
            assert_eq!((number, Answer::decode(body).unwrap()), (1, answer));
        }
    }

    #[tokio::test]
    async fn frames_that_are_cut_or_too_long_are_errors_and_an_end_between_frames_is_none() {
        let frame = Request::Interrupt.encode(1);
        assert_eq!(read(&mut &b""[..], 64).await.unwrap(), None);
        assert!(read(&mut &frame[..frame.len() - 1], 64).await.is_err());
        assert!(read(&mut &frame[..], 0).await.is_err());
        for body in [&b""[..], b"?", b"I\x05\x00abc", b"E\x01"] {
            assert!(Request::decode(Bytes::copy_from_slice(body)).is_err());
        }
    }

    #[tokio::test]
    async fn a_side_that_speaks_another_version_is_told_ours_and_nothing_else() {
        let (mut server, mut runner) = tokio::io::duplex(64);
        let talk = tokio::spawn(async move { be_greeted(&mut runner).await.unwrap() });
        server.write_all(&[9]).await.unwrap();
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, [VERSION, REFUSED]);
        assert_eq!(talk.await.unwrap(), Greeted::Version(9));

        let (mut server, mut runner) = tokio::io::duplex(64);
        let talk = tokio::spawn(async move { greet(&mut server, Purpose::Control).await.unwrap() });
        runner.write_all(&[9]).await.unwrap();
        assert_eq!(talk.await.unwrap(), Greeted::Version(9));
    }

    #[tokio::test]
    async fn a_greeting_says_what_the_connection_is_for() {
        for purpose in [Purpose::Control, Purpose::Records(Seq::new(77))] {
            let (mut server, mut runner) = tokio::io::duplex(64);
            let talk = tokio::spawn(async move { be_greeted(&mut runner).await.unwrap() });
            assert_eq!(
                greet(&mut server, purpose).await.unwrap(),
                Greeted::Welcome(())
            );
            assert_eq!(talk.await.unwrap(), Greeted::Welcome(purpose));
        }
    }
}
