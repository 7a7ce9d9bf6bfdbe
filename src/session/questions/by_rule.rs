//! What is decided without asking anybody.

use super::{AtGate, Questions, Standing};
use crate::{
    approval::{Decision, Grant, GrantRule, RuleRef, input_hash},
    runtime::{Ask, AskKind, Verdict},
    session::{SessionError, insist::until_stored},
    store::GrantRow,
    words::{Approvers, Eyes, Tier},
};

impl Questions {
    pub(super) async fn decide(
        &self,
        ask: &Ask,
        known: Option<AtGate>,
        standing: Standing,
    ) -> Decision {
        match standing {
            Standing::Stopped => return Decision::stopped(),
            // Whatever it is, it is not what those want for whom the turn is.
            Standing::Before => return Decision::too_early(),
            Standing::Within => {}
        }
        let decision = match allowed_at_gate(known, ask) {
            Some(decision) => decision,
            // Meanwhile a person may have allowed the like.
            None => self.decide_anew(ask).await,
        };
        match (&decision.verdict, &ask.reason) {
            // The program has a reason of its own, which no rule of the project knows of.
            (Verdict::Allow, Some(why))
                if ask.kind == AskKind::Permission
                    && self.tier.rank() > Tier::Guest.rank()
                    && self.project.tools.approvers != Approvers::Nobody =>
            {
                Decision {
                    verdict: Verdict::Ask(why.clone()),
                    rule: decision.rule,
                }
            }
            (Verdict::Allow | Verdict::Ask(_) | Verdict::Deny(_), _) => decision,
        }
    }

    /// Grants are looked at only where the rules do not allow the call, and of those only whether the one that
    /// does still holds: there may be hundreds.
    async fn decide_anew(&self, ask: &Ask) -> Decision {
        let by = |grants: &[Grant]| self.policy.decide(ask, &self.project.directory, grants);
        let decision = by(&[]);
        if decision.verdict == Verdict::Allow {
            return decision;
        }
        // What cannot be read allows nothing.
        let rows = until_stored("a decision", || self.granted()).await;
        let rows = rows.unwrap_or_default();
        let mut grants: Vec<Grant> = rows.iter().filter_map(read).collect();
        loop {
            let decision = by(&grants);
            let RuleRef::Grant(id, _) = &decision.rule else {
                return decision;
            };
            let id = *id;
            let row = rows.iter().find(|row| row.id == id);
            let holds = until_stored("a decision", || self.holds(row)).await;
            if holds.unwrap_or(false) {
                return decision;
            }
            grants.retain(|grant| grant.id != id);
        }
    }

    /// What people have allowed for longer where this run is, for its tier.
    async fn granted(&self) -> Result<Vec<GrantRow>, SessionError> {
        let (engine, project) = (&self.engine, &self.project.name);
        let mut rows = engine
            .store
            .live_grants(project, &self.scopes, engine.clock.now())
            .await?;
        rows.retain(|row| row.tier.rank() <= self.tier.rank());
        if self.project.tools.eyes == Eyes::Four && !rows.is_empty() {
            // His own yes is none for what he asks, however long ago he gave it.
            let mut steer = self.asked_by().await?;
            let joined = engine.store.requests_of(self.run).await?;
            steer.extend(joined.iter().map(|request| request.person.id));
            steer.extend(engine.store.answerers_in(self.run).await?);
            rows.retain(|row| !steer.contains(&row.granted_by));
        }
        Ok(rows)
    }

    /// Whether who gave it may still give it.
    async fn holds(&self, row: Option<&GrantRow>) -> Result<bool, SessionError> {
        match row {
            Some(row) => {
                let approvers = &self.project.tools.approvers;
                self.engine.still_holds(row, approvers).await
            }
            None => Ok(false),
        }
    }
}

