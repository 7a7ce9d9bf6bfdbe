//! Calls of tools that never came to the gate: the agent program refused them by itself, by the settings
//! that it was started with, or knows no such tool. That is on record too; one that ran is an alarm, unless the project
//! lets the agent use such a tool without a question.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::Questions;
use crate::{
    approval::{input_hash, shown},
    runtime::{ToolEnd, ToolInput, runner::Seq},
    session::{SessionError, insist::until_stored, join::Line, settle::hashed, stored_input::kept},
    words::Alert,
};

/// The calls of one turn.
#[derive(Default)]
pub(super) struct Calls {
    /// What has begun and not come to the gate, by the agent's id of the call: with the line that told of it.
    begun: HashMap<String, (Seq, String, ToolInput)>,
    /// What came to the gate, or is on record.
    known: HashSet<String>,
}

impl Calls {
    /// A call has come to the gate, or is on record already.
    pub(super) fn came(&mut self, call: &str) {
        self.begun.remove(call);
        self.known.insert(call.to_owned());
    }

    fn begins(&mut self, seq: Seq, call: &str, tool: &str, input: &ToolInput) {
        if !self.known.contains(call) {
            self.begun
                .insert(call.to_owned(), (seq, tool.to_owned(), input.clone()));
        }
    }

    /// The oldest line that told of a call of which it is not known yet whether it passes by: a server after this
    /// one has to read it again.
    pub(super) fn oldest(&self) -> Option<Seq> {
        self.begun.values().map(|(seq, ..)| *seq).min()
    }

    /// A call is over; what it was if it never came.
    fn ends(&mut self, call: &str) -> Option<(String, ToolInput)> {
        let (_, tool, input) = self.begun.remove(call)?;
        Some((tool, input))
    }

    /// What has begun and neither came nor ended, in the order of its ids.
    fn left(&mut self) -> BTreeMap<String, (String, ToolInput)> {
        let all = self.begun.drain();
        all.map(|(call, (_, tool, input))| (call, (tool, input)))
            .collect()
    }
}

impl Questions {
    /// A call begins.
    pub(in crate::session) fn begins(
        &mut self,
        line: Line,
        call: &str,
        tool: &str,
        input: &ToolInput,
    ) {
        self.calls.begins(line.seq, call, tool, input);
    }

    /// A call has come to the gate, as the journal of a runner that is gone tells.
    pub(in crate::session) fn came(&mut self, call: &str) {
        self.calls.came(call);
    }

    /// A call is over. If it has passed by the gate that is stored, and operators are told if it ran, or may have.
    pub(in crate::session) async fn ends(
        &mut self,
        line: Line,
        call: &str,
        end: ToolEnd,
    ) -> Result<(), SessionError> {
        let Some((tool, input)) = self.calls.ends(call) else {
            return Ok(());
        };
        let past = Past {
            call,
            tool: &tool,
            input: &input,
        };
        let end = if self.is_unasked(&tool) {
            PastEnd::Unasked
        } else {
            end.into()
        };
        self.store_past(line, &past, end).await
    }

    /// Whether nobody has to be asked about calls of a tool, as the project allows every one.
    fn is_unasked(&self, tool: &str) -> bool {
        self.unasked.contains(&tool)
    }

    /// The turn is over. What has begun in it and neither came to the gate nor ended is on record too: nobody knows
    /// what it did.
    pub(in crate::session) async fn are_over(&mut self, line: Line) -> Result<(), SessionError> {
        for (call, (tool, input)) in self.calls.left() {
            let past = Past {
                call: &call,
                tool: &tool,
                input: &input,
            };
            self.store_past(line, &past, PastEnd::CutOff).await?;
        }
        Ok(())
    }

