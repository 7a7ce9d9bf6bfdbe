//! Processes that several sessions share: started when the first one needs it, found again by the next server.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sha2::{Digest as _, Sha256};
use tokio::{net::UnixStream, sync::Mutex, time::Instant};
use uuid::Uuid;

use crate::{
    clock::Clock,
    runtime::{
        Runtime,
        runner::{AttachError, Link, RunnerHost, Seq},
    },
    session::SessionError,
    words::{RunnerId, SessionId},
};

/// How long a shared process may take until it lets sessions in. Measured: 10 ms.
const OPENS: Duration = Duration::from_secs(10);

/// The pause between two tries to reach one.
const AGAIN: Duration = Duration::from_millis(20);

/// The shared processes of a server, by their names. Its connection to each keeps that from being taken for one
/// that no server needs.
#[derive(Default)]
pub(super) struct Shared(Mutex<HashMap<SessionId, Known>>);

/// A shared process.
struct Known {
    link: Link,
    /// What is the same for all of its program, whatever stands before that; `None` if an earlier server has
    /// started it.
    family: Option<String>,
}

impl Shared {
    /// Where the process is found that all share whose program is started with this launcher, and which is there then;
    /// `None` if its program shares none.
    pub(super) async fn of(
        &self,
        host: &RunnerHost,
        runtime: &dyn Runtime,
        launcher: &[String],
    ) -> Result<Option<PathBuf>, SessionError> {
        let nowhere = Path::new("");
        let Some(plain) = runtime.shared(launcher, nowhere) else {
            return Ok(None);
        };
        // By where this server keeps its own too: another one shares nothing with it.
        let place = host.shared_socket("");
        let digest = Sha256::digest(format!("{plain:?} {}", place.display()));
        let (name, short) = named(&digest);
        let socket = host.shared_socket(&short);
        let mut known = self.0.lock().await;
        if let Some(one) = known.get(&name)
            && is_open(&one.link, &socket).await
        {
            return Ok(Some(socket));
        }
        known.remove(&name);
        let family = runtime.shared(&[], nowhere).map(|bare| format!("{bare:?}"));
        if runtime.bears_one() && has_alive(&known, family.as_deref()).await {
            return Err(SessionError::OtherLauncher);
        }
        for (runner, of) in host.shared()? {
            if of == name {
                host.remove(runner).await?;
            }
        }
        if let Some(command) = runtime.shared(launcher, &socket) {
            let runner = RunnerId::fresh();
            let link = host.start_shared(runner, name, &command).await?;
            known.insert(name, Known { link, family });
        }
        Ok(Some(socket))
    }

    /// Takes up what an earlier server has started, whether this one would start the like or not: sessions may be at
    /// work in it. Answers what lives; what has died is removed.
    pub(super) async fn adopt(&self, host: &RunnerHost) -> Result<Vec<RunnerId>, SessionError> {
        let mut known = self.0.lock().await;
        let mut alive = Vec::new();
        for (runner, name) in host.shared()? {
            match host.attach(runner, Seq::START).await {
                Ok(link) if is_alive(&link).await => {
                    known.insert(name, Known { link, family: None });
                    alive.push(runner);
                }
                // It is removed with what nobody knows.
                Ok(_) | Err(AttachError::Gone) => {}
                Err(error) => {
                    tracing::warn!(%runner, %error, "a process that sessions share cannot be taken up again");
                }
            }
        }
        Ok(alive)
    }
}

/// A connection to a shared process, which may be about to start.
pub(super) async fn reach(socket: &Path) -> io::Result<UnixStream> {
    let deadline = Instant::now() + OPENS;
    loop {
        match UnixStream::connect(socket).await {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}

/// Whether a shared process lives and lets sessions in. One that has been knocked at stays a while for who comes; one that
/// lets nobody in any more is about to leave.
async fn is_open(link: &Link, socket: &Path) -> bool {
    let Ok(status) = link.handle.status().await else {
        return false;
    };
    let is_young = Clock::system().now() < status.started.after(OPENS);
    !status.has_ended && (UnixStream::connect(socket).await.is_ok() || is_young)
}

/// Whether one of this family lives, or may be of it.
async fn has_alive(known: &HashMap<SessionId, Known>, family: Option<&str>) -> bool {
    let may_be = |one: &&Known| one.family.is_none() || one.family.as_deref() == family;
    let looks = known.values().filter(may_be).map(|one| is_alive(&one.link));
    futures::future::join_all(looks).await.contains(&true)
}

/// Whether a shared process lives.
async fn is_alive(link: &Link) -> bool {
    let status = link.handle.status().await;
    status.is_ok_and(|status| !status.has_ended)
}

/// The name of a shared process by what it is, and a short one for its socket.
fn named(digest: &[u8]) -> (SessionId, String) {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let id = Uuid::from_bytes(bytes);
    let short = id.simple().to_string()[..8].to_owned();
    (SessionId::from_uuid(id), short)
}