/// What allowed the same call at the gate. That is no yes for what turns out to run outside of the sandbox.
fn allowed_at_gate(known: Option<AtGate>, ask: &Ask) -> Option<Decision> {
    let known = known.filter(|known| known.hash == input_hash(&ask.input) && !ask.unconfined)?;
    (known.decision.verdict == Verdict::Allow).then_some(known.decision)
}

fn read(row: &GrantRow) -> Option<Grant> {
    match GrantRule::parse(&row.rule) {
        Ok(rule) => Some(Grant { id: row.id, rule }),
        Err(error) => {
            tracing::warn!(grant = %row.id, %error, "a grant cannot be understood any more");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::{
        approval::{ProjectTools, ToolLists},
        session::questions::{completed, grant_rule},
        words::Circle,
    };

    fn ask(tool: &str, input: serde_json::Value) -> Ask {
        Ask {
            id: "1".into(),
            kind: AskKind::Permission,
            call: "c".into(),
            sub_agent: None,
            tool: tool.into(),
            input,
            directory: Some("/srv/app".into()),
            reason: None,
            unconfined: false,
        }
    }

    /// What was decided at the gate of a call of an owner for whom everything is allowed.
    fn at_gate(ask: &Ask) -> AtGate {
        let lists = ToolLists {
            owner: vec!["*".into()],
            ..ToolLists::default()
        };
        let tools = ProjectTools::parse(&lists).unwrap();
        let policy = tools.policy_for(Circle::Members, Tier::Owner);
        AtGate {
            decision: policy.decide(ask, Path::new("/srv/app"), &[]),
            hash: input_hash(&ask.input),
            directory: None,
            sub_agent: None,
            unconfined: ask.unconfined,
        }
    }

    #[test]
    fn what_was_allowed_at_the_gate_is_allowed_behind_it_unless_it_runs_outside_of_the_sandbox() {
        let within = ask("Bash", json!({"command": "ls"}));
        let outside = Ask {
            unconfined: true,
            ..within.clone()
        };
        let other = ask("Bash", json!({"command": "ls -l"}));
        for (before, behind, is_allowed) in [
            (&within, &within, true),
            (&within, &other, false),
            (&within, &outside, false),
            (&outside, &within, false),
        ] {
            let known = at_gate(before);
            let behind = completed(behind, Some(&known));
            assert_eq!(behind.unconfined, before.unconfined || behind.unconfined);
            let allowed = allowed_at_gate(Some(known), &behind);
            assert_eq!(allowed.is_some(), is_allowed, "{before:?} {behind:?}");
        }
        // What was told of it at the gate only is known behind it.
        assert!(completed(&within, Some(&at_gate(&outside))).unconfined);
        assert!(!completed(&within, None).unconfined);
    }

    #[test]
    fn a_longer_yes_is_offered_for_a_patch_of_one_file_and_for_nothing_outside_of_the_sandbox() {
        let tools = ProjectTools::parse(&ToolLists::default()).unwrap();
        let policy = tools.policy_for(Circle::Members, Tier::Owner);
        let change = |file: &str| json!({"path": file, "kind": "update", "diff": "+a"});
        let patch = |files: &[&str]| {
            let changes: Vec<_> = files.iter().map(|file| change(file)).collect();
            ask("Patch", json!({ "changes": changes }))
        };
        for (call, offered) in [
            (
                ask("Bash", json!({"command": "ls"})),
                Some("Bash(ls) in /srv/app"),
            ),
            (patch(&["/srv/app/a"]), Some("Edit(//srv/app/a)")),
            (patch(&["/srv/app/../a"]), None),
            (patch(&["/srv/app/a", "/srv/app/b"]), None),
            (ask("Permissions", json!({"permissions": {}})), None),
        ] {
            let project = Path::new("/srv/app");
            let rule = grant_rule(&policy, project, &call);
            assert_eq!(rule.as_deref(), offered, "{call:?}");
            let outside = Ask {
                unconfined: true,
                ..call
            };
            assert_eq!(grant_rule(&policy, project, &outside), None);
        }
    }
}
