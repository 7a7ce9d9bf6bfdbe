//! Who comes in: servers of the same user, but not the agent; the newest has the seat.

use std::{io, os::unix::fs::FileExt as _, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    task::AbortHandle,
    time::{sleep, timeout},
};
use tokio_util::task::TaskTracker;

use super::{control, hub::Hub};
use crate::runtime::runner::{
    Seq,
    frame::{self, Greeted, Purpose},
    tree,
};

/// How long a visitor may take to say what it wants.
const GREETING: Duration = Duration::from_secs(5);

/// How long to wait when the system has no room for one more connection.
const BREATH: Duration = Duration::from_millis(100);

/// How much of the journal is sent at once.
const CHUNK: usize = 64 << 10;

/// One seat for each purpose.
#[derive(Debug, Default)]
pub(super) struct Seats {
    control: Mutex<Option<AbortHandle>>,
    records: Mutex<Option<AbortHandle>>,
}

impl Seats {
    /// Shows everybody out. Answers that are being prepared are still sent.
    pub(super) fn clear(&self) {
        for seat in [&self.control, &self.records] {
            if let Some(sitting) = seat.lock().take() {
                sitting.abort();
            }
        }
    }
}

/// Counts a connection as long as it lives.
#[derive(Debug)]
struct Presence(Arc<Hub>);

impl Presence {
    fn of(hub: &Arc<Hub>) -> Self {
        hub.guests.send_modify(|guests| *guests += 1);
        Self(Arc::clone(hub))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.guests.send_modify(|guests| *guests -= 1);
    }
}

/// Lets visitors in, for ever. Answers that are still to be sent are in `answers`.
pub(super) async fn keep(
    listener: UnixListener,
    hub: Arc<Hub>,
    seats: Arc<Seats>,
    answers: TaskTracker,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let receiving = receive(
                    stream,
                    Arc::clone(&hub),
                    Arc::clone(&seats),
                    answers.clone(),
                );
                tokio::spawn(receiving);
            }
            // Out of file descriptors or memory; both may come back.
            Err(_) => sleep(BREATH).await,
        }
    }
}

async fn receive(mut stream: UnixStream, hub: Arc<Hub>, seats: Arc<Seats>, answers: TaskTracker) {
    if !may_enter(&stream) {
        return;
    }
    let Ok(Ok(Greeted::Welcome(purpose))) = timeout(GREETING, frame::be_greeted(&mut stream)).await
    else {
        return;
    };
    let presence = Presence::of(&hub);
    let (seat, serving) = match purpose {
        Purpose::Control => (
            &seats.control,
            tokio::spawn(async move {
                control::serve(stream, hub, answers).await;
                drop(presence);
            }),
        ),
        Purpose::Records(after) => (
            &seats.records,
            tokio::spawn(async move {
                // It ends when the client has gone, in whatever way.
                let _ = tell(stream, &hub, after).await;
                drop(presence);
            }),
        ),
    };
    if let Some(former) = seat.lock().replace(serving.abort_handle()) {
        former.abort();
    }
}

/// The socket's rights keep other users out. They do not keep the agent out, which must not steer
/// its own runner: nobody comes in whom this process has started, or one of those.
pub(crate) fn may_enter(stream: &UnixStream) -> bool {
    let Ok(visitor) = stream.peer_cred() else {
        return false;
    };
    let pid = visitor.pid().and_then(|pid| u32::try_from(pid).ok());
    visitor.uid() == nix::unistd::geteuid().as_raw()
        && !pid.is_some_and(|pid| tree::is_below(pid, std::process::id()))
}

/// Sends the journal from the place asked for, and then what is added to it. A client that is slow
/// to read delays nobody: what it has not read yet waits in the file.
async fn tell(stream: UnixStream, hub: &Hub, after: Seq) -> io::Result<()> {
    let mut tip = hub.tip.subscribe();
    let (journal, mut offset) = hub.reader(after)?;
    let mut chunk = vec![0; CHUNK];
    let (mut reading, mut writing) = stream.into_split();
    loop {
        let end = *tip.borrow_and_update();
        while offset < end {
            let room = usize::try_from(end - offset).unwrap_or(CHUNK).min(CHUNK);
            let read = journal.read_at(&mut chunk[..room], offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            writing.write_all(&chunk[..read]).await?;
            offset += read as u64;
        }
        tokio::select! {
            changed = tip.changed() => changed.map_err(io::Error::other)?,
            // The client says nothing here; whatever comes is its end.
            _ = reading.read_u8() => return Ok(()),
        }
    }
}
