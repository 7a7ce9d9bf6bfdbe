//! The decision with the memberships as they stand now.

use super::{Action, Owners, Permit, Refusal, policy};
use crate::{
    store::{MembershipRow, Store, StoreError},
    words::{Person, Place, Tier},
};

/// Decides by the memberships in the database. They are read anew each time: a block holds from the
/// moment it is stored, for whatever asks next.
#[derive(Clone, Debug)]
pub struct Gate {
    store: Store,
    owners: Owners,
}

impl Gate {
    /// A gate for the owners of the settings.
    pub const fn new(store: Store, owners: Owners) -> Self {
        Self { store, owners }
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    pub(super) const fn owners(&self) -> Owners {
        self.owners
    }

    /// What a person is at a place, and the memberships that have a say in it.
    pub async fn standing(
        &self,
        person: &Person,
        place: Place,
    ) -> Result<(Tier, Vec<MembershipRow>), StoreError> {
        let mut rows = self.store.memberships_of(person.id, &person.roles).await?;
        let tier = policy::tier(person, place, &rows, self.owners);
        rows.retain(|row| place.scopes().any(|scope| scope == row.scope));
        Ok((tier, rows))
    }

    /// May he? The outer error is the database's.
    pub async fn authorize(
        &self,
        person: &Person,
        place: Place,
        action: Action,
    ) -> Result<Result<Permit, Refusal>, StoreError> {
        let rows = self.store.memberships_of(person.id, &person.roles).await?;
        Ok(policy::decide(person, place, action, &rows, self.owners))
    }
}
