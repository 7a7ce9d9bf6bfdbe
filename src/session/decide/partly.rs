//! An answer to some of what an agent wants to know.

use serde_json::{Value, json};

use crate::{
    approval::{input_hash, shown},
    clock::Millis,
    session::{Engine, settle::hashed},
    store::{ApprovalRow, StoreError, Tx},
    words::UserId,
};

impl Engine {
    /// Notes answers to a question that waits for more, with who gave them; says whether it still waited.
    pub(super) async fn note_part(
        &self,
        tx: &mut Tx,
        row: &ApprovalRow,
        answers: &Value,
        by: UserId,
        now: Millis,
    ) -> Result<bool, StoreError> {
        if !tx.note_answers(row.id, answers, now).await? {
            return Ok(false);
        }
        let data = json!({ "approval": row.id, "by": by });
        tx.run_event(row.run, now, "question_answered", &data)
            .await?;
        let object = format!("question {} of run {}", row.id, row.run);
        // The question as it was asked, as in every line about it, and the answers so far.
        let answered = self.excerpt(&input_hash(answers), answers);
        let detail = format!(
            "{} sha256 {}, answers so far: {answered}",
            shown(&row.tool),
            row.input_hash
        );
        let told = hashed(&row.tool, &row.input_hash);
        let action = "question_partly_answered";
        tx.audit_telling(now, Some(by), action, &object, &detail, &told)
            .await?;
        Ok(true)
    }
}
