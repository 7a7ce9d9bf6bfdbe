//! The server's way to ask something of a runner.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    LinkError, Seq, Status,
    frame::{self, Answer, Request},
};

/// How many requests may wait for the socket to take them.
const QUEUE: usize = 64;

/// Whether an input was written by this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is in the journal and on its way to the agent.
    Now,
    /// It was sent before under the same command id and is not written again.
    Already,
}

/// How long a runner may take to answer. It answers at once or, what ends processes, within somewhat
/// more than twenty seconds; so this bounds one that is stopped, or stuck in the kernel.
const ANSWERS: Duration = Duration::from_secs(30);

/// Asks things of one runner. Clones share a connection, which closes with the last of them. A runner
/// that has not answered in time is taken for lost: it is asked nothing any more.
#[derive(Clone, Debug)]
pub struct Handle {
    frames: mpsc::Sender<Bytes>,
    waiting: Arc<Waiting>,
    longest: usize,
}

/// Who waits for which answer; `None` when no answer can come any more.
#[derive(Debug)]
struct Waiting {
    next: AtomicU32,
    askers: Mutex<Option<HashMap<u32, oneshot::Sender<Answer>>>>,
}

impl Handle {
    /// Takes over a greeted control connection.
    pub(super) fn new(stream: UnixStream, longest: usize) -> Self {
        let (incoming, outgoing) = stream.into_split();
        let (frames, queue) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Waiting {
            next: AtomicU32::new(1),
            askers: Mutex::new(Some(HashMap::new())),
        });
        // Frames are written by a task of their own: a caller that is dropped half-way must not
        // leave half a frame on the wire.
        tokio::spawn(write(outgoing, queue));
        tokio::spawn(read(incoming, Arc::clone(&waiting)));
        Self {
            frames,
            waiting,
            longest,
        }
    }

    /// Gives the agent a line. The answer comes when the line is in the journal; the agent has it
    /// as soon as it reads. `command_id` is 1 to 128 printable ASCII characters without space, not
    /// beginning with `runner:`, and `line` holds no newline.
    pub async fn input(&self, command_id: &str, line: &str) -> Result<Written, LinkError> {
        if line.len() > self.longest {
            return Err(LinkError::Refused(format!(
                "a line of {} bytes is longer than {}",
                line.len(),
                self.longest
            )));
        }
        let request = Request::Input {
            command_id: command_id.to_owned(),
            line: Bytes::copy_from_slice(line.as_bytes()),
        };
        let answer = self.ask(&request).await?;
        if answer == Answer::Done {
            Ok(Written::Now)
        } else if answer == Answer::Already {
            Ok(Written::Already)
        } else {
            Err(unwanted(answer))
        }
    }

    /// Gives the agent the interrupt line of its command. The answer comes as with
    /// [`input`](Self::input).
    pub async fn interrupt(&self) -> Result<(), LinkError> {
        self.done(&Request::Interrupt).await
    }

    /// Ends every process that the agent started, but not the agent. Answers how many there were
    /// when they are gone.
    pub async fn sweep(&self) -> Result<u32, LinkError> {
        let answer = self.ask(&Request::Sweep).await?;
        if let Answer::Swept(count) = answer {
            Ok(count)
        } else {
            Err(unwanted(answer))
        }
    }

    /// Ends the agent with its whole tree: interrupt and end of input, then, after `grace`,
    /// SIGTERM, then SIGKILL. Answers when the tree is gone; an agent that has ended before is fine.
    /// A second call may shorten the first one's grace.
    pub async fn terminate(&self, grace: Duration) -> Result<(), LinkError> {
        let request = Request::Terminate { grace };
        done(self.ask_for(&request, grace + ANSWERS).await?)
    }

    /// How the runner is.
    pub async fn status(&self) -> Result<Status, LinkError> {
        let answer = self.ask(&Request::Status).await?;
        if let Answer::Status(status) = answer {
            Ok(status)
        } else {
            Err(unwanted(answer))
        }
    }

    /// Says that the effects of all records up to `seq` are stored. A runner whose last record is
    /// consumed leaves.
    pub async fn consumed(&self, seq: Seq) -> Result<(), LinkError> {
        self.done(&Request::Consumed { seq }).await
    }

    async fn done(&self, request: &Request) -> Result<(), LinkError> {
        done(self.ask(request).await?)
    }

    async fn ask(&self, request: &Request) -> Result<Answer, LinkError> {
        self.ask_for(request, ANSWERS).await
    }

    /// Asks, and waits that long for the answer.
    async fn ask_for(&self, request: &Request, longest: Duration) -> Result<Answer, LinkError> {
        if let Ok(answer) = timeout(longest, self.ask_patiently(request)).await {
            return answer;
        }
        tracing::warn!(?longest, "a runner does not answer; it is given up");
        // Whoever else waits for it waits in vain.
        self.waiting.askers.lock().take();
        Err(LinkError::Lost)
    }

    async fn ask_patiently(&self, request: &Request) -> Result<Answer, LinkError> {
        let number = self.waiting.next.fetch_add(1, Ordering::Relaxed);
        let (asker, answer) = oneshot::channel();
        self.waiting
            .askers
            .lock()
            .as_mut()
            .ok_or(LinkError::Lost)?
            .insert(number, asker);
        let sent = self.frames.send(request.encode(number)).await;
        sent.map_err(|_| LinkError::Lost)?;
        answer.await.map_err(|_| LinkError::Lost)
    }
}

