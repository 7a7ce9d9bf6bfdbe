//! Changes of memberships by people: who may make whom what, and the change itself.

use std::time::Duration;

use thiserror::Error;

use super::{
    Action, Gate, Permit,
    judge::{Asked, judge},
};
use crate::{
    clock::Millis,
    store::{MembershipRow, StoreError, Subject},
    words::{Person, Scope, Tier},
};

/// What somebody wants to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose membership.
    pub subject: Subject,
    /// Where it holds.
    pub scope: Scope,
    /// What it is to give; `None` takes it away.
    pub tier: Option<Tier>,
    /// How long it is to hold; `None` for until somebody takes it away.
    pub span: Option<Duration>,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is stored.
    Set,
    /// It is gone; this is what it was.
    Removed(Tier),
    /// There was none.
    Nothing,
}

/// Why a membership stays as it is, in words for whoever wanted to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Forbidden {
    /// He is no owner where the membership would hold.
    #[error(
        "You are no owner where that would hold. Choose a nearer scope, or ask somebody who owns more \
         of this server."
    )]
    NotYours,
    /// The settings make them owners.
    #[error(
        "The settings of Baton make them an owner, and no command changes that. The operator of Baton \
         can."
    )]
    OwnerBySettings,
    /// It is about `@everyone`.
    #[error(
        "Discord counts @everyone among nobody's roles, so that would change nothing. Choose a role that \
         people are given; what everybody may do in a project, the operator of Baton sets as `guests`."
    )]
    NobodysRole,
    /// It would change somebody who is no less than himself, or may be.
    #[error(
        "That would change somebody who is an owner too, or could be one by a role. The operator of \
         Baton can do it with `baton member`."
    )]
    NoLess,
    /// It would make him more than he is.
    #[error("Nobody can make more of himself than he is. Ask another owner of this server.")]
    Raise,
    /// Nobody would be left.
    #[error("You are the last owner there. Make somebody else an owner first.")]
    LastOwner,
    /// Somebody became an owner while the change was prepared.
    #[error("The owners have changed this very moment, and nothing else was done. Try it again.")]
    Overtaken,
}

impl Gate {
    /// Changes a membership for somebody who may, with a line in the audit trail.
    ///
    /// `actor` is the permit's person. `known` are people with their roles: whom the change is
    /// about, if it is one, and the owners that are stored.
    pub async fn change_membership(
        &self,
        permit: &Permit,
        actor: &Person,
        change: Change,
        known: &[Person],
    ) -> Result<Result<Changed, Forbidden>, StoreError> {
        if permit.action() != Action::ManageMembers || permit.person() != actor.id {
            return Ok(Err(Forbidden::NotYours));
        }
        let now = self.clock().now();
        let mut tx = self.store().write().await?;
        tx.remove_ended_memberships(now).await?;
        let rows = tx.memberships().await?;
        let asked = Asked {
            actor,
            here: permit.place(),
            change,
            known,
        };
        if let Err(why) = judge(&asked, &self.law(&rows)) {
            return Ok(Err(why));
        }
        let Change { subject, scope, .. } = change;
        let (changed, action, detail) = match change.row(actor, now) {
            Some(row) => {
                tx.set_membership(&row).await?;
                (Changed::Set, "membership_set", told(&row))
            }
            None => match tx.remove_membership(subject, scope).await? {
                Some(tier) => (
                    Changed::Removed(tier),
                    "membership_removed",
                    format!("{tier} in {scope}"),
                ),
                None => return Ok(Ok(Changed::Nothing)),
            },
        };
        tx.audit(now, Some(actor.id), action, &subject.to_string(), &detail)
            .await?;
        tx.commit().await?;
        tracing::info!(by = %actor.id, %subject, %detail, action, "a membership was changed");
        Ok(Ok(changed))
    }
}

impl Change {
    /// The membership that it is to be from now on, if any.
    pub(super) fn row(&self, actor: &Person, now: Millis) -> Option<MembershipRow> {
        Some(MembershipRow {
            subject: self.subject,
            scope: self.scope,
            tier: self.tier?,
            granted_by: Some(actor.id),
            granted_at: now,
            expires_at: self.span.map(|span| now.after(span)),
        })
    }
}

/// A membership as the audit trail has it.
fn told(row: &MembershipRow) -> String {
    let MembershipRow { tier, scope, .. } = row;
    match row.expires_at {
        Some(end) => format!("{tier} in {scope} until {end}"),
        None => format!("{tier} in {scope}"),
    }
}
