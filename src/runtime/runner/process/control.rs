//! Doing what a server asks.

use std::{io, sync::Arc};

use bytes::Bytes;
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    net::{UnixStream, unix::OwnedWriteHalf},
    sync::mpsc,
};
use tokio_util::task::TaskTracker;

use super::{
    ending,
    hub::{Agent, Hub},
};
use crate::runtime::runner::{
    Status,
    frame::{self, Answer, FRAME_ROOM, Request},
    tree,
};

/// How many answers may wait for a client to read them before it is heard again.
const QUEUE: usize = 64;

/// Serves one connection until it ends. What was begun is finished even then.
pub(super) async fn serve(stream: UnixStream, hub: Arc<Hub>, answers: TaskTracker) {
    let (reading, writing) = stream.into_split();
    let (sender, queue) = mpsc::channel(QUEUE);
    answers.spawn(write(writing, queue));
    let mut reading = BufReader::new(reading);
    let longest = hub.limits.line + FRAME_ROOM;
    // A client that breaks the protocol is dropped like one that leaves.
    while let Ok(Some((number, body))) = frame::read(&mut reading, longest).await {
        let Ok(request) = Request::decode(body) else {
            return;
        };
        let answer = match request {
            Request::Input { command_id, line } => {
                started(&hub).await;
                hub.input(&command_id, &line)
            }
            Request::Interrupt => {
                started(&hub).await;
                hub.interrupt()
            }
            Request::Status => Answer::Status(status(&hub)),
            Request::Consumed { seq } => {
                hub.consumed
                    .send_modify(|consumed| *consumed = seq.max(*consumed));
                Answer::Done
            }
            // These take their time, and other requests must not wait for them.
            Request::Sweep | Request::Terminate { .. } => {
                let (hub, sender) = (Arc::clone(&hub), sender.clone());
                answers.spawn(async move {
                    let answer = take_time(&hub, &request).await;
                    // The client may have gone meanwhile.
                    let _ = sender.send(answer.encode(number)).await;
                });
                continue;
            }
        };
        if sender.send(answer.encode(number)).await.is_err() {
            return;
        }
    }
}

/// A line may be sent as soon as the runner is there; it is given when the agent is.
async fn started(hub: &Hub) {
    let mut agent = hub.agent.subscribe();
    // An error would mean that the hub is gone, which is borrowed here.
    let _ = agent.wait_for(|agent| *agent != Agent::Starting).await;
}

async fn take_time(hub: &Hub, request: &Request) -> Answer {
    if let Request::Terminate { grace } = request {
        hub.end(*grace);
        let mut agent = hub.agent.subscribe();
        let gone = agent
            .wait_for(|agent| matches!(agent, Agent::Gone(_)))
            .await;
        return match gone.map(|_| tree::below(std::process::id()).len()) {
            Ok(0) => Answer::Done,
            Ok(left) => Answer::Refused(format!("{left} processes cannot be ended")),
            Err(_) => Answer::Ended,
        };
    }
    match ending::sweep(&hub.agent).await {
        Ok(count) => Answer::Swept(count),
        Err(stuck) => Answer::Refused(stuck.to_string()),
    }
}

fn status(hub: &Hub) -> Status {
    let agent = *hub.agent.borrow();
    let pid = std::process::id();
    Status {
        pid,
        agent: match agent {
            Agent::Alive(pid) => Some(pid),
            Agent::Starting | Agent::Gone(_) => None,
        },
        has_ended: matches!(agent, Agent::Gone(_)),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        dumpable: tree::dumpable(),
        rss: tree::rss(),
        journal_bytes: hub.journal_bytes(),
        descendants: u32::try_from(tree::below(pid).len()).unwrap_or(u32::MAX),
        started: hub.started,
        caveat: tree::CAVEAT.map(str::to_owned),
    }
}

async fn write(mut stream: OwnedWriteHalf, mut queue: mpsc::Receiver<Bytes>) -> io::Result<()> {
    while let Some(frame) = queue.recv().await {
        stream.write_all(&frame).await?;
    }
    Ok(())
}
