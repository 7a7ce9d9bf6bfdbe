//! Transcripts: for each conversation a file of lines that say what was asked, decided and answered.
//!
//! Written from `run_events` alone, behind everybody's back: whoever stores an event does not wait for
//! it. The database knows up to where the files are written, so that after a crash nothing is missing
//! and nothing stands there twice. Knows nothing of agents and of Discord, and decides nothing.

mod folder;
mod line;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    delivery::Outbox,
    observe::{Metrics, Secrets},
    store::{Store, StoreError},
    words::{Alert, AlertKind},
};
use folder::{Folder, FolderError, Written};
use line::Line;

/// How long events are gathered before they are written: each time costs a wait for the disk or two.
const GATHER: Duration = Duration::from_secs(1);

/// The pause after the disk or the database has refused.
const AGAIN: Duration = Duration::from_secs(10);

/// Events that are taken at once. Each may hold as much as a person can ask and an agent can answer.
const AT_ONCE: u32 = 64;

/// How files are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The directory; made if it is not there.
    pub directory: PathBuf,
    /// How large a file may grow before another one is begun, in bytes.
    pub max_size: u64,
    /// How many full files of one conversation are kept beside the newest.
    pub keep: usize,
}

/// What writes the transcripts.
pub struct Transcripts {
    /// The state.
    pub store: Store,
    /// The time, for alerts.
    pub clock: Clock,
    /// What tells operators of an alert.
    pub outbox: Arc<Outbox>,
    /// What is counted.
    pub metrics: Metrics,
    /// What must not stand in a file.
    pub secrets: Secrets,
    /// How files are kept.
    pub rules: Rules,
}

/// Why transcripts are not written.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("a part of Baton has a fault: {0}")]
    Fault(#[from] tokio::task::JoinError),
}

impl Transcripts {
    /// Writes until told to stop, and then what is there.
    pub async fn run(self, stop: CancellationToken) {
        let mut is_failing = false;
        // What an earlier server told of may be over too.
        let mut is_told = true;
        loop {
            let written = self.catch_up().await;
            match &written {
                Err(error) => {
                    self.failed(error, is_failing).await;
                    is_told = true;
                }
                Ok(()) if is_told => {
                    self.works().await;
                    is_told = false;
                }
                Ok(()) => {}
            }
            is_failing = written.is_err();
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(AGAIN), if is_failing => {}
                () = self.store.until_run_events(), if !is_failing => {
                    tokio::select! {
                        () = stop.cancelled() => break,
                        () = tokio::time::sleep(GATHER) => {}
                    }
                }
            }
        }
        if let Err(error) = self.catch_up().await {
            tracing::warn!(%error, "the transcripts go on at the next start");
        }
    }

    /// Writes all that is not written yet.
    async fn catch_up(&self) -> Result<(), Trouble> {
        loop {
            let entries = self.store.unwritten(AT_ONCE).await?;
            let Some(last) = entries.last().map(|entry| entry.seq) else {
                return Ok(());
            };
            let mut lines = Vec::new();
            for entry in entries {
                lines.push(Line::of(&self.store, &self.secrets, entry).await?);
            }
            let rules = self.rules.clone();
            let written =
                tokio::task::spawn_blocking(move || Folder::open(rules)?.append(lines)).await??;
            self.account(&written).await;
            let mut tx = self.store.write().await?;
            tx.transcribed(last).await?;
            tx.commit().await?;
        }
    }

    /// Counts what was written, and tells of what no file would take.
    async fn account(&self, written: &Written) {
        self.metrics.transcribed(written.lines);
        for refused in &written.refused {
            self.metrics.transcript_failed();
            tracing::error!(error = %refused, "lines of a transcript were left out");
            let sentence = format!("Lines of a transcript were left out: {refused}");
            self.raise(&Alert::LinesLeftOut { sentence }).await;
        }
    }

    /// Tells that nothing can be written, once until it can again.
    async fn failed(&self, error: &Trouble, is_known: bool) {
        self.metrics.transcript_failed();
        if is_known {
            tracing::debug!(%error, "the transcripts still cannot be written");
            return;
        }
        tracing::error!(%error, "the transcripts cannot be written; trying again");
        let sentence = format!(
            "The transcripts cannot be written: {error}. Nothing is lost; they go on when that is over"
        );
        self.raise(&Alert::Transcripts { sentence }).await;
    }

    async fn raise(&self, alert: &Alert) {
        let raise = async {
            let mut tx = self.store.write().await?;
            tx.raise(self.clock.now(), alert).await?;
            tx.commit().await
        };
        self.noted(raise.await);
    }

    /// They can be written.
    async fn works(&self) {
        let clear = async {
            let mut tx = self.store.write().await?;
            let subject = "transcripts";
            tx.clear(self.clock.now(), AlertKind::Transcripts, subject)
                .await?;
            tx.commit().await
        };
        self.noted(clear.await);
    }

    fn noted(&self, noted: Result<(), StoreError>) {
        match noted {
            Ok(()) => self.outbox.wake(),
            Err(error) => tracing::warn!(%error, "an alert could not be stored"),
        }
    }
}

#[cfg(test)]
mod tests;
