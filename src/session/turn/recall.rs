//! What the journal tells of the part of a turn that this server has not watched.

use std::sync::Arc;

use super::Turn;
use crate::{
    runtime::{LimitState, RunEvent, runner::RecordKind},
    session::{SessionError, agent::Agent},
    words::RunnerId,
};

impl Turn {
    /// Recalls how far an agent was when an earlier server stopped listening to it: what stands in its journal
    /// up to where it is read on, which is behind its prompt.
    pub(super) async fn recall(&mut self, agent: &Agent) -> Result<(), SessionError> {
        if self.course.is_prompted() {
            // It needs no prompt.
            return Ok(());
        }
        let mut reader = agent.runtime().reader();
        let mut leftover = self.engine.agents.leftover(agent.runner);
        while let Some(record) = leftover.recv().await {
            let record = record?;
            if record.seq > agent.seq {
                break;
            }
            if let RecordKind::Input { command_id, .. } = &record.kind {
                self.given(command_id);
            }
            if let RecordKind::Output { line } = &record.kind {
                for event in reader.read(line) {
                    self.recall_event(event);
                }
            }
        }
        Ok(())
    }

    fn recall_event(&mut self, event: RunEvent) {
        self.course.recall(&event);
        if let RunEvent::Limit(limit) = event
            && self.course.is_prompted()
            && limit.state == LimitState::Reached
        {
            self.limit = Some(limit);
        }
    }

    /// The agent was given the line with this id; says whether that is the prompt.
    pub(in crate::session) fn given(&mut self, id: &str) -> bool {
        let is_prompt = id == self.prompt.id;
        if is_prompt {
            self.course.given();
        }
        is_prompt
    }

    /// Takes note of what an agent did that has not got its prompt yet.
    pub(in crate::session) const fn pass_over(&mut self, event: &RunEvent) {
        self.course.precedes(event);
    }

    /// What has joined the turn of a runner that is gone, and what was decided in it: its journal tells of nothing
    /// else that is to come.
    pub(in crate::session) async fn recall_gone(
        &mut self,
        runner: RunnerId,
    ) -> Result<(), SessionError> {
        let engine = Arc::clone(&self.engine);
        self.questions.recall(runner).await?;
        self.joined.recall(&engine, self.run, runner).await
    }
}
