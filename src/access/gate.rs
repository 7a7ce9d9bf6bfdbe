//! The decision with the memberships as they stand now.

use super::{Action, Owners, Permit, Refusal, policy::Law};
use crate::{
    clock::Clock,
    store::{MembershipRow, Store, StoreError},
    words::{Person, Place, Scope, Tier},
};

/// Decides by the memberships in the database. They are read anew each time: a block holds from the
/// moment it is stored, for whatever asks next.
#[derive(Clone, Debug)]
pub struct Gate {
    store: Store,
    owners: Owners,
    clock: Clock,
}

impl Gate {
    /// A gate for the owners of the settings.
    pub const fn new(store: Store, owners: Owners, clock: Clock) -> Self {
        Self {
            store,
            owners,
            clock,
        }
    }

    /// A gate where nobody is an owner by the settings.
    pub fn without_owners(store: Store, clock: Clock) -> Self {
        Self::new(store, Owners::default(), clock)
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    pub(super) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What holds now.
    pub(super) fn law<'a>(&self, rows: &'a [MembershipRow]) -> Law<'a> {
        Law {
            owners: self.owners,
            rows,
            now: self.clock.now(),
        }
    }

    /// What a person is at the permit's place, and the memberships that have a say in it now.
    pub async fn standing(
        &self,
        permit: &Permit,
        person: &Person,
    ) -> Result<(Tier, Vec<MembershipRow>), StoreError> {
        let place = permit.place();
        let mut rows = self.store.memberships_of(person.id, &person.roles).await?;
        let law = self.law(&rows);
        let (tier, now) = (law.tier(person, place), law.now);
        rows.retain(|row| row.holds_at(now) && place.scopes().any(|scope| scope == row.scope));
        Ok((tier, rows))
    }

    /// What a person is where these scopes hold, nearest first.
    pub async fn tier_in(&self, person: &Person, scopes: &[Scope]) -> Result<Tier, StoreError> {
        let rows = self.store.memberships_of(person.id, &person.roles).await?;
        Ok(self.law(&rows).tier_in(person, scopes))
    }

    /// Every membership that holds now.
    pub async fn memberships(&self, _: &Permit) -> Result<Vec<MembershipRow>, StoreError> {
        let now = self.clock.now();
        let mut rows = self.store.memberships().await?;
        rows.retain(|row| row.holds_at(now));
        Ok(rows)
    }

    /// May he? The outer error is the database's.
    pub async fn authorize(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Result<Permit, Refusal>, StoreError> {
        let rows = self.store.memberships_of(person.id, &person.roles).await?;
        Ok(self.law(&rows).decide(person, place, action))
    }
}
