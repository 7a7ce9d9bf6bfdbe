//! What the journal of a runner that is gone tells of a run.

use std::sync::Arc;

use super::{
    Engine, SessionError,
    agent::{Happening, understand},
    finish::Account,
    join::Line,
    turn::{Ending, Turn, Watched},
};
use crate::{
    runtime::{
        TurnEnd,
        runner::{RecordKind, Seq},
    },
    store::{RunRow, RunnerRow, SessionRow},
};

/// What is left of a run whose runner is gone.
pub(super) enum Remains {
    /// The agent never got the prompt.
    NotPrompted,
    /// It got the prompt, and how that ended is not in the journal.
    CutOff {
        /// Tool calls that had begun; `None` if nobody knows.
        tool_calls: Option<u32>,
    },
    /// It ended the turn.
    Ended(Box<Ended>),
}

/// A turn that came to its end.
pub(super) struct Ended {
    pub(super) end: TurnEnd,
    pub(super) account: Account,
    /// What else is known of it.
    pub(super) watched: Watched,
}

impl Engine {
    /// Reads the journal of a runner that is gone.
    pub(super) async fn read_leftover(
        self: &Arc<Self>,
        run: &RunRow,
        session: &SessionRow,
        runner: &RunnerRow,
    ) -> Result<Remains, SessionError> {
        let (Ok(project), Ok(runtime)) =
            (self.project_of(session), self.agents.runtime_of(session))
        else {
            return Ok(Remains::CutOff { tool_calls: None });
        };
        let follow_up = self.follow_up_of(run.id).await?;
        let origin = self.origin_of(run.id).await?;
        let mut turn = Turn::new(self, run, session, &project, origin);
        turn.recall_gone(runner.id).await?;
        let mut reader = runtime.reader();
        let mut prompted = false;
        // A journal without anything in it was being removed when a server died: the turn is over.
        let mut begun = false;
        let applied = Seq::new(runner.applied_seq);
        let mut last = applied;
        let mut leftover = self.agents.leftover(runner.id);
        while let Some(record) = leftover.recv().await {
            let record = record?;
            begun = true;
            let seq = record.seq;
            if let RecordKind::Input { command_id, .. } = &record.kind {
                prompted |= turn.given(command_id);
            }
            prompted |=
                follow_up.is_some_and(|it| it.runner == runner.id && seq > Seq::new(it.after));
            let Some(Happening::Events(events)) = understand(record, reader.as_mut()) else {
                continue;
            };
            let line = Line {
                runner: runner.id,
                seq,
            };
            last = seq;
            for event in events {
                turn.look_back_at_call(line, &event, applied).await?;
                if !prompted {
                    turn.pass_over(&event);
                    continue;
                }
                if let Some(Ending::Turn(end)) = turn.note(line, event).await? {
                    turn.calls_are_over(line).await?;
                    let watched = turn.over(Ending::Turn(end.clone()));
                    let account = Account {
                        runner: runner.id,
                        seq: seq.max(applied),
                        turn: Some(end.clone()),
                    };
                    return Ok(Remains::Ended(Box::new(Ended {
                        end,
                        account,
                        watched,
                    })));
                }
            }
        }
        let (runner, seq) = (runner.id, last);
        turn.calls_are_over(Line { runner, seq }).await?;
        let watched = turn.over(Ending::Killed);
        Ok(if begun && !prompted {
            Remains::NotPrompted
        } else {
            Remains::CutOff {
                tool_calls: begun.then_some(watched.tool_calls),
            }
        })
    }
}
