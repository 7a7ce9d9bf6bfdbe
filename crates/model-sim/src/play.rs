//! Plays a streamed reply: what to send, where to pause, where to wait, where to break off.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::stream;
use serde_json::Value;

use crate::holds::Holds;
use crate::journal::{Entry, Outcome};

/// One thing that a streamed reply does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    /// Sends one server-sent event. The event's name is the `type` of its data.
    Event(Value),
    /// Waits for a time.
    Pause(Duration),
    /// Waits for a release.
    Hold(String),
    /// Drops the connection.
    Cut,
}

impl Act {
    fn frame(event: &Value) -> Bytes {
        let name = event["type"].as_str().unwrap_or("message");
        format!("event: {name}\ndata: {event}\n\n").into()
    }
}

struct Stage {
    acts: VecDeque<Act>,
    holds: Holds,
    entry: Entry,
}

/// The body that plays the acts. When the client goes away the body is dropped, and with it the wait
/// in which it may stand; the entry then reads as abandoned.
pub(crate) fn play(acts: Vec<Act>, holds: Holds, entry: Entry) -> Body {
    let stage = Stage {
        acts: acts.into(),
        holds,
        entry,
    };
    Body::from_stream(stream::unfold(stage, |mut stage| async move {
        while let Some(act) = stage.acts.pop_front() {
            match act {
                Act::Event(event) => {
                    if stage.acts.is_empty() {
                        stage.entry.finish(Outcome::Answered);
                    }
                    return Some((Ok(Act::frame(&event)), stage));
                }
                Act::Pause(time) => tokio::time::sleep(time).await,
                Act::Hold(name) => stage.holds.pass(&name).await,
                Act::Cut => {
                    // The server flushes when a body is not ready; without it what was sent before is lost too.
                    tokio::task::yield_now().await;
                    stage.acts.clear();
                    stage.entry.finish(Outcome::Cut);
                    let cut = io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the script");
                    return Some((Err(cut), stage));
                }
            }
        }
        stage.entry.finish(Outcome::Answered);
        None
    }))
}