    async fn store_past(
        &self,
        line: Line,
        past: &Past<'_>,
        end: PastEnd,
    ) -> Result<(), SessionError> {
        let tool = shown(past.tool);
        let (short, cut) = kept(past.input);
        let data = json!({
            "call": past.call, "tool": tool, "input": short, "cut": cut, "end": format!("{end:?}"),
            "runner": line.runner,
        });
        let hash = input_hash(past.input);
        let detail = format!("{tool}: {}", self.engine.excerpt(&hash, past.input));
        let object = format!("run {}", self.run);
        let mark = self.mark(line.seq);
        let is_alarm = matches!(end, PastEnd::Done | PastEnd::Failed);
        until_stored("a call that was not asked for", || async {
            let now = self.engine.clock.now();
            let mut tx = self.engine.store.write().await?;
            tx.run_event(self.run, now, end.kind(), &data).await?;
            let action = end.action();
            if is_alarm {
                let told = hashed(past.tool, &hash);
                tx.audit_telling(now, None, action, &object, &detail, &told)
                    .await?;
                let alert = Alert::PastGate {
                    run: self.run,
                    sentence: end.alert(&tool),
                };
                tx.raise(now, &alert).await?;
            } else {
                tx.audit_quietly(now, None, action, &object, &detail)
                    .await?;
            }
            tx.apply_up_to(line.runner, mark).await?;
            Ok(tx.commit().await?)
        })
        .await?;
        if is_alarm {
            tracing::error!(run = %self.run, %tool, "a tool call ran that was never asked for");
            self.engine.outbox.wake();
        }
        Ok(())
    }
}

/// A call that has passed by the gate.
struct Past<'a> {
    call: &'a str,
    tool: &'a str,
    input: &'a ToolInput,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PastEnd {
    /// It ran.
    Done,
    /// It gave an error, and may have done something before.
    Failed,
    /// The agent program did not let it run.
    Refused,
    /// The turn ended before it did.
    CutOff,
    /// Nobody was asked, as the project wants it.
    Unasked,
}

impl From<ToolEnd> for PastEnd {
    fn from(end: ToolEnd) -> Self {
        match end {
            ToolEnd::Done => Self::Done,
            ToolEnd::Failed => Self::Failed,
            ToolEnd::Refused => Self::Refused,
        }
    }
}

impl PastEnd {
    /// What it is among the events of a run.
    const fn kind(self) -> &'static str {
        match self {
            Self::Done | Self::Failed | Self::Refused | Self::CutOff => "tool_past_gate",
            Self::Unasked => "tool_decided",
        }
    }

    const fn action(self) -> &'static str {
        match self {
            Self::Done | Self::Failed => "tool_past_gate",
            Self::Refused => "tool_refused_by_agent",
            Self::CutOff => "tool_cut_off",
            Self::Unasked => "tool_allowed",
        }
    }

    fn alert(self, tool: &str) -> String {
        let what = match self {
            Self::Failed => "failed",
            Self::Done | Self::Refused | Self::CutOff | Self::Unasked => "ran",
        };
        format!(
            "A tool call {what} that was never asked for ({tool}): the agent program does not do what Baton relies \
             on. Stop its sessions, and look for another version of it."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_passed_by_if_it_is_over_and_never_came() {
        let mut calls = Calls::default();
        let input = json!({"file_path": "/a"});
        for (line, call) in [(3, "past"), (2, "asked"), (1, "recalled")] {
            if call == "recalled" {
                calls.came(call);
            }
            calls.begins(Seq::new(line), call, "Read", &input);
        }
        assert_eq!(calls.oldest(), Some(Seq::new(2)));
        calls.came("asked");
        assert_eq!(calls.oldest(), Some(Seq::new(3)));
        assert_eq!(calls.ends("asked"), None);
        assert_eq!(calls.ends("recalled"), None);
        assert_eq!(calls.ends("past"), Some(("Read".to_owned(), input)));
        assert_eq!(calls.ends("past"), None);
        assert_eq!(calls.ends("never begun"), None);
        calls.begins(Seq::new(4), "left", "Read", &json!({}));
        let left = BTreeMap::from([("left".to_owned(), ("Read".to_owned(), json!({})))]);
        assert_eq!(calls.left(), left);
        assert_eq!(calls.left(), BTreeMap::new());
        assert_eq!(calls.oldest(), None);
    }
}
