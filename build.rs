//! Makes the scratch database that sqlx checks every query against while compiling.
//!
//! The database is built from `migrations/` in cargo's output directory, so a clone needs neither
//! a prepared file nor a tool of its own.

use std::{env, path::PathBuf};

use anyhow::{Context as _, Result};
use sqlx::{
    Connection as _, SqliteConnection,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

fn main() -> Result<()> {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=sqlx.toml");
    let scratch =
        PathBuf::from(env::var("OUT_DIR").context("cargo sets OUT_DIR")?).join("scratch.db");
    if scratch.exists() {
        std::fs::remove_file(&scratch).context("removing the old scratch database")?;
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(migrate(&scratch))?;
    println!(
        "cargo:rustc-env=DATABASE_URL=sqlite://{}",
        scratch.display()
    );
    Ok(())
}

async fn migrate(scratch: &std::path::Path) -> Result<()> {
    // A rollback journal leaves one file behind, which compilers that run side by side can all read.
    let options = SqliteConnectOptions::new()
        .filename(scratch)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Delete);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    Migrator::new(PathBuf::from("migrations").as_path())
        .await?
        .run(&mut connection)
        .await?;
    connection.close().await?;
    Ok(())
}
