//! What somebody is, and what that lets him do.

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
        expires_at: None,
    }
}

const NOW: Millis = Millis::new(1_000);

fn law(rows: &[MembershipRow], owners: Owners) -> Law<'_> {
    Law {
        owners,
        rows,
        now: NOW,
    }
}

fn tier_with(rows: &[MembershipRow]) -> Tier {
    law(rows, Owners::default()).tier(&person(), thread())
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
        law(&rows, Owners::default()).tier(&person(), next_door),
        Tier::Guest
    );
}

#[test]
fn the_nearest_scope_wins() {
    let rows = [
        user("channel:2", Tier::Owner),
        user("thread:3", Tier::Guest),
    ];
    assert_eq!(tier_with(&rows), Tier::Guest);
    let rows = [user("global", Tier::Member), role("thread:3", Tier::Guest)];
    assert_eq!(tier_with(&rows), Tier::Guest);
}

#[test]
fn who_owns_everything_owns_every_corner_unless_he_is_blocked_there() {
    for own in [user("global", Tier::Owner), role("global", Tier::Owner)] {
        let nearer = [
            own.clone(),
            user("channel:2", Tier::Guest),
            role("thread:3", Tier::Member),
        ];
        assert_eq!(tier_with(&nearer), Tier::Owner);
        let blocked = [own, role("channel:2", Tier::Blocked)];
        assert_eq!(tier_with(&blocked), Tier::Blocked);
    }
}

#[test]
fn a_membership_and_a_block_end_at_their_moment() {
    for (end, holds) in [
        (NOW.get() - 1, false),
        (NOW.get(), false),
        (NOW.get() + 1, true),
    ] {
        let until = |row: MembershipRow| MembershipRow {
            expires_at: Some(Millis::new(end)),
            ..row
        };
        let member = [until(user("global", Tier::Member))];
        let wanted = if holds { Tier::Member } else { Tier::Guest };
        assert_eq!(tier_with(&member), wanted, "{end}");
        let blocked = [
            user("global", Tier::Member),
            until(role("channel:2", Tier::Blocked)),
        ];
        let wanted = if holds { Tier::Blocked } else { Tier::Member };
        assert_eq!(tier_with(&blocked), wanted, "{end}");
    }
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
    assert_eq!(law(&rows, owners).tier(&person(), thread()), Tier::Owner);
}

#[test]
fn a_holder_of_the_owner_role_can_be_blocked() {
    let owners = Owners {
        user: None,
        role: Some(OWNER_ROLE),
    };
    let mut person = person();
    person.roles.push(OWNER_ROLE);
    assert_eq!(law(&[], owners).tier(&person, thread()), Tier::Owner);
    let rows = [user("channel:2", Tier::Blocked)];
    assert_eq!(law(&rows, owners).tier(&person, thread()), Tier::Blocked);
}

#[test]
fn each_action_demands_its_tier() {
    let decide = |action, rows: &[MembershipRow]| {
        law(rows, Owners::default())
            .decide(&person(), thread(), action)
            .map(|permit| permit.tier())
    };
    let blocked = [user("global", Tier::Blocked)];
    let member = [user("global", Tier::Member)];
    let owner = [user("channel:2", Tier::Owner)];
    let of_all = [user("global", Tier::Owner)];
    for action in Action::ALL {
        if action.is_everywhere() {
            assert_eq!(decide(*action, &owner), Err(Refusal::NotOwnerOfAll));
            assert_eq!(decide(*action, &of_all), Ok(Tier::Owner));
            continue;
        }
        let found = [&[][..], &blocked, &member, &owner].map(|rows| decide(*action, rows));
        let (guest, member) = match action.demands() {
            Tier::Guest => (Ok(Tier::Guest), Ok(Tier::Member)),
            Tier::Member => (Err(Refusal::NotAMember), Ok(Tier::Member)),
            Tier::Owner => (Err(Refusal::NotAnOwner), Err(Refusal::NotAnOwner)),
            Tier::Blocked => panic!("nothing is for the blocked"),
        };
        let wanted = [guest, Err(Refusal::Blocked), member, Ok(Tier::Owner)];
        assert_eq!(found, wanted, "{action:?}");
    }
    let for_guests = |action: &&Action| action.demands() == Tier::Guest;
    let for_guests: Vec<_> = Action::ALL.iter().filter(for_guests).collect();
    let wanted = [Action::AskAsGuest, Action::SeeHealth, Action::Decide];
    assert_eq!(for_guests, wanted.iter().collect::<Vec<_>>());
    let for_owners = |action: &&Action| action.demands() == Tier::Owner;
    let for_owners: Vec<_> = Action::ALL.iter().filter(for_owners).collect();
    let wanted = [
        Action::AskInOwnersChannel,
        Action::ManageChannel,
        Action::ManageMembers,
        Action::RevokeGrant,
        Action::LogIn,
        Action::SeeAccounts,
    ];
    assert_eq!(for_owners, wanted.iter().collect::<Vec<_>>());
}