fn done(answer: Answer) -> Result<(), LinkError> {
    if answer == Answer::Done {
        Ok(())
    } else {
        Err(unwanted(answer))
    }
}

fn unwanted(answer: Answer) -> LinkError {
    match answer {
        Answer::Ended => LinkError::Ended,
        Answer::Refused(why) => LinkError::Refused(why),
        Answer::Done | Answer::Already | Answer::Swept(_) | Answer::Status(_) => {
            LinkError::Refused("it answered something else than was asked".into())
        }
    }
}

async fn write(mut stream: OwnedWriteHalf, mut queue: mpsc::Receiver<Bytes>) {
    while let Some(frame) = queue.recv().await {
        if stream.write_all(&frame).await.is_err() {
            return;
        }
    }
}

async fn read(stream: OwnedReadHalf, waiting: Arc<Waiting>) {
    let mut stream = BufReader::new(stream);
    if let Err(error) = answers(&mut stream, &waiting).await {
        tracing::debug!(%error, "a runner's control connection broke");
    }
    // Whoever still waits is told by its dropped sender.
    waiting.askers.lock().take();
}

async fn answers(stream: &mut BufReader<OwnedReadHalf>, waiting: &Waiting) -> io::Result<()> {
    // Answers are short; the longest is a sentence.
    const LONGEST: usize = 64 << 10;

    while let Some((number, body)) = frame::read(stream, LONGEST).await? {
        let answer = Answer::decode(body)?;
        let asker = (waiting.askers.lock().as_mut()).and_then(|askers| askers.remove(&number));
        if let Some(asker) = asker {
            // Nobody to take it: the caller was dropped, and that is its right.
            let _ = asker.send(answer);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_runner_that_does_not_answer_in_time_is_lost_and_asked_nothing_more() {
        let (ours, _silent) = UnixStream::pair().unwrap();
        let handle = Handle::new(ours, 100);
        let asked = Instant::now();
        let (status, input) = tokio::join!(handle.status(), handle.input("a", "b"));
        assert!(matches!(status, Err(LinkError::Lost)), "{status:?}");
        assert!(matches!(input, Err(LinkError::Lost)), "{input:?}");
        assert_eq!(asked.elapsed(), ANSWERS);
        let swept = handle.sweep().await;
        assert!(matches!(swept, Err(LinkError::Lost)), "{swept:?}");
        assert_eq!(asked.elapsed(), ANSWERS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_runner_that_ends_its_agent_has_the_grace_besides() {
        let (ours, _silent) = UnixStream::pair().unwrap();
        let handle = Handle::new(ours, 100);
        let (asked, grace) = (Instant::now(), Duration::from_mins(5));
        let ended = handle.terminate(grace).await;
        assert!(matches!(ended, Err(LinkError::Lost)), "{ended:?}");
        assert_eq!(asked.elapsed(), grace + ANSWERS);
    }
}
