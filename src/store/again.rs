//! Runs that begin anew by themselves, at once or later.

use serde_json::json;

use super::{StoreError, Tx, runs::stored};
use crate::{
    clock::Millis,
    words::{RunId, RunState},
};

/// What the turn of a run has used that is parked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// What it cost, in millionths of a US dollar.
    pub cost_microusd: u64,
}

/// Whether a new beginning counts as the one that trouble is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// It does.
    AsRetry,
    /// It does not: nothing had gone wrong in the turn.
    Not,
}

impl Counts {
    fn at(self, now: Millis) -> Option<Millis> {
        (self == Self::AsRetry).then_some(now)
    }
}

impl Tx {
    /// A run at work begins anew; says whether it was at work.
    pub async fn start_again(
        &mut self,
        id: RunId,
        counts: Counts,
        why: &str,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let retried = counts.at(now);
        let done = sqlx::query!(
            "UPDATE runs SET state = 'starting', started_at = ?1, attempt = attempt + 1,
                    retried_at = COALESCE(?2, retried_at)
             WHERE id = ?3 AND state IN ('running', 'waiting')",
            now,
            retried,
            id
        )
        .execute(&mut *self.0)
        .await?;
        let moved = done.rows_affected() == 1;
        if moved {
            let data = json!({ "again": why });
            self.run_event(id, now, RunState::Starting.as_str(), &data)
                .await?;
        }
        Ok(moved)
    }

    /// A run gives up its turn until a time; says whether it does. It does not if somebody wished its end
    /// meanwhile.
    pub async fn park_run(
        &mut self,
        id: RunId,
        until: Millis,
        counts: Counts,
        used: Used,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let retried = counts.at(now);
        let [input, output, cost] =
            [used.input_tokens, used.output_tokens, used.cost_microusd].map(stored);
        let done = sqlx::query!(
            "UPDATE runs SET state = 'parked', parked_until = ?1, started_at = NULL,
                    attempt = attempt + 1, retried_at = COALESCE(?2, retried_at),
                    input_tokens = input_tokens + ?3, output_tokens = output_tokens + ?4,
                    cost_microusd = cost_microusd + ?5
             WHERE id = ?6 AND state IN ('queued', 'starting', 'running', 'waiting')
               AND cancelled_by IS NULL AND broken_off_at IS NULL",
            until,
            retried,
            input,
            output,
            cost,
            id
        )
        .execute(&mut *self.0)
        .await?;
        let parked = done.rows_affected() == 1;
        if parked {
            let data = json!({ "until": until });
            self.run_event(id, now, RunState::Parked.as_str(), &data)
                .await?;
        }
        Ok(parked)
    }

    /// A parked run waits for a slot again, as long as any other; says whether it was parked.
    pub async fn queue_again(
        &mut self,
        id: RunId,
        expires_at: Millis,
        now: Millis,
    ) -> Result<bool, StoreError> {
        // Its wait begins now, whatever it was parked until.
        let done = sqlx::query!(
            "UPDATE runs SET state = 'queued', expires_at = ?1, parked_until = ?2
             WHERE id = ?3 AND state = 'parked'",
            expires_at,
            now,
            id
        )
        .execute(&mut *self.0)
        .await?;
        let moved = done.rows_affected() == 1;
        if moved {
            let data = serde_json::Value::Null;
            self.run_event(id, now, RunState::Queued.as_str(), &data)
                .await?;
        }
        Ok(moved)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        store::{NewRun, NewSession, ProjectRow, RunEnd, RunRow, Store},
        words::{ChannelId, Circle, GuildId, RequestState, RuntimeKind, SessionId, Tier, UserId},
    };

    const NOW: Millis = Millis::new(1_000);
    const LATER: Millis = Millis::new(60_000);

