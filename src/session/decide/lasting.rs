//! A yes for longer than once: what comes of it, and how long it holds.

use super::{Breadth, NotDecided, Span, anew::call_of};
use crate::{
    approval::{Grant, GrantRule, may_still_give},
    runtime::Verdict,
    session::{Engine, SessionError},
    store::{ApprovalRow, GrantRow, SessionRow},
    words::{Approvers, GrantId, GrantScope, Person, Place, Scope, Tier},
};

impl Engine {
    /// The grant that comes with a yes for longer than once.
    pub(super) async fn grant_for(
        &self,
        row: &ApprovalRow,
        session: &SessionRow,
        person: &Person,
        span: Option<&Span>,
    ) -> Result<Result<Option<GrantRow>, NotDecided>, SessionError> {
        let now = self.clock.now();
        // What a rule with a secret in it would allow, nobody could have read.
        let is_readable = |rule: &String| self.secrets.redact(rule) == *rule;
        let Some(rule) = row.grant_rule.clone().filter(is_readable) else {
            return Ok(match span {
                None | Some(Span::Once) => Ok(None),
                Some(Span::Session | Span::Always { .. }) => Err(NotDecided::NotThatWay),
            });
        };
        let (scope, until, rule) = match span {
            None | Some(Span::Once) => return Ok(Ok(None)),
            Some(Span::Session) => (GrantScope::Session(session.id), None, rule),
            Some(Span::Always {
                rule,
                breadth,
                until,
            }) => {
                let scope = scope_of(session, *breadth);
                let scopes = scopes_of(session.place(), scope);
                if self.gate.tier_in(person, &scopes).await? != Tier::Owner {
                    return Ok(Err(NotDecided::NotAnOwner));
                }
                if !self.would_allow(row, session, rule)? {
                    return Ok(Err(NotDecided::OtherRule));
                }
                (scope, *until, rule.to_string())
            }
        };
        if until.is_some_and(|until| until <= now) {
            return Ok(Err(NotDecided::NotThatWay));
        }
        Ok(Ok(Some(GrantRow {
            id: GrantId::fresh(),
            rule,
            project: row.project.clone(),
            scope,
            tier: row.tier,
            granted_by: person.id,
            giver_roles: person.roles.clone(),
            place: Some(session.place()),
            granted_at: now,
            expires_at: until,
            revoked_at: None,
            revoked_by: None,
        })))
    }

    /// Whether a rule would let the call through that is asked about.
    fn would_allow(
        &self,
        row: &ApprovalRow,
        session: &SessionRow,
        rule: &GrantRule,
    ) -> Result<bool, SessionError> {
        let project = self.project_of(session)?;
        let ask = call_of(row);
        let grant = Grant {
            id: GrantId::fresh(),
            rule: rule.clone(),
        };
        let policy = project.tools.policy_for(session.circle, row.tier);
        let decided = policy.decide(&ask, &project.directory, &[grant]);
        Ok(decided.verdict == Verdict::Allow)
    }

    /// Whether who gave a grant could still give it: a block and a loss of tier hold for it too.
    pub(in crate::session) async fn still_holds(
        &self,
        grant: &GrantRow,
        approvers: &Approvers,
    ) -> Result<bool, SessionError> {
        let Some(place) = grant.place else {
            return Ok(false);
        };
        let giver = grant.giver();
        let scopes = scopes_of(place, grant.scope);
        let tier = self.gate.tier_in(&giver, &scopes).await?;
        Ok(may_still_give(grant.scope, approvers, &giver, tier))
    }
}

/// Where a lasting yes holds for a session's project.
fn scope_of(session: &SessionRow, breadth: Breadth) -> GrantScope {
    match breadth {
        Breadth::Thread if !session.is_bound_to_channel() => GrantScope::Thread(session.thread_id),
        Breadth::Thread | Breadth::Channel => GrantScope::Channel(session.channel_id),
        Breadth::Project => GrantScope::Project,
    }
}

/// The scopes of memberships that have a say where a grant of this place's session holds, nearest first.
fn scopes_of(place: Place, scope: GrantScope) -> Vec<Scope> {
    match scope {
        GrantScope::Session(_) | GrantScope::Thread(_) => place.scopes().collect(),
        GrantScope::Channel(_) => {
            let thread = None;
            Place { thread, ..place }.scopes().collect()
        }
        GrantScope::Project => vec![Scope::Global],
    }
}
