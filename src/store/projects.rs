//! Projects as they were loaded.

use super::{StoreError, Tx};
use crate::{clock::Millis, words::RuntimeKind};

/// A project as its settings had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRow {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub directory: String,
    /// Its runtime.
    pub runtime: RuntimeKind,
}

impl Tx {
    /// Notes a project of the current settings.
    pub async fn note_project(&mut self, row: &ProjectRow, at: Millis) -> Result<(), StoreError> {
        sqlx::query!(
            "INSERT INTO projects (name, directory, runtime, loaded_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (name) DO UPDATE SET directory = excluded.directory,
             runtime = excluded.runtime, loaded_at = excluded.loaded_at",
            row.name,
            row.directory,
            row.runtime,
            at
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
