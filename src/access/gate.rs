//! The decision with the memberships as they stand now.

use super::{Action, Owners, Permit, Refusal, policy};
use crate::{
    store::{Store, StoreError},
    words::{Person, Place},
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
