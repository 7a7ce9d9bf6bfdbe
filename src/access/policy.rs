//! The one decision.

use thiserror::Error;

use super::Action;
use crate::{
    clock::Millis,
    store::{MembershipRow, Subject},
    words::{Person, Place, RoleId, Scope, Tier, UserId},
};

/// Who owns the server, by its settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// One person.
    pub user: Option<UserId>,
    /// Everybody with this role.
    pub role: Option<RoleId>,
}

/// The proof that a person may do one action at one place. Nothing outside this room can make one,
/// and none can be copied for later: what comes later asks again.
///
/// ```compile_fail,E0451
/// use baton::{access::{Action, Permit}, words::{ChannelId, GuildId, Place, Tier, UserId}};
///
/// let place = Place { guild: GuildId::new(1), channel: ChannelId::new(2), thread: None };
/// let (person, tier, action) = (UserId::new(3), Tier::Owner, Action::ManageMembers);
/// let forged = Permit { person, tier, action, place };
/// ```
///
/// ```compile_fail,E0599
/// fn kept(permit: &baton::access::Permit) -> baton::access::Permit {
///     baton::access::Permit::clone(permit)
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    person: UserId,
    tier: Tier,
    action: Action,
    place: Place,
}

impl Permit {
    /// Who may.
    pub const fn person(&self) -> UserId {
        self.person
    }

    /// What he is there.
    pub const fn tier(&self) -> Tier {
        self.tier
    }

    /// What he may do.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// Where.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Whether it is for this, also in a channel that is for owners only.
    pub fn is_for(&self, action: Action) -> bool {
        self.action == action || self.action == action.in_owners_channel()
    }
}

/// Why not, in words for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// He is blocked here.
    #[error("You are blocked here. An owner of this server can lift that.")]
    Blocked,
    /// He is nobody here.
    #[error("Only members can work with the agents here. Ask an owner of this server to add you.")]
    NotAMember,
    /// He is no owner here.
    #[error("Only owners may do that here. Ask an owner of this server to do it for you.")]
    NotAnOwner,
    /// He is an owner here, and not everywhere.
    #[error("That is for owners of the whole server. Ask one of them to do it for you.")]
    NotOwnerOfAll,
}

/// All that decides beside person, place and action. Deciding is pure: the same law says the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Law<'a> {
    /// The owners of the settings.
    pub(super) owners: Owners,
    /// The memberships; those of others do not matter.
    pub(super) rows: &'a [MembershipRow],
    /// The moment.
    pub(super) now: Millis,
}

impl Law<'_> {
    /// What a person is at a place.
    pub(super) fn tier(&self, person: &Person, place: Place) -> Tier {
        let scopes: Vec<Scope> = place.scopes().collect();
        self.tier_in(person, &scopes)
    }

    /// What a person is where these scopes hold, nearest first.
    ///
    /// The configured owner user is the owner, whatever anybody wrote into the database: he can
    /// always get back in. For everybody else a block at any of the scopes, by user or by role, beats
    /// all. Then the owner role and a membership that makes an owner of everything: such a person is
    /// the owner in every corner. Then the nearest scope that says anything.
    pub(super) fn tier_in(&self, person: &Person, scopes: &[Scope]) -> Tier {
        if self.owners.user == Some(person.id) {
            return Tier::Owner;
        }
        let here: Vec<&MembershipRow> = self
            .rows
            .iter()
            .filter(|row| is_of(row.subject, person) && scopes.contains(&row.scope))
            .filter(|row| row.holds_at(self.now))
            .collect();
        if here.iter().any(|row| row.tier == Tier::Blocked) {
            return Tier::Blocked;
        }
        let by_role = self
            .owners
            .role
            .is_some_and(|role| person.roles.contains(&role));
        if by_role || at_scope(&here, Scope::Global) == Some(Tier::Owner) {
            return Tier::Owner;
        }
        scopes
            .iter()
            .find_map(|scope| at_scope(&here, *scope))
            .unwrap_or(Tier::Guest)
    }

    /// May he?
    pub(super) fn decide(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Permit, Refusal> {
        let tier = self.tier(person, place);
        if tier == Tier::Blocked {
            return Err(Refusal::Blocked);
        }
        let counts = if action.is_everywhere() {
            self.tier_in(person, &[Scope::Global])
        } else {
            tier
        };
        if counts.rank() < action.demands().rank() {
            return Err(match action.demands() {
                Tier::Owner if tier == Tier::Owner => Refusal::NotOwnerOfAll,
                Tier::Owner => Refusal::NotAnOwner,
                Tier::Member | Tier::Guest | Tier::Blocked => Refusal::NotAMember,
            });
        }
        Ok(Permit {
            person: person.id,
            tier,
            action,
            place,
        })
    }
}

/// Whether a membership of this subject is one of the person's.
pub(super) fn is_of(subject: Subject, person: &Person) -> bool {
    match subject {
        Subject::User(id) => id == person.id,
        Subject::Role(id) => person.roles.contains(&id),
    }
}

/// What one scope says of a person: his own membership beats those of his roles, of which the
/// highest counts.
fn at_scope(rows: &[&MembershipRow], scope: Scope) -> Option<Tier> {
    let rows = || rows.iter().filter(|row| row.scope == scope);
    let own = rows().find(|row| matches!(row.subject, Subject::User(_)));
    own.map(|row| row.tier)
        .or_else(|| rows().map(|row| row.tier).max_by_key(|tier| tier.rank()))
}

#[cfg(test)]
mod tests;
