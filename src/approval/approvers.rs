//! Who may say yes to a tool call.

use crate::words::{Approvers, Eyes, GrantScope, Person, Tier, UserId};

/// Why somebody may not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MayNot {
    /// He is not one of the approvers.
    #[error("Only {0} can decide on this.")]
    NotAnApprover(&'static str),
    /// He asked for it himself.
    #[error("You asked for this yourself, and this project wants somebody else to decide.")]
    OwnRequest,
}

/// Whether somebody who is of this tier where the agent works may decide on what was asked for by these
/// people. A pure decision: whoever is blocked has been turned away before.
pub fn may_decide(
    approvers: &Approvers,
    eyes: Eyes,
    person: &Person,
    tier: Tier,
    asked_by: &[UserId],
) -> Result<(), MayNot> {
    let is_approver = match (approvers, tier) {
        (_, Tier::Blocked) | (Approvers::Nobody, _) => false,
        (_, Tier::Owner) => true,
        (Approvers::Members, tier) => tier == Tier::Member,
        (Approvers::Roles(roles), _) => roles.iter().any(|role| person.roles.contains(role)),
        (Approvers::Owners, _) => false,
    };
    if !is_approver {
        return Err(MayNot::NotAnApprover(described(approvers)));
    }
    if eyes == Eyes::Four && asked_by.contains(&person.id) {
        return Err(MayNot::OwnRequest);
    }
    Ok(())
}

/// Whether somebody who has given a lasting yes, and is of this tier where it holds now, could give it still.
/// A pure decision: of what is known of him, and of the rules.
pub fn may_still_give(
    scope: GrantScope,
    approvers: &Approvers,
    giver: &Person,
    tier: Tier,
) -> bool {
    match scope {
        GrantScope::Session(_) => may_decide(approvers, Eyes::Two, giver, tier, &[]).is_ok(),
        GrantScope::Thread(_) | GrantScope::Channel(_) | GrantScope::Project => tier == Tier::Owner,
    }
}

const fn described(approvers: &Approvers) -> &'static str {
    match approvers {
        Approvers::Owners => "an owner",
        Approvers::Members => "a member or an owner",
        Approvers::Roles(_) => "somebody with a role that the project names, or an owner,",
        Approvers::Nobody => "nobody",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{ChannelId, RoleId, SessionId};

    const ANN: UserId = UserId::new(1);

    fn judged(approvers: &Approvers, tier: Tier, roles: &[u64], eyes: Eyes) -> Result<(), MayNot> {
        let person = Person {
            id: ANN,
            name: "ann".into(),
            roles: roles.iter().copied().map(RoleId::new).collect(),
        };
        may_decide(approvers, eyes, &person, tier, &[ANN])
    }

    #[test]
    fn who_may_decide_is_decided_by_tier_or_role_and_nobody_else_may() {
        let roles = Approvers::Roles(vec![RoleId::new(7)]);
        for (approvers, tier, has, may) in [
            (&Approvers::Owners, Tier::Owner, &[][..], true),
            (&Approvers::Owners, Tier::Member, &[7], false),
            (&Approvers::Members, Tier::Owner, &[], true),
            (&Approvers::Members, Tier::Member, &[], true),
            (&Approvers::Members, Tier::Guest, &[], false),
            (&roles, Tier::Owner, &[], true),
            (&roles, Tier::Member, &[8], false),
            (&roles, Tier::Guest, &[7], true),
            (&roles, Tier::Blocked, &[7], false),
            (&Approvers::Nobody, Tier::Owner, &[], false),
        ] {
            let judged = judged(approvers, tier, has, Eyes::Two);
            assert_eq!(judged.is_ok(), may, "{approvers:?} {tier:?} {has:?}");
        }
    }

    #[test]
    fn with_four_eyes_nobody_decides_on_his_own_request() {
        let judged = judged(&Approvers::Owners, Tier::Owner, &[], Eyes::Four);
        assert_eq!(judged, Err(MayNot::OwnRequest));
    }

    #[test]
    fn a_lasting_yes_holds_as_long_as_it_could_be_given() {
        let ann = Person {
            id: ANN,
            name: String::new(),
            roles: vec![RoleId::new(7)],
        };
        let session = GrantScope::Session(SessionId::fresh());
        let thread = GrantScope::Thread(ChannelId::new(3));
        let roles = Approvers::Roles(vec![RoleId::new(7)]);
        for (scope, approvers, tier, holds) in [
            (session, &Approvers::Members, Tier::Member, true),
            (session, &Approvers::Members, Tier::Guest, false),
            (session, &Approvers::Members, Tier::Blocked, false),
            (session, &Approvers::Owners, Tier::Member, false),
            (session, &roles, Tier::Guest, true),
            (session, &Approvers::Nobody, Tier::Owner, false),
            (thread, &Approvers::Members, Tier::Member, false),
            (thread, &Approvers::Members, Tier::Owner, true),
            (GrantScope::Project, &roles, Tier::Blocked, false),
        ] {
            let held = may_still_give(scope, approvers, &ann, tier);
            assert_eq!(held, holds, "{scope} {approvers:?} {tier:?}");
        }
    }
}
