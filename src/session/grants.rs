//! What people have allowed for longer than once: seen, and taken back.

use super::{Engine, SessionError, engine::permit_for};
use crate::{
    access::{Action, Permit},
    store::GrantRow,
    words::{Approvers, GrantId},
};

/// A grant that has not ended, and whether it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The grant.
    pub grant: GrantRow,
    /// Whether it counts.
    pub holding: Holding,
}

/// Whether a grant counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// It does.
    Holds,
    /// It does not, as long as who gave it may not give it any more.
    GiverMayNot,
}

/// Whether a permit is enough to take a grant back: an owner's for any of them, that of others for what they
/// gave themselves.
pub fn may_revoke(permit: &Permit, grant: &GrantRow) -> bool {
    permit.is_for(Action::RevokeGrant) || grant.granted_by == permit.person()
}

impl Engine {
    /// The grants of the project of the permit's place that have not ended, the oldest first.
    pub async fn grants(&self, permit: &Permit) -> Result<Vec<Given>, SessionError> {
        permit_for(permit, Action::SeeGrants)?;
        let Some(project) = self.project_at(permit).await? else {
            return Ok(Vec::new());
        };
        // Where nothing is known, owners.
        let known = self.projects.named(&project);
        let approvers = known.map_or(&Approvers::Owners, |project| &project.tools.approvers);
        let now = self.clock.now();
        let mut all = Vec::new();
        for grant in self.store.grants_of(&project, now).await? {
            let holding = if self.still_holds(&grant, approvers).await? {
                Holding::Holds
            } else {
                Holding::GiverMayNot
            };
            all.push(Given { grant, holding });
        }
        Ok(all)
    }

    /// Takes a grant of the project of the permit's place back; says whether it held there. Who is no owner
    /// can take back what he gave himself.
    pub async fn revoke_grant(&self, permit: &Permit, id: GrantId) -> Result<bool, SessionError> {
        if !permit.is_for(Action::RevokeGrant) {
            permit_for(permit, Action::SeeGrants)?;
        }
        let project = self.project_at(permit).await?;
        let Some(grant) = self.store.grant(id).await? else {
            return Ok(false);
        };
        if !may_revoke(permit, &grant) || Some(&grant.project) != project.as_ref() {
            return Ok(false);
        }
        let (now, by) = (self.clock.now(), permit.person());
        let mut tx = self.store.write().await?;
        let held = tx.revoke_grant(id, by, now).await?;
        if held {
            let detail = format!("{} in {}", grant.rule, grant.scope);
            let object = format!("grant {id}");
            let told = format!("in {}", grant.scope);
            tx.audit_telling(now, Some(by), "grant_revoked", &object, &detail, &told)
                .await?;
        }
        tx.commit().await?;
        self.outbox.wake();
        Ok(held)
    }

    /// The project that is worked on at the permit's place.
    async fn project_at(&self, permit: &Permit) -> Result<Option<String>, SessionError> {
        let place = permit.place();
        if let Some(session) = self.store.session_at(place.post_channel()).await? {
            return Ok(Some(session.project));
        }
        let project = self.projects.of_channel(place.channel);
        Ok(project.map(|project| project.name.clone()))
    }
}
