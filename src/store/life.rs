//! The server's own life: how often it has started, how it ended, and whether the database takes
//! writes.

use super::{Store, StoreError, Tx};
use crate::clock::Millis;

/// How often the server has started in this data directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// How often altogether, this time included.
    pub starts: u64,
    /// How often after an end in which the server could not let go: a crash, a kill, a power cut.
    pub unclean_ends: u64,
}

/// What the database knows of how the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// How often it has started.
    pub life: Life,
    /// Deliveries that Discord does not have yet.
    pub deliveries_waiting: u32,
    /// Since when the run waits that has waited for longest.
    pub oldest_queued: Option<Millis>,
    /// Runners that have not been given up.
    pub runners: u32,
    /// The newest alert: when, and of which kind.
    pub alert: Option<(Millis, String)>,
}

impl Store {
    /// What the database knows of how the server is. Reads indexes and single rows only.
    pub async fn vitals(&self) -> Result<Vitals, StoreError> {
        let life = sqlx::query!(
            r#"SELECT starts AS "starts: u64", unclean_ends AS "unclean_ends: u64" FROM server_life"#
        )
        .fetch_one(&self.readers)
        .await?;
        let oldest_queued = sqlx::query_scalar!(
            r#"SELECT MIN(MAX(queued_at, COALESCE(parked_until, 0))) AS "at: Millis"
               FROM runs WHERE state = 'queued'"#
        )
        .fetch_one(&self.readers)
        .await?;
        let runners = sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM runners WHERE ended_at IS NULL"#
        )
        .fetch_one(&self.readers)
        .await?;
        let alert = self.alerts(1).await?.pop();
        Ok(Vitals {
            life: Life {
                starts: life.starts,
                unclean_ends: life.unclean_ends,
            },
            deliveries_waiting: self.deliveries_waiting().await?,
            oldest_queued,
            runners,
            alert: alert.map(|alert| (Millis::new(alert.at), alert.kind)),
        })
    }

    /// Writes something and waits until the disk has it: proof that the database takes writes. A
    /// transaction that is rolled back would prove nothing, because only the commit needs the disk.
    pub async fn prove_writable(&self, now: Millis) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query!("UPDATE server_life SET proved_at = ?", now)
            .execute(&mut *tx.0)
            .await?;
        tx.commit().await
    }
}

impl Tx {
    /// Notes that the server has started, and whether the one before it could not let go: then that is answered.
    pub async fn note_start(&mut self) -> Result<Option<Life>, StoreError> {
        let before = sqlx::query!(
            r#"SELECT starts AS "starts: u64", unclean_ends AS "unclean_ends: u64", works AS "works: bool"
               FROM server_life"#
        )
        .fetch_one(&mut *self.0)
        .await?;
        sqlx::query!(
            "UPDATE server_life SET starts = starts + 1, unclean_ends = unclean_ends + works, works = 1"
        )
        .execute(&mut *self.0)
        .await?;
        Ok(before.works.then_some(Life {
            starts: before.starts + 1,
            unclean_ends: before.unclean_ends + 1,
        }))
    }

    /// Notes that the server ends and has let go.
    pub async fn note_end(&mut self) -> Result<(), StoreError> {
        sqlx::query!("UPDATE server_life SET works = 0")
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
impl Store {
    /// Makes the database refuse writes, as a file system does that was mounted anew to be read only.
    pub(crate) async fn refuse_writes(&self) {
        sqlx::query("PRAGMA query_only = ON")
            .execute(&self.writer)
            .await
            .unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Starts; says how often that was done, and whether the end before is told of.
    async fn start(store: &Store) -> (Life, bool) {
        let mut tx = store.write().await.unwrap();
        let told = tx.note_start().await.unwrap();
        tx.commit().await.unwrap();
        let life = store.vitals().await.unwrap().life;
        assert!(told.is_none_or(|told| told == life));
        (life, told.is_some())
    }

    #[tokio::test]
    async fn starts_are_counted_and_those_apart_that_follow_an_end_without_a_word() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        let life = |starts, unclean_ends| Life {
            starts,
            unclean_ends,
        };
        assert_eq!(store.vitals().await.unwrap().life, life(0, 0));
        assert_eq!(start(&store).await, (life(1, 0), false));
        assert_eq!(start(&store).await, (life(2, 1), true), "it was killed");
        let mut tx = store.write().await.unwrap();
        tx.note_end().await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(start(&store).await, (life(3, 1), false), "it had let go");
    }

    #[tokio::test]
    async fn after_a_transaction_that_the_database_gave_up_by_itself_it_is_written_again() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        let mut tx = store.write().await.unwrap();
        tx.note_start().await.unwrap();
        // A full disk does the same.
        sqlx::query("ROLLBACK").execute(&mut *tx.0).await.unwrap();
        assert!(tx.commit().await.is_err(), "nothing of it is stored");
        for _ in 0..2 {
            store.prove_writable(Millis::new(7)).await.unwrap();
        }
        assert_eq!(store.vitals().await.unwrap().life, Life::default());
    }

    #[tokio::test]
    async fn a_database_that_takes_no_writes_proves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        store.prove_writable(Millis::new(7)).await.unwrap();
        store.refuse_writes().await;
        let error = store.prove_writable(Millis::new(8)).await.unwrap_err();
        assert!(error.to_string().contains("readonly"), "{error}");
    }
}
