//! What a session knows of its agent.

use uuid::Uuid;

use crate::{
    store::{StoreError, Tx},
    words::{AgentMode, RunId, SessionId},
};

impl Tx {
    /// The agent has taken up the messages of a run: from now on the conversation is resumed, and
    /// what was given as context is part of it.
    pub async fn acknowledge_session(
        &mut self,
        id: SessionId,
        run: RunId,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET agent_acknowledged = 1, context_before = NULL,
                 context_after = MAX(context_after, COALESCE(
                     (SELECT MAX(message_id) FROM requests WHERE run_id = ?1), 0))
             WHERE id = ?2",
            run,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The agent calls its conversation differently, or has to begin a new one.
    pub async fn rename_agent_session(
        &mut self,
        id: SessionId,
        agent_session: Uuid,
        acknowledged: bool,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET agent_session = ?, agent_acknowledged = ? WHERE id = ?",
            agent_session,
            acknowledged,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Stores with which model, if not the project's, and how freely a session's agent works.
    pub async fn tune_session(
        &mut self,
        id: SessionId,
        model: Option<&str>,
        mode: AgentMode,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET model = ?, mode = ? WHERE id = ?",
            model,
            mode,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Takes a model back that was set, unless another was set since.
    pub async fn take_back_model(
        &mut self,
        id: SessionId,
        is: Option<&str>,
        was: Option<&str>,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET model = ? WHERE id = ? AND model IS ?",
            was,
            id,
            is
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Takes a mode back that was set, unless another was set since.
    pub async fn take_back_mode(
        &mut self,
        id: SessionId,
        is: AgentMode,
        was: AgentMode,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE sessions SET mode = ? WHERE id = ? AND mode = ?",
            was,
            id,
            is
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The agent of a session may carry its plan out.
    pub async fn end_plan_mode(&mut self, id: SessionId) -> Result<(), StoreError> {
        let mode = AgentMode::Default;
        sqlx::query!("UPDATE sessions SET mode = ? WHERE id = ?", mode, id)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}
