//! The calls of a turn, and whether each was asked for.

use super::Turn;
use crate::{
    runtime::{RunEvent, ToolEnd, runner::Seq},
    session::{SessionError, join::Line},
};

impl Turn {
    /// What an event means for what the agent should have asked: also before the turn, when it does something by
    /// itself.
    pub(super) async fn look_at_call(
        &mut self,
        line: Line,
        event: &RunEvent,
    ) -> Result<(), SessionError> {
        if let RunEvent::ToolStarted {
            id, tool, input, ..
        } = event
        {
            self.questions.begins(line, id, tool, input);
        }
        // What an interrupt cuts off before it is asked for was refused by nobody.
        if let RunEvent::ToolEnded { id, end } = event
            && (self.told_to_stop.is_none() || *end == ToolEnd::Done)
        {
            self.questions.ends(line, id, *end).await?;
        }
        Ok(())
    }

    /// The same for an event in the journal of a runner that is gone. What ended before `applied` is on record, and
    /// what began before it and never ended belongs to a turn that was over: the mark never passes a call of this one
    /// that has not come to the gate.
    pub(in crate::session) async fn look_back_at_call(
        &mut self,
        line: Line,
        event: &RunEvent,
        applied: Seq,
    ) -> Result<(), SessionError> {
        if let RunEvent::Asked(ask) = event {
            self.questions.came(&ask.call);
        }
        if let RunEvent::ToolStarted { id, .. } | RunEvent::ToolEnded { id, .. } = event
            && line.seq <= applied
        {
            self.questions.came(id);
        }
        self.look_at_call(line, event).await
    }

    /// Nothing more comes of the calls of the turn.
    pub(in crate::session) async fn calls_are_over(
        &mut self,
        line: Line,
    ) -> Result<(), SessionError> {
        self.questions.are_over(line).await
    }
}
