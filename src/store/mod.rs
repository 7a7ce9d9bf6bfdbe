//! What Baton remembers: one SQLite file in WAL mode, one file a table family, no SQL anywhere else.
//!
//! The store knows rows and transactions. What a change means, who may make it and what follows
//! from it is decided by the rooms above.

mod access;
mod accounts;
mod again;
mod alerts;
mod approvals;
mod credentials;
mod deliveries;
mod follow_ups;
mod gateway;
mod grants;
mod joining;
mod life;
mod lock;
mod open;
mod operators;
mod parts;
mod projects;
mod requests;
mod runners;
mod runs;
mod sessions;
mod transcripts;
mod words;

use std::{path::PathBuf, sync::Arc};

use sqlx::{Sqlite, SqlitePool};
use thiserror::Error;
use tokio::sync::Notify;

use crate::observe::Secrets;

pub use access::{AuditLine, MembershipRow, Subject};
pub use accounts::AccountLimit;
pub use again::{Counts, Used};
pub use alerts::AlertRow;
pub use approvals::{ApprovalEnd, ApprovalRow, NewApproval, Renewed};
pub use credentials::{LoginRow, RenewalId};
pub use deliveries::{
    Delivery, DeliveryKind, DeliveryState, Head, NewDelivery, Payload, Said, wait_key,
};
pub use follow_ups::{Cause, FollowUp};
pub use gateway::Identify;
pub use grants::GrantRow;
pub use life::{Life, Vitals};
pub use operators::Operators;
pub use parts::Part;
pub use projects::ProjectRow;
pub use requests::{NewRequest, RequestRow};
pub use runners::RunnerRow;
pub use runs::{NewRun, RunEnd, RunRow};
pub use sessions::{NewSession, SessionRow};
pub use transcripts::{Asked, Entry};

/// The database and the lock on its directory.
///
/// Cheap to clone. Reads go to a pool of connections and see the last commit; writes go one after
/// the other through [`Store::write`].
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
    operators: Operators,
    /// What is not stored in what people read.
    secrets: Secrets,
    /// Something was added to `run_events`.
    run_events: Arc<Notify>,
    /// Something was added to `deliveries`.
    deliveries: Arc<Notify>,
    /// Held as long as anybody uses the store: a second server must not open it. `None` for a
    /// short visit of the command line.
    _lock: Option<Arc<lock::DirectoryLock>>,
}

/// A transaction: everything in it happens, or nothing.
#[derive(Debug)]
pub struct Tx(sqlx::Transaction<'static, Sqlite>, News, Operators, Secrets);

/// What others are told once a transaction is durable.
#[derive(Debug)]
struct News {
    run_events: Arc<Notify>,
    has_run_event: bool,
    deliveries: Arc<Notify>,
    has_delivery: bool,
}

impl Store {
    /// From now on what this store keeps for people to read, in Discord and in the tables of alerts and of the audit
    /// trail, is kept without these. What agents wrote stays as they wrote it.
    #[must_use]
    pub fn without(self, secrets: Secrets) -> Self {
        Self { secrets, ..self }
    }

    /// Starts a transaction; waits until the one before has ended. Dropping it rolls back.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        // IMMEDIATE takes the write lock now: a transaction that began with a read could otherwise
        // find at its first write that another process was faster, and would have to start again.
        let tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let news = News {
            run_events: Arc::clone(&self.run_events),
            has_run_event: false,
            deliveries: Arc::clone(&self.deliveries),
            has_delivery: false,
        };
        Ok(Tx(tx, news, self.operators, self.secrets.clone()))
    }

    /// What tells that something was queued for Discord. There is one who waits for it.
    pub fn queued(&self) -> Arc<Notify> {
        Arc::clone(&self.deliveries)
    }

    /// Closes every connection, so that the write-ahead log is folded into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl Tx {
    /// Makes it durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.0.commit().await?;
        if self.1.has_run_event {
            self.1.run_events.notify_one();
        }
        if self.1.has_delivery {
            self.1.deliveries.notify_one();
        }
        Ok(())
    }
}

/// Why the store could not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// SQLite or a value in it.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed.
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    /// The file was written by a newer Baton.
    #[error(
        "{} has schema {found}, this Baton knows up to {known}: start the newer Baton again, or restore \
         the backup from before the upgrade", file.display()
    )]
    Newer {
        /// The database.
        file: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// Another server works in the directory.
    #[error(
        "another Baton works in {}: {holder}. Stop it first, or give this one another `data.dir`",
        directory.display()
    )]
    Held {
        /// The data directory.
        directory: PathBuf,
        /// What the holder wrote about itself.
        holder: String,
    },
    /// The directory or a file in it could not be made or read.
    #[error("{} cannot be used: {source}. Check that it exists and belongs to the user that runs Baton", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A stored text is not what was written there.
    #[error("a stored value cannot be read: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Whether what failed may succeed another time, the database being as it is.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Database(error) => !is_for_good(error),
            Self::Held { .. } | Self::Io { .. } => true,
            Self::Migration(_) | Self::Newer { .. } | Self::Damaged(_) => false,
        }
    }
}

/// Whether SQLite fails so however often it is asked. That it is busy, that the disk is full and whatever else
/// it may say comes and goes.
fn is_for_good(error: &sqlx::Error) -> bool {
    if let sqlx::Error::Database(error) = error {
        return error.is_unique_violation()
            || error.is_foreign_key_violation()
            || error.is_check_violation();
    }
    matches!(
        error,
        sqlx::Error::RowNotFound
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. }
    )
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}
