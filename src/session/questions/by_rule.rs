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
        let same = known.filter(|known| known.hash == input_hash(&ask.input));
        let decision = match same {
            Some(known) if known.decision.verdict == Verdict::Allow && !ask.unconfined => {
                known.decision
            }
            // Meanwhile a person may have allowed the like.
            Some(_) | None => self.decide_anew(ask).await,
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

fn read(row: &GrantRow) -> Option<Grant> {
    match GrantRule::parse(&row.rule) {
        Ok(rule) => Some(Grant { id: row.id, rule }),
        Err(error) => {
            tracing::warn!(grant = %row.id, %error, "a grant cannot be understood any more");
            None
        }
    }
}
