//! What the transcripts are written from: the events of runs in the order in which they were stored,
//! with what was asked and answered, and how far they are written.

use serde_json::Value;

use super::{Payload, Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{ChannelId, MessageId, RunId, SessionId, UserId},
};

/// An event of a run, as a transcript tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place in the order of all events.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// The session.
    pub session: SessionId,
    /// Where that lives: its thread, or the channel that is its own.
    pub thread: ChannelId,
    /// The run.
    pub run: RunId,
    /// Its place among the events of that run.
    pub n: i64,
    /// What happened.
    pub kind: String,
    /// What is known of it.
    pub data: Value,
}

/// Somebody's words that a run works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The message.
    pub message: MessageId,
    /// Who wrote it.
    pub person: UserId,
    /// What he was called then.
    pub name: String,
    /// What he wrote.
    pub text: String,
}

struct Raw {
    seq: i64,
    at: Millis,
    session: SessionId,
    thread: ChannelId,
    run: RunId,
    n: i64,
    kind: String,
    data: String,
}

impl Store {
    /// Waits until events of runs were stored; told once, however many.
    pub async fn until_run_events(&self) {
        self.run_events.notified().await;
    }

    /// The next events that no transcript has yet, in their order; none while no transcripts are kept.
    pub async fn unwritten(&self, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query_as!(
            Raw,
            r#"SELECT run_events.seq AS "seq!: i64", run_events.at AS "at!: Millis",
                      runs.session_id AS "session!: SessionId",
                      sessions.thread_id AS "thread!: ChannelId",
                      run_events.run_id AS "run!: RunId", run_events.n AS "n!: i64",
                      run_events.kind AS "kind!", run_events.data AS "data!"
               FROM run_events
               JOIN runs ON runs.id = run_events.run_id
               JOIN sessions ON sessions.id = runs.session_id
               WHERE run_events.seq > (SELECT seq FROM transcript_mark)
               ORDER BY run_events.seq LIMIT ?"#,
            limit
        )
        .fetch_all(&self.readers)
        .await?;
        let entries = rows.into_iter().map(|row| Entry {
            seq: row.seq,
            at: row.at,
            session: row.session,
            thread: row.thread,
            run: row.run,
            n: row.n,
            kind: row.kind,
            // What cannot be read must not keep what comes behind it.
            data: serde_json::from_str(&row.data).unwrap_or(Value::String(row.data)),
        });
        Ok(entries.collect())
    }

    /// What people asked of a run, in the order of acceptance.
    pub async fn asked_of(&self, run: RunId) -> Result<Vec<Asked>, StoreError> {
        let requests = self.requests_of(run).await?;
        let said = requests.into_iter().map(|request| Asked {
            message: request.message_id,
            person: request.person.id,
            name: request.person.name,
            text: request.text,
        });
        Ok(said.collect())
    }

    /// What the place was told at the end of a run.
    pub async fn told_of(&self, run: RunId) -> Result<Option<String>, StoreError> {
        let (before, outcome) = (format!("parts:{run}"), format!("outcome:{run}"));
        let payloads = sqlx::query_scalar!(
            "SELECT payload FROM deliveries WHERE key IN (?1, ?2) ORDER BY key = ?2",
            before,
            outcome
        )
        .fetch_all(&self.readers)
        .await?;
        let told = payloads
            .iter()
            .filter_map(|payload| match serde_json::from_str(payload) {
                Ok(Payload::Answer { markdown, .. }) => Some(markdown),
                Ok(Payload::Notice { text, .. } | Payload::PersonNotice { text, .. }) => Some(text),
                Ok(
                    Payload::Reaction { .. }
                    | Payload::Thread { .. }
                    | Payload::Opening { .. }
                    | Payload::Live { .. }
                    | Payload::Settle { .. }
                    | Payload::Question { .. }
                    | Payload::QuestionEnd { .. },
                )
                | Err(_) => None,
            });
        let told: Vec<_> = told.collect();
        Ok((!told.is_empty()).then(|| told.join("\n\n")))
    }
}

impl Tx {
    /// Transcripts are kept from now on: they go on where they ended, unless none were kept meanwhile.
    pub async fn keep_transcripts(&mut self) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE transcript_mark SET seq = (SELECT COALESCE(MAX(seq), 0) FROM run_events)
             WHERE seq IS NULL"
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// No transcripts are kept from now on.
    pub async fn keep_no_transcripts(&mut self) -> Result<(), StoreError> {
        sqlx::query!("UPDATE transcript_mark SET seq = NULL")
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// The transcripts are written up to here, and the disk has them.
    pub async fn transcribed(&mut self, seq: i64) -> Result<(), StoreError> {
        sqlx::query!("UPDATE transcript_mark SET seq = ?", seq)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
impl Store {
    /// Makes every request unreadable that there is.
    pub(crate) async fn damage_requests(&self) {
        sqlx::query!("UPDATE requests SET role_ids = 'x'")
            .execute(&self.writer)
            .await
            .unwrap();
    }
}
