//! What is on record of the decisions in a turn: stored before the agent is answered, and repeated by a server
//! that finds the same questions again in the journal.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::Questions;
use crate::{
    approval::{Decision, input_hash, shown},
    runtime::{Ask, AskKind, Verdict},
    session::{SessionError, agent::Agent, insist::until_stored, stored_input::kept},
    words::RunnerId,
};

/// What an earlier server has decided on in a turn, by the agent's id of the question.
#[derive(Default)]
pub(super) struct Earlier {
    /// What was decided; `None` if a server stored it that did not store it to be read again.
    decided: HashMap<String, Option<Verdict>>,
    /// What people were asked, by which agent's runner.
    asked: HashSet<(RunnerId, String)>,
}

impl Earlier {
    /// Whether something was decided on.
    pub(super) fn knows(&self, ask: &Ask) -> bool {
        self.decided.contains_key(&ask.id)
    }

    /// What was decided on something behind the gate. What stands at it is decided again, because what
    /// comes behind it has to know of it.
    pub(super) fn answer(&self, ask: &Ask) -> Option<&Verdict> {
        match ask.kind {
            AskKind::Gate => None,
            AskKind::Permission => self.decided.get(&ask.id)?.as_ref(),
        }
    }

    /// Whether something has become a question to people.
    pub(super) fn is_asked(&self, runner: RunnerId, ask: &Ask) -> bool {
        self.asked.contains(&(runner, ask.id.clone()))
    }
}

impl Questions {
    /// Recalls what an earlier server has decided in this turn, and what people were asked in it: what is
    /// found again in the journal is answered again, which does nothing, but it happened once.
    pub(in crate::session) async fn recall(
        &mut self,
        runner: RunnerId,
    ) -> Result<(), SessionError> {
        let this = json!(runner);
        let store = &self.engine.store;
        let (events, asked) = until_stored("what was decided in a turn", || async {
            Ok((
                store.run_events(self.run).await?,
                store.asked_in(self.run).await?,
            ))
        })
        .await?;
        for (kind, data) in events {
            let is_of_agent = data["runner"].is_null() || data["runner"] == this;
            if matches!(kind.as_str(), "tool_decided" | "tool_past_gate")
                && let Some(call) = data["call"].as_str()
            {
                self.calls.came(call);
            }
            if kind == "tool_decided"
                && is_of_agent
                && let Some(ask) = data["ask"].as_str()
            {
                self.earlier.decided.insert(ask.to_owned(), read(&data));
            }
        }
        self.earlier.asked.extend(asked);
        Ok(())
    }

    /// Stores a decision with the rule that made it, before the agent gets it.
    pub(super) async fn record(
        &self,
        agent: &Agent,
        ask: &Ask,
        decision: &Decision,
        is_new: bool,
    ) -> Result<(), SessionError> {
        let (input, cut) = kept(&ask.input);
        let rule = decision.rule.to_string();
        let (answer, why) = written(&decision.verdict);
        let data = json!({
            "ask": ask.id, "call": ask.call, "gate": format!("{:?}", ask.kind), "tool": ask.tool,
            "input": input, "cut": cut, "verdict": format!("{:?}", decision.verdict), "rule": rule,
            "runner": agent.runner, "answer": answer, "why": why,
        });
        let action = match decision.verdict {
            Verdict::Allow => "tool_allowed",
            Verdict::Ask(_) => "tool_asked",
            Verdict::Deny(_) => "tool_denied",
        };
        let object = format!("run {}", self.run);
        let hash = input_hash(&ask.input);
        let detail = format!(
            "{} by {rule}: {}",
            shown(&ask.tool),
            self.engine.excerpt(&hash, &ask.input)
        );
        let mark = self.mark(agent.seq);
        until_stored("a decision", || async {
            let now = self.engine.clock.now();
            let mut tx = self.engine.store.write().await?;
            tx.run_event(self.run, now, "tool_decided", &data).await?;
            if is_new {
                // Nobody is told: it happens many times a minute.
                tx.audit_quietly(now, None, action, &object, &detail)
                    .await?;
            }
            tx.apply_up_to(agent.runner, mark).await?;
            Ok(tx.commit().await?)
        })
        .await
    }
}

const ALLOW: &str = "allow";
const ASK: &str = "ask";
const DENY: &str = "deny";

/// A verdict as it is stored.
fn written(verdict: &Verdict) -> (&'static str, Option<&str>) {
    match verdict {
        Verdict::Allow => (ALLOW, None),
        Verdict::Ask(why) => (ASK, Some(why)),
        Verdict::Deny(why) => (DENY, Some(why)),
    }
}

/// A verdict that was stored.
fn read(data: &Value) -> Option<Verdict> {
    let why = || data["why"].as_str().map(str::to_owned);
    match data["answer"].as_str()? {
        ALLOW => Some(Verdict::Allow),
        ASK => why().map(Verdict::Ask),
        DENY => why().map(Verdict::Deny),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_as_it_was_written_and_what_is_unknown_is_none() {
        for verdict in [
            Verdict::Allow,
            Verdict::Ask("may I?".to_owned()),
            Verdict::Deny("no".to_owned()),
        ] {
            let (answer, why) = written(&verdict);
            assert_eq!(
                read(&json!({"answer": answer, "why": why})),
                Some(verdict.clone())
            );
        }
        for unknown in [
            json!({}),
            json!({"answer": "deny"}),
            json!({"answer": "perhaps"}),
        ] {
            assert_eq!(read(&unknown), None);
        }
    }
}
