//! Changes of memberships by people: who may make whom what, and the change itself.

use thiserror::Error;

use super::{
    Action, Gate, Owners, Permit,
    policy::{rank, tier_in},
};
use crate::{
    clock::Millis,
    store::{MembershipRow, StoreError, Subject},
    words::{Person, Place, Scope, Tier},
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
    /// It would change somebody who is no less than himself.
    #[error(
        "That would change somebody who is an owner too. The operator of Baton can do it with `baton \
         member`."
    )]
    NoLess,
    /// It would make him more than he is.
    #[error("Nobody can make more of himself than he is. Ask another owner of this server.")]
    Raise,
    /// Nobody would be left.
    #[error("You are the last owner there. Make somebody else an owner first.")]
    LastOwner,
}

impl Gate {
    /// Changes a membership for somebody who may, with a line in the audit trail.
    ///
    /// `actor` is the permit's person. `known` are people with their roles: whom the change is
    /// about, if it is one, and the owners that are stored, if it is about a role.
    pub async fn change_membership(
        &self,
        permit: &Permit,
        actor: &Person,
        change: Change,
        known: &[Person],
        now: Millis,
    ) -> Result<Result<Changed, Forbidden>, StoreError> {
        if permit.action() != Action::ManageMembers || permit.person() != actor.id {
            return Ok(Err(Forbidden::NotYours));
        }
        let mut tx = self.store().write().await?;
        let rows = tx.memberships().await?;
        let asked = Asked {
            actor,
            here: permit.place(),
            change,
            known,
        };
        if let Err(why) = judge(&asked, &rows, self.owners()) {
            return Ok(Err(why));
        }
        let Change {
            subject,
            scope,
            tier,
        } = change;
        let (changed, action, tier) = match tier {
            Some(tier) => {
                let row = MembershipRow {
                    subject,
                    scope,
                    tier,
                    granted_by: Some(actor.id),
                    granted_at: now,
                };
                tx.set_membership(&row).await?;
                (Changed::Set, "membership_set", tier)
            }
            None => match tx.remove_membership(subject, scope).await? {
                Some(tier) => (Changed::Removed(tier), "membership_removed", tier),
                None => return Ok(Ok(Changed::Nothing)),
            },
        };
        let detail = format!("{tier} in {scope}");
        tx.audit(now, Some(actor.id), action, &subject.to_string(), &detail)
            .await?;
        tx.commit().await?;
        tracing::info!(by = %actor.id, %subject, %detail, action, "a membership was changed");
        Ok(Ok(changed))
    }
}

/// A change with all that decides on it.
struct Asked<'a> {
    actor: &'a Person,
    here: Place,
    change: Change,
    known: &'a [Person],
}

/// Decides. Pure: what it depends on is in its arguments.
fn judge(asked: &Asked<'_>, rows: &[MembershipRow], owners: Owners) -> Result<(), Forbidden> {
    let Asked {
        actor,
        here,
        change,
        known,
    } = asked;
    let scopes = scopes_of(change.scope, *here);
    let own = tier_in(actor, &scopes, rows, owners);
    if own != Tier::Owner {
        return Err(Forbidden::NotYours);
    }
    match change.subject {
        Subject::User(id) if owners.user == Some(id) => return Err(Forbidden::OwnerBySettings),
        Subject::Role(id) if owners.role == Some(id) => return Err(Forbidden::OwnerBySettings),
        Subject::User(_) | Subject::Role(_) => {}
    }
    let then = changed(rows, change);
    let before = |person: &Person| tier_in(person, &scopes, rows, owners);
    let after = |person: &Person| tier_in(person, &scopes, &then, owners);
    let others = || known.iter().filter(|person| person.id != actor.id);
    for person in others() {
        let (before, after) = (before(person), after(person));
        if before != after && rank(before) >= rank(own) {
            return Err(Forbidden::NoLess);
        }
    }
    let own_after = after(actor);
    if rank(own_after) > rank(own) {
        return Err(Forbidden::Raise);
    }
    let somebody_stays =
        owners.user.is_some() || others().any(|person| after(person) == Tier::Owner);
    if own_after != own && !somebody_stays {
        return Err(Forbidden::LastOwner);
    }
    Ok(())
}

/// The scopes that hold where one of them holds, nearest first. Of a thread elsewhere the channel is
/// not known: then only who owns the whole server owns it.
fn scopes_of(scope: Scope, here: Place) -> Vec<Scope> {
    match scope {
        Scope::Global => vec![scope],
        Scope::Thread(id) if here.thread == Some(id) => here.scopes().collect(),
        Scope::Channel(_) | Scope::Thread(_) => vec![scope, Scope::Global],
    }
}

/// The memberships as they would be.
fn changed(rows: &[MembershipRow], change: &Change) -> Vec<MembershipRow> {
    let is_meant = |row: &MembershipRow| row.subject == change.subject && row.scope == change.scope;
    let rest = rows.iter().filter(|row| !is_meant(row)).cloned();
    let new = change.tier.map(|tier| MembershipRow {
        subject: change.subject,
        scope: change.scope,
        tier,
        granted_by: None,
        granted_at: Millis::new(0),
    });
    rest.chain(new).collect()
}

#[cfg(test)]
mod tests;
