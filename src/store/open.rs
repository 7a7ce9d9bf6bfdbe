//! Opening the database: permissions, lock, migrations, connections.

use std::{
    cmp::Ordering,
    fs::{DirBuilder, OpenOptions, Permissions},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Connection as _, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Operators, Store, StoreError, lock::DirectoryLock};
use crate::observe::Secrets;

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Readers beside the one writer. Reads are short; more connections only cost memory.
const READERS: u32 = 4;

/// How long a statement waits for another process (the command line, a backup) to end its own.
const BUSY: Duration = Duration::from_secs(10);

/// How long something waits for those who are before it. A disk that stands still for so long is broken; before,
/// waiting is better than an error, which whoever wrote in Discord would have to be told.
const TURN: Duration = Duration::from_mins(5);

impl Store {
    /// Opens the database of a data directory for the server: takes the directory's lock, makes
    /// what is missing, and brings the schema up to date.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        private_directory(directory)?;
        let lock = Arc::new(DirectoryLock::take(directory)?);
        Self::connect(directory, Some(lock)).await
    }

    /// Opens the database beside a server that may be running, for a short visit.
    pub async fn visit(directory: &Path) -> Result<Self, StoreError> {
        private_directory(directory)?;
        // Only who holds the lock may bring the schema up to date: a server of an older version
        // that runs at this moment would be left with a database that it does not know.
        match DirectoryLock::take(directory) {
            Ok(lock) => Self::connect(directory, Some(Arc::new(lock))).await,
            Err(StoreError::Held { .. }) => Self::connect(directory, None).await,
            Err(error) => Err(error),
        }
    }

    async fn connect(
        directory: &Path,
        lock: Option<Arc<DirectoryLock>>,
    ) -> Result<Self, StoreError> {
        let file = directory.join("baton.db");
        private_file(&file)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(TURN)
            // When a disk is full SQLite rolls back by itself (lang_transaction, "Response To Errors
            // Within A Transaction"). The driver does not know that, and would begin no transaction on
            // that connection any more.
            .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await?;
        if lock.is_some() {
            migrate(&writer, &file).await?;
        } else {
            is_current(&writer, &file).await?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(TURN)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self {
            writer,
            readers,
            operators: Operators::default(),
            secrets: Secrets::default(),
            run_events: Arc::default(),
            deliveries: Arc::default(),
            _lock: lock,
        })
    }
}

/// Makes a directory that only its owner may enter, or closes one that others may.
fn private_directory(path: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(io)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(io)
}

/// Makes the database file before SQLite does, because SQLite would let others read it. The
/// write-ahead log takes over its permissions.
fn private_file(path: &Path) -> Result<(), StoreError> {
    let io = |source| StoreError::Io {
        path: path.to_owned(),
        source,
    };
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(io)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(io)
}

async fn migrate(writer: &SqlitePool, file: &Path) -> Result<(), StoreError> {
    MIGRATIONS.run(writer).await.map_err(|error| {
        if let MigrateError::VersionMissing(found) = error {
            newer(file.to_owned(), found)
        } else {
            StoreError::Migration(error.to_string())
        }
    })
}

/// Whether a database that somebody else works in has the schema that this program knows.
async fn is_current(writer: &SqlitePool, file: &Path) -> Result<(), StoreError> {
    let known = newest();
    let found: i64 = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations")
        .fetch_one(writer)
        .await?;
    match found.cmp(&known) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(newer(file.to_owned(), found)),
        Ordering::Less => Err(StoreError::Migration(format!(
            "a server of an earlier version works in it (schema {found}, this Baton has {known}). \
             Stop that server first"
        ))),
    }
}

fn newest() -> i64 {
    MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

fn newer(file: PathBuf, found: i64) -> StoreError {
    StoreError::Newer {
        file,
        found,
        known: newest(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn only_the_owner_can_read_what_the_store_writes() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("data");
        let store = Store::open(&directory).await.unwrap();
        store.write().await.unwrap().commit().await.unwrap();
        assert_eq!(mode(&directory), 0o700);
        for file in directory.read_dir().unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600);
        }
    }

    #[tokio::test]
    async fn a_second_server_is_told_who_holds_the_directory() {
        let home = tempfile::tempdir().unwrap();
        let _first = Store::open(home.path()).await.unwrap();
        let error = Store::open(home.path()).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Held { holder, .. }
                if *holder == format!("process {}", std::process::id())),
            "{error}"
        );
    }

    #[tokio::test]
    async fn the_lock_is_given_back_with_the_store() {
        let home = tempfile::tempdir().unwrap();
        drop(Store::open(home.path()).await.unwrap());
        Store::open(home.path()).await.unwrap();
    }

    #[tokio::test]
    async fn who_writes_waits_for_a_disk_that_stands_still() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        let standstill = store.write().await.unwrap();
        tokio::time::pause();
        let waits = tokio::time::timeout(TURN / 2, store.write()).await;
        assert!(waits.is_err(), "{waits:?}");
        let gives_up = store.write().await.unwrap_err();
        assert!(gives_up.to_string().contains("timed out"), "{gives_up}");
        drop(standstill);
    }

    #[tokio::test]
    async fn a_database_of_a_newer_baton_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'of the future', 1, x'00', 0)",
        )
        .execute(&store.writer)
        .await
        .unwrap();
        store.close().await;
        drop(store);
        let error = Store::open(home.path()).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Newer { found: 9999, .. }),
            "{error}"
        );
    }
}
