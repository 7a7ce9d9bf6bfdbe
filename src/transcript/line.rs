//! One line of a transcript.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    observe::Secrets,
    store::{Asked, Entry, Store, StoreError},
    words::{ChannelId, RunId, RunState, SessionId},
};

/// A line that is to be written.
pub(super) struct Line {
    /// Whose transcript it belongs to.
    pub(super) thread: ChannelId,
    /// By what it is known again in the file.
    pub(super) mark: Mark,
    /// The JSON, with the end of the line.
    pub(super) text: String,
}

/// By what a line is known again. The order alone would not do: a database may have been put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Mark {
    seq: i64,
    run: RunId,
    n: i64,
}

/// What stands in a line.
#[derive(Serialize)]
struct Content {
    ts: String,
    seq: i64,
    session: SessionId,
    run: RunId,
    n: i64,
    kind: String,
    data: Value,
    /// What the run works on; where it was queued.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    asked: Vec<Question>,
    /// What the place was told; where it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<String>,
}

/// Ids are texts: programs that read JSON numbers as floats would garble them.
#[derive(Serialize)]
struct Question {
    message: String,
    person: String,
    name: String,
    text: String,
}

impl Line {
    /// The line of an event, with what was asked and told. Nothing that looks like a secret is in it.
    pub(super) async fn of(
        store: &Store,
        secrets: &Secrets,
        entry: Entry,
    ) -> Result<Self, StoreError> {
        let state: Option<RunState> = entry.kind.parse().ok();
        let asked = if state == Some(RunState::Queued) && entry.n == 1 {
            match store.asked_of(entry.run).await {
                // What cannot be read must not keep what comes behind it.
                Err(error @ StoreError::Damaged(_)) => {
                    tracing::error!(%error, run = %entry.run, "a transcript lacks what was asked");
                    Vec::new()
                }
                asked => asked?,
            }
        } else {
            Vec::new()
        };
        let told = if state.is_some_and(RunState::is_final) {
            store.told_of(entry.run).await?
        } else {
            None
        };
        let mark = Mark {
            seq: entry.seq,
            run: entry.run,
            n: entry.n,
        };
        let content = Content {
            ts: moment(entry.at.get()),
            seq: entry.seq,
            session: entry.session,
            run: entry.run,
            n: entry.n,
            kind: entry.kind,
            data: secrets.redact_json(&entry.data),
            asked: asked.iter().map(|it| question(secrets, it)).collect(),
            told: told.map(|text| secrets.redact(&text)),
        };
        Ok(Self {
            thread: entry.thread,
            mark,
            text: serde_json::to_string(&content)? + "\n",
        })
    }
}

impl Mark {
    /// Of a line that stands in a file.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }
}

fn question(secrets: &Secrets, asked: &Asked) -> Question {
    Question {
        message: asked.message.to_string(),
        person: asked.person.to_string(),
        name: secrets.redact(&asked.name),
        text: secrets.redact(&asked.text),
    }
}

/// UTC, as RFC 3339 writes it, with milliseconds.
fn moment(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms).map_or_else(
        || ms.to_string(),
        |at| at.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}
