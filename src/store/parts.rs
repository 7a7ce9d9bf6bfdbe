//! Turns of an agent that were only a part of their run: messages had joined it, and the agent went on.

use std::time::Duration;

use super::{Store, StoreError, Tx, Used, runs::stored};
use crate::{
    clock::Millis,
    words::{RequestState, RunId, RunnerId},
};

/// A part of a run that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What the agent answered.
    pub answer: String,
    /// What it used.
    pub used: Used,
    /// How long it took.
    pub took: Duration,
}

impl Store {
    /// Whether a line of a runner's journal ended a part of a run, and not the run.
    pub async fn is_part(
        &self,
        run: RunId,
        runner: RunnerId,
        seq: u64,
    ) -> Result<bool, StoreError> {
        let seq = stored(seq);
        Ok(sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM run_parts WHERE run_id = ? AND runner_id = ? AND seq = ?)
                   AS "is!: bool""#,
            run,
            runner,
            seq
        )
        .fetch_one(&self.readers)
        .await?)
    }
}

impl Tx {
    /// Stores a part of a run that a line of a runner's journal has ended. What the run had taken and the
    /// agent has heard is answered with it: nobody asks for that again, whatever becomes of the rest.
    pub async fn insert_part(
        &mut self,
        run: RunId,
        (runner, seq): (RunnerId, u64),
        part: &Part,
        now: Millis,
    ) -> Result<(), StoreError> {
        let [seq, input, output, cost] = [
            seq,
            part.used.input_tokens,
            part.used.output_tokens,
            part.used.cost_microusd,
        ]
        .map(stored);
        let took = i64::try_from(part.took.as_millis()).unwrap_or(i64::MAX);
        sqlx::query!(
            "INSERT INTO run_parts (run_id, runner_id, seq, at, answer, input_tokens, output_tokens,
                 cost_microusd, took_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            run,
            runner,
            seq,
            now,
            part.answer,
            input,
            output,
            cost,
            took
        )
        .execute(&mut *self.0)
        .await?;
        let answered = RequestState::Answered;
        sqlx::query!(
            "UPDATE requests SET state = ?1, ended_at = ?2
             WHERE run_id = ?3 AND state = 'taken' AND id NOT IN (
                 SELECT request_id FROM joined_requests WHERE run_id = ?3 AND heard_at IS NULL)",
            answered,
            now,
            run
        )
        .execute(&mut *self.0)
        .await?;
        let data = serde_json::json!({ "runner": runner, "seq": seq });
        self.run_event(run, now, "part", &data).await
    }

    /// The parts of a run, in their order.
    pub async fn parts_of(&mut self, run: RunId) -> Result<Vec<Part>, StoreError> {
        let rows = sqlx::query!(
            "SELECT answer, input_tokens, output_tokens, cost_microusd, took_ms FROM run_parts
             WHERE run_id = ? ORDER BY n",
            run
        )
        .fetch_all(&mut *self.0)
        .await?;
        let count = |stored: i64| u64::try_from(stored).unwrap_or(0);
        Ok(rows
            .into_iter()
            .map(|row| Part {
                answer: row.answer,
                used: Used {
                    input_tokens: count(row.input_tokens),
                    output_tokens: count(row.output_tokens),
                    cost_microusd: count(row.cost_microusd),
                },
                took: Duration::from_millis(count(row.took_ms)),
            })
            .collect())
    }
}