    /// A store with a run at work.
    async fn at_work() -> (Store, RunId, tempfile::TempDir) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).await.unwrap();
        let (session, id) = (SessionId::fresh(), RunId::fresh());
        let mut tx = store.write().await.unwrap();
        let project = ProjectRow {
            name: "play".into(),
            directory: "/".into(),
            runtime: RuntimeKind::Claude,
        };
        tx.note_project(&project, NOW).await.unwrap();
        let new = NewSession {
            id: session,
            project: "play".into(),
            runtime: RuntimeKind::Claude,
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            thread: ChannelId::new(3),
            context_before: None,
            context_after: None,
            title: "a talk".into(),
            name: None,
            model: None,
            agent_session: session.uuid(),
            circle: Circle::Members,
        };
        tx.insert_session(&new, NOW).await.unwrap();
        let run = NewRun {
            id,
            session,
            principal: UserId::new(7),
            tier: Tier::Member,
            expires_at: NOW.after(Duration::from_secs(5)),
        };
        tx.insert_run(&run, NOW).await.unwrap();
        for (from, to) in [
            (RunState::Queued, RunState::Starting),
            (RunState::Starting, RunState::Running),
        ] {
            assert!(tx.move_run(id, from, to, NOW).await.unwrap());
        }
        tx.commit().await.unwrap();
        (store, id, home)
    }

    /// Changes the run; what the change said, and how the run stands then.
    async fn after<T>(
        store: &Store,
        run: RunId,
        change: impl AsyncFnOnce(&mut Tx) -> Result<T, StoreError>,
    ) -> (T, RunRow) {
        let mut tx = store.write().await.unwrap();
        let told = change(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        (told, store.run(run).await.unwrap())
    }

    #[tokio::test]
    async fn a_run_that_is_parked_waits_from_its_time_on_as_long_as_any_other() {
        let (store, run, _home) = at_work().await;
        let used = Used {
            input_tokens: 3,
            output_tokens: 2,
            cost_microusd: 1,
        };
        let (parked, row) = after(&store, run, async |tx| {
            tx.park_run(run, LATER, Counts::Not, used, NOW).await
        })
        .await;
        assert!(parked);
        assert_eq!((row.state, row.attempt), (RunState::Parked, 1));
        assert_eq!((row.started_at, row.retried_at), (None, None));
        let (back, row) = after(&store, run, async |tx| {
            tx.queue_again(run, LATER.after(Duration::from_secs(5)), LATER)
                .await
        })
        .await;
        assert!(back);
        assert_eq!((row.state, row.queued_at), (RunState::Queued, NOW));
        assert_eq!(row.waits_since(), LATER);
        assert_eq!(row.expires_at, LATER.after(Duration::from_secs(5)));
        let (twice, _) = after(&store, run, async |tx| {
            tx.queue_again(run, LATER, LATER).await
        })
        .await;
        assert!(!twice);
        let end = RunEnd {
            input_tokens: 10,
            ..RunEnd::unused(RunState::Completed, RequestState::Answered, None)
        };
        after(&store, run, async |tx| tx.end_run(run, &end, LATER).await).await;
        let counted = sqlx::query_as::<_, (i64, i64, i64)>(
            "SELECT input_tokens, output_tokens, cost_microusd FROM runs",
        )
        .fetch_one(&store.readers)
        .await
        .unwrap();
        assert_eq!(counted, (13, 2, 1));
    }

    #[tokio::test]
    async fn who_wished_the_end_of_a_run_does_not_see_it_parked() {
        let (store, run, _home) = at_work().await;
        let (parked, row) = after(&store, run, async |tx| {
            tx.note_cancel(run, UserId::new(7), NOW).await?;
            tx.park_run(run, LATER, Counts::Not, Used::default(), NOW)
                .await
        })
        .await;
        assert!(!parked);
        assert_eq!((row.state, row.attempt), (RunState::Running, 0));
    }

    #[tokio::test]
    async fn that_a_run_was_tried_again_is_remembered_and_each_try_has_its_number() {
        let (store, run, _home) = at_work().await;
        let (_, row) = after(&store, run, async |tx| {
            tx.start_again(run, Counts::AsRetry, "it died", NOW).await
        })
        .await;
        assert_eq!((row.state, row.attempt), (RunState::Starting, 1));
        assert_eq!(row.retried_at, Some(NOW));
        let (_, row) = after(&store, run, async |tx| {
            tx.move_run(run, RunState::Starting, RunState::Running, NOW)
                .await?;
            tx.start_again(run, Counts::Not, "it was idle", LATER).await
        })
        .await;
        assert_eq!((row.attempt, row.retried_at), (2, Some(NOW)));
    }
}
