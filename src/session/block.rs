//! A change of who may what, and what it does to what is under way.

use std::sync::Arc;

use super::{Engine, SessionError};
use crate::{
    access::{Change, Changed, Forbidden, Permit},
    words::Person,
};

impl Engine {
    /// Changes a membership for somebody who may.
    pub async fn change_membership(
        self: &Arc<Self>,
        permit: &Permit,
        actor: &Person,
        change: Change,
        known: &[Person],
    ) -> Result<Result<Changed, Forbidden>, SessionError> {
        Ok(self
            .gate
            .change_membership(permit, actor, change, known)
            .await?)
    }
}
