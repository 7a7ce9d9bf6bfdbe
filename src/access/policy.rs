//! The one decision.

use thiserror::Error;

use crate::{
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

/// What a person wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Have an agent work.
    Ask,
    /// The same in a channel whose conversation is for owners only.
    AskInOwnersChannel,
    /// End what an agent does.
    Cancel,
    /// Begin a conversation in a thread.
    StartSession,
    /// End a conversation, or begin it anew.
    EndSession,
    /// Give a whole channel to a conversation or take it back, and use a project outside its
    /// channels.
    ManageChannel,
    /// See which conversations there are.
    ListSessions,
    /// See where one stands in the queue.
    SeeQueue,
    /// See how the server is.
    SeeHealth,
    /// See what one is oneself.
    SeeOwnTier,
    /// See and change what others are.
    ManageMembers,
}

impl Action {
    /// The least that a person must be.
    const fn demands(self) -> Tier {
        match self {
            Self::SeeHealth | Self::SeeOwnTier => Tier::Guest,
            Self::Ask
            | Self::Cancel
            | Self::StartSession
            | Self::EndSession
            | Self::ListSessions
            | Self::SeeQueue => Tier::Member,
            Self::AskInOwnersChannel | Self::ManageChannel | Self::ManageMembers => Tier::Owner,
        }
    }

    /// What it takes to do the same in a channel whose conversation is for owners only.
    #[must_use]
    pub const fn in_owners_channel(self) -> Self {
        match self {
            Self::Ask | Self::AskInOwnersChannel => Self::AskInOwnersChannel,
            Self::Cancel | Self::EndSession | Self::ManageChannel => Self::ManageChannel,
            Self::StartSession
            | Self::ListSessions
            | Self::SeeQueue
            | Self::SeeHealth
            | Self::SeeOwnTier
            | Self::ManageMembers => self,
        }
    }
}

/// The proof that a person may do one action at one place. Nothing outside this room can make one.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

/// What a person is at a place.
///
/// The configured owner user is the owner, whatever anybody wrote into the database: he can always
/// get back in. For everybody else a block at any scope that holds here, by user or by role, beats
/// all. Then the owner role, then the nearest scope that says anything; within one scope a
/// membership of the person himself beats those of his roles, of which the highest counts.
pub(super) fn tier(person: &Person, place: Place, rows: &[MembershipRow], owners: Owners) -> Tier {
    let scopes: Vec<Scope> = place.scopes().collect();
    tier_in(person, &scopes, rows, owners)
}

/// The same for the scopes that hold somewhere, nearest first.
pub(super) fn tier_in(
    person: &Person,
    scopes: &[Scope],
    rows: &[MembershipRow],
    owners: Owners,
) -> Tier {
    if owners.user == Some(person.id) {
        return Tier::Owner;
    }
    let mine = |row: &&MembershipRow| match row.subject {
        Subject::User(id) => id == person.id,
        Subject::Role(id) => person.roles.contains(&id),
    };
    let here: Vec<&MembershipRow> = rows.iter().filter(mine).collect();
    let holds = |row: &&&MembershipRow| scopes.contains(&row.scope);
    if here
        .iter()
        .filter(holds)
        .any(|row| row.tier == Tier::Blocked)
    {
        return Tier::Blocked;
    }
    if owners.role.is_some_and(|role| person.roles.contains(&role)) {
        return Tier::Owner;
    }
    scopes
        .iter()
        .find_map(|scope| at_scope(&here, *scope))
        .unwrap_or(Tier::Guest)
}

fn at_scope(rows: &[&MembershipRow], scope: Scope) -> Option<Tier> {
    let rows = || rows.iter().filter(|row| row.scope == scope);
    let own = rows().find(|row| matches!(row.subject, Subject::User(_)));
    own.map(|row| row.tier)
        .or_else(|| rows().map(|row| row.tier).max_by_key(|tier| rank(*tier)))
}

/// How high a tier stands.
pub(super) const fn rank(tier: Tier) -> u8 {
    match tier {
        Tier::Blocked => 0,
        Tier::Guest => 1,
        Tier::Member => 2,
        Tier::Owner => 3,
    }
}

