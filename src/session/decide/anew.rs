//! A question whose call leads elsewhere by now: nobody says yes to what he was not shown, so the rules decide on it
//! as it is now, and people are asked anew where they leave it to them.

use std::path::PathBuf;

use super::NotDecided;
use crate::{
    approval::{Decision, leads_to, within_sandbox},
    runtime::{Ask, AskKind, Verdict},
    session::{
        Engine, SessionError,
        questions::{MOST_ASKED, grant_rule, looked_up},
    },
    store::{ApprovalEnd, ApprovalRow, Renewed, SessionRow, StoreError, Tx},
    words::ApprovalState,
};

/// What becomes of such a question.
pub(super) enum Anew {
    /// People are asked again, with what is true now.
    Asked(Renewed),
    /// A rule denies it, as it is now.
    Denied {
        /// Where it leads.
        leads_to: Option<String>,
        /// What the agent is told.
        why: String,
    },
    /// People have been asked too often to be asked again.
    TooOften {
        /// Where it leads.
        leads_to: Option<String>,
        /// What the agent is told.
        why: String,
    },
}

/// Where the call of a question leads at this moment.
pub(super) fn now_leads_to(row: &ApprovalRow) -> Option<PathBuf> {
    leads_to(&row.tool, &row.input, row.directory.as_deref())
}

/// The call that a question is about.
pub(super) fn call_of(row: &ApprovalRow) -> Ask {
    Ask {
        id: row.ask.clone(),
        kind: AskKind::Permission,
        call: String::new(),
        sub_agent: row.sub_agent.clone(),
        tool: row.tool.clone(),
        input: row.input.clone(),
        directory: row.directory.clone(),
        reason: None,
        unconfined: within_sandbox(&row.why).is_some(),
    }
}

impl Engine {
    /// What becomes of a question whose call leads elsewhere than when people were asked; `None` if it does not.
    pub(super) async fn leads_elsewhere(
        &self,
        row: &ApprovalRow,
        session: &SessionRow,
    ) -> Result<Option<Anew>, SessionError> {
        let path = now_leads_to(row);
        let leads_to = path.as_ref().map(|path| path.display().to_string());
        if leads_to == row.leads_to {
            return Ok(None);
        }
        let project = self.project_of(session)?;
        // Who makes a plan asks nobody for a call.
        let policy = project.tools.policy_for(session.circle, row.tier);
        let ask = call_of(row);
        let is_too_much = self.store.times_asked_in(row.run).await? >= MOST_ASKED;
        let decision = if is_too_much {
            Decision::too_much()
        } else {
            policy.decide(&ask, &project.directory, &[])
        };
        let why = match decision.verdict {
            Verdict::Deny(why) if is_too_much => {
                return Ok(Some(Anew::TooOften { leads_to, why }));
            }
            Verdict::Deny(why) => return Ok(Some(Anew::Denied { leads_to, why })),
            Verdict::Ask(why) if !ask.unconfined => why,
            // The agent program, or the agent, has a reason of its own to ask.
            Verdict::Allow | Verdict::Ask(_) => row.why.clone(),
        };
        let grantable = row.grant_rule.as_ref();
        Ok(Some(Anew::Asked(Renewed {
            found: looked_up(&policy, &project.directory, &ask, path.as_deref()),
            leads_to,
            why,
            rule: decision.rule.to_string(),
            grant_rule: grantable.and_then(|_| grant_rule(&policy, &project.directory, &ask)),
            expires_at: self.clock.now().after(self.limits.question),
        })))
    }

    /// Ends a question whose call leads elsewhere by now; says what who wanted to allow it is told. What he has open
    /// of it decides nothing any more.
    pub(super) async fn end_of_old(
        &self,
        tx: &mut Tx,
        row: &ApprovalRow,
        session: &SessionRow,
        anew: Anew,
    ) -> Result<NotDecided, StoreError> {
        let shown = |path: Option<String>| path.map(|path| self.secrets.redact(&path));
        let (state, reason, told) = match anew {
            Anew::Asked(now) => {
                let told = NotDecided::LeadsElsewhere(shown(now.leads_to.clone()));
                // First, so that the run waits all the while.
                self.note_question(tx, &row.anew(now), session.thread_id)
                    .await?;
                let why = "it leads elsewhere by now".to_owned();
                (ApprovalState::AskedAnew, why, told)
            }
            Anew::Denied { leads_to, why } => {
                let told = NotDecided::LeadsToDenied(shown(leads_to));
                (ApprovalState::Denied, why, told)
            }
            Anew::TooOften { leads_to, why } => {
                let told = NotDecided::LeadsElsewhereTooOften(shown(leads_to));
                (ApprovalState::Denied, why, told)
            }
        };
        let end = ApprovalEnd::without_a_person(state, Some(reason));
        self.end_question(tx, row, &end, self.clock.now()).await?;
        Ok(told)
    }
}