/// Decides. Pure: what it depends on is in its arguments.
pub(super) fn decide(
    person: &Person,
    place: Place,
    action: Action,
    rows: &[MembershipRow],
    owners: Owners,
) -> Result<Permit, Refusal> {
    let tier = tier(person, place, rows, owners);
    if tier == Tier::Blocked {
        return Err(Refusal::Blocked);
    }
    if rank(tier) < rank(action.demands()) {
        return Err(match action.demands() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Millis,
        words::{ChannelId, GuildId},
    };

    const USER: UserId = UserId::new(7);
    const ROLE: RoleId = RoleId::new(70);
    const OWNER_ROLE: RoleId = RoleId::new(71);

    fn person() -> Person {
        Person {
            id: USER,
            name: "ann".into(),
            roles: vec![ROLE],
        }
    }

    fn thread() -> Place {
        Place {
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            thread: Some(ChannelId::new(3)),
        }
    }

    fn user(scope: &str, tier: Tier) -> MembershipRow {
        row(Subject::User(USER), scope, tier)
    }

    fn role(scope: &str, tier: Tier) -> MembershipRow {
        row(Subject::Role(ROLE), scope, tier)
    }

    fn row(subject: Subject, scope: &str, tier: Tier) -> MembershipRow {
        MembershipRow {
            subject,
            scope: scope.parse().unwrap(),
            tier,
            granted_by: None,
            granted_at: Millis::new(0),
        }
    }

    fn tier_with(rows: &[MembershipRow]) -> Tier {
        tier(&person(), thread(), rows, Owners::default())
    }

    #[test]
    fn a_stranger_is_a_guest() {
        assert_eq!(tier_with(&[]), Tier::Guest);
        let elsewhere = [
            user("channel:9", Tier::Owner),
            user("thread:9", Tier::Member),
        ];
        assert_eq!(tier_with(&elsewhere), Tier::Guest);
    }

    #[test]
    fn a_block_at_any_scope_beats_everything_nearer() {
        for scope in ["global", "channel:2", "thread:3"] {
            for block in [user(scope, Tier::Blocked), role(scope, Tier::Blocked)] {
                let rows = [
                    user("thread:3", Tier::Owner),
                    user("global", Tier::Owner),
                    block,
                ];
                // Rows of one subject and scope replace each other in the database; here the
                // later one stands for the only one.
                let rows: Vec<_> = rows
                    .iter()
                    .rev()
                    .scan(Vec::new(), |seen, row| {
                        let first = !seen.contains(&(row.subject, row.scope));
                        seen.push((row.subject, row.scope));
                        Some((first, row.clone()))
                    })
                    .filter_map(|(first, row)| first.then_some(row))
                    .collect();
                assert_eq!(tier_with(&rows), Tier::Blocked, "{scope}");
            }
        }
    }

    #[test]
    fn a_block_of_the_channel_holds_in_its_threads_but_not_next_door() {
        let rows = [user("channel:2", Tier::Blocked)];
        assert_eq!(tier_with(&rows), Tier::Blocked);
        let next_door = Place {
            channel: ChannelId::new(4),
            thread: None,
            ..thread()
        };
        assert_eq!(
            tier(&person(), next_door, &rows, Owners::default()),
            Tier::Guest
        );
    }

    #[test]
    fn the_nearest_scope_wins() {
        let rows = [user("global", Tier::Owner), user("channel:2", Tier::Member)];
        assert_eq!(tier_with(&rows), Tier::Member);
        let rows = [user("global", Tier::Member), role("thread:3", Tier::Guest)];
        assert_eq!(tier_with(&rows), Tier::Guest);
    }

    #[test]
    fn within_a_scope_the_person_beats_his_roles() {
        let rows = [role("global", Tier::Owner), user("global", Tier::Member)];
        assert_eq!(tier_with(&rows), Tier::Member);
    }

    #[test]
    fn the_owner_of_the_settings_cannot_be_locked_out() {
        let owners = Owners {
            user: Some(USER),
            role: None,
        };
        let rows = [user("global", Tier::Blocked)];
        assert_eq!(tier(&person(), thread(), &rows, owners), Tier::Owner);
    }

    #[test]
    fn a_holder_of_the_owner_role_can_be_blocked() {
        let owners = Owners {
            user: None,
            role: Some(OWNER_ROLE),
        };
        let mut person = person();
        person.roles.push(OWNER_ROLE);
        assert_eq!(tier(&person, thread(), &[], owners), Tier::Owner);
        let rows = [user("channel:2", Tier::Blocked)];
        assert_eq!(tier(&person, thread(), &rows, owners), Tier::Blocked);
    }

    #[test]
    fn each_action_demands_its_tier() {
        let decide = |action, rows: &[MembershipRow]| {
            decide(&person(), thread(), action, rows, Owners::default()).map(|permit| permit.tier())
        };
        let blocked = [user("global", Tier::Blocked)];
        let member = [user("global", Tier::Member)];
        let owner = [user("channel:2", Tier::Owner)];
        for action in [
            Action::Ask,
            Action::Cancel,
            Action::StartSession,
            Action::EndSession,
            Action::ListSessions,
            Action::SeeQueue,
        ] {
            assert_eq!(decide(action, &[]), Err(Refusal::NotAMember));
            assert_eq!(decide(action, &blocked), Err(Refusal::Blocked));
            assert_eq!(decide(action, &member), Ok(Tier::Member));
        }
        for action in [
            Action::AskInOwnersChannel,
            Action::ManageChannel,
            Action::ManageMembers,
        ] {
            assert_eq!(decide(action, &[]), Err(Refusal::NotAnOwner));
            assert_eq!(decide(action, &blocked), Err(Refusal::Blocked));
            assert_eq!(decide(action, &member), Err(Refusal::NotAnOwner));
            assert_eq!(decide(action, &owner), Ok(Tier::Owner));
        }
        for action in [Action::SeeHealth, Action::SeeOwnTier] {
            assert_eq!(decide(action, &[]), Ok(Tier::Guest));
            assert_eq!(decide(action, &blocked), Err(Refusal::Blocked));
        }
    }
}
