//! Who may make whom what.

use std::time::Duration;

use super::*;
use crate::{access::Owners, words::GuildId};

const ACTOR: u64 = 1;
const OTHER: u64 = 2;
const ROLE: u64 = 70;
const OWNER_ROLE: u64 = 71;

fn person(id: u64, roles: &[u64]) -> Person {
    Person {
        id: UserId::new(id),
        name: id.to_string(),
        roles: roles.iter().copied().map(RoleId::new).collect(),
    }
}

fn here() -> Place {
    Place {
        guild: GuildId::new(1),
        channel: ChannelId::new(2),
        thread: Some(ChannelId::new(3)),
    }
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

fn user(id: u64) -> Subject {
    Subject::User(UserId::new(id))
}

fn role(id: u64) -> Subject {
    Subject::Role(RoleId::new(id))
}

/// What becomes of a change by the actor, who holds `ROLE`, as does the other one.
fn judged(
    rows: &[MembershipRow],
    owners: Owners,
    subject: Subject,
    scope: &str,
    tier: Option<Tier>,
) -> Result<(), Forbidden> {
    let change = Change {
        subject,
        scope: scope.parse().unwrap(),
        tier,
        span: None,
    };
    judged_change(rows, owners, change)
}

fn judged_change(rows: &[MembershipRow], owners: Owners, change: Change) -> Result<(), Forbidden> {
    let actor = person(ACTOR, &[ROLE]);
    let known = [person(OTHER, &[ROLE]), person(ACTOR, &[ROLE])];
    let asked = Asked {
        actor: &actor,
        here: here(),
        change,
        known: &known,
    };
    let now = NOW;
    judge(&asked, &Law { owners, rows, now })
}

const NOW: Millis = Millis::new(1_000);

const NOBODY: Owners = Owners {
    user: None,
    role: None,
};

#[test]
fn only_who_owns_a_scope_changes_it() {
    use Tier::{Blocked, Guest, Member, Owner};
    let table = [
        (None, "thread:3", Err(Forbidden::NotYours)),
        (
            Some(("global", Guest)),
            "thread:3",
            Err(Forbidden::NotYours),
        ),
        (
            Some(("global", Member)),
            "thread:3",
            Err(Forbidden::NotYours),
        ),
        (
            Some(("global", Blocked)),
            "thread:3",
            Err(Forbidden::NotYours),
        ),
        (Some(("thread:3", Owner)), "thread:3", Ok(())),
        (
            Some(("thread:3", Owner)),
            "channel:2",
            Err(Forbidden::NotYours),
        ),
        (Some(("channel:2", Owner)), "thread:3", Ok(())),
        (Some(("channel:2", Owner)), "channel:2", Ok(())),
        (
            Some(("channel:2", Owner)),
            "channel:9",
            Err(Forbidden::NotYours),
        ),
        (
            Some(("channel:2", Owner)),
            "global",
            Err(Forbidden::NotYours),
        ),
        (Some(("channel:9", Owner)), "channel:9", Ok(())),
        (Some(("global", Owner)), "global", Ok(())),
        (Some(("global", Owner)), "thread:9", Ok(())),
    ];
    for (own, scope, wanted) in table {
        let rows: Vec<_> = own
            .map(|(scope, tier)| row(user(ACTOR), scope, tier))
            .into_iter()
            .collect();
        let found = judged(&rows, NOBODY, user(OTHER), scope, Some(Member));
        assert_eq!(found, wanted, "{own:?} changes {scope}");
    }
}

#[test]
fn nobody_changes_who_is_no_less_than_himself() {
    let rows = [
        row(user(ACTOR), "global", Tier::Owner),
        row(user(OTHER), "global", Tier::Owner),
    ];
    for tier in [
        Some(Tier::Member),
        Some(Tier::Guest),
        Some(Tier::Blocked),
        None,
    ] {
        let found = judged(&rows, NOBODY, user(OTHER), "global", tier);
        assert_eq!(found, Err(Forbidden::NoLess), "{tier:?}");
    }
    // Nor in a corner of the server, nor by a role that both hold.
    let near = judged(&rows, NOBODY, user(OTHER), "thread:3", Some(Tier::Blocked));
    assert_eq!(near, Err(Forbidden::NoLess));
    let by_role = judged(&rows, NOBODY, role(ROLE), "global", Some(Tier::Blocked));
    assert_eq!(by_role, Err(Forbidden::NoLess));
    // What changes nothing hurts nobody.
    let same = judged(&rows, NOBODY, user(OTHER), "global", Some(Tier::Owner));
    assert_eq!(same, Ok(()));
    let below = judged(&rows, NOBODY, role(ROLE), "global", Some(Tier::Member));
    assert_eq!(below, Ok(()));
}

#[test]
fn an_owner_may_lower_himself_unless_he_is_the_last() {
    let alone = [row(user(ACTOR), "global", Tier::Owner)];
    for tier in [Some(Tier::Member), Some(Tier::Blocked), None] {
        let found = judged(&alone, NOBODY, user(ACTOR), "global", tier);
        assert_eq!(found, Err(Forbidden::LastOwner), "{tier:?}");
    }
    let by_role = judged(&alone, NOBODY, role(ROLE), "global", Some(Tier::Blocked));
    assert_eq!(by_role, Err(Forbidden::LastOwner));
    let two = [alone[0].clone(), row(user(OTHER), "global", Tier::Owner)];
    assert_eq!(judged(&two, NOBODY, user(ACTOR), "global", None), Ok(()));
    let settings = Owners {
        user: Some(UserId::new(9)),
        role: None,
    };
    assert_eq!(
        judged(&alone, settings, user(ACTOR), "global", None),
        Ok(())
    );
    // Who cannot come back into a corner alone is the last one there.
    let local = [row(user(ACTOR), "channel:2", Tier::Owner)];
    let corner = judged(&local, NOBODY, user(ACTOR), "thread:3", Some(Tier::Member));
    assert_eq!(corner, Err(Forbidden::LastOwner));
}

#[test]
fn the_owners_of_the_settings_stay_what_they_are() {
    let owners = Owners {
        user: Some(UserId::new(OTHER)),
        role: Some(RoleId::new(OWNER_ROLE)),
    };
    let rows = [row(user(ACTOR), "global", Tier::Owner)];
    for subject in [user(OTHER), role(OWNER_ROLE)] {
        for tier in [Some(Tier::Blocked), Some(Tier::Owner), None] {
            let found = judged(&rows, owners, subject, "global", tier);
            assert_eq!(found, Err(Forbidden::OwnerBySettings), "{subject} {tier:?}");
        }
    }
}

#[test]
fn a_blocked_owner_by_role_owns_nothing() {
    let owners = Owners {
        user: None,
        role: Some(RoleId::new(ROLE)),
    };
    let blocked = [row(user(ACTOR), "channel:2", Tier::Blocked)];
    let found = judged(&blocked, owners, user(ACTOR), "channel:2", None);
    assert_eq!(
        found,
        Err(Forbidden::NotYours),
        "nobody lifts his own block"
    );
}

/// A membership that ends a minute from now.
fn ending(subject: Subject, scope: &str, tier: Tier) -> MembershipRow {
    MembershipRow {
        expires_at: Some(NOW.after(Duration::from_mins(1))),
        ..row(subject, scope, tier)
    }
}

#[test]
fn nothing_that_ends_by_itself_is_a_way_around() {
    let change = |subject, tier, span| Change {
        subject,
        scope: Scope::Global,
        tier,
        span,
    };
    let minute = Some(Duration::from_mins(1));
    // The last owner for a while only.
    let alone = [row(user(ACTOR), "global", Tier::Owner)];
    let found = judged_change(
        &alone,
        NOBODY,
        change(user(ACTOR), Some(Tier::Owner), minute),
    );
    assert_eq!(found, Err(Forbidden::LastOwner));
    // An owner for a while who would be one for ever.
    let for_a_while = [
        ending(user(ACTOR), "global", Tier::Owner),
        row(user(9), "channel:7", Tier::Member),
    ];
    let found = judged_change(
        &for_a_while,
        NOBODY,
        change(user(ACTOR), Some(Tier::Owner), None),
    );
    assert_eq!(found, Err(Forbidden::Raise));
    // Another owner whose block is to last longer than whoever blocked him meant.
    let both = [
        row(user(ACTOR), "global", Tier::Owner),
        row(user(OTHER), "global", Tier::Owner),
        ending(user(OTHER), "channel:2", Tier::Blocked),
    ];
    let longer = Change {
        scope: Scope::Channel(ChannelId::new(2)),
        ..change(user(OTHER), Some(Tier::Blocked), None)
    };
    assert_eq!(judged_change(&both, NOBODY, longer), Err(Forbidden::NoLess));
    // A member for a week hurts nobody.
    let found = judged_change(
        &alone,
        NOBODY,
        change(user(OTHER), Some(Tier::Member), minute),
    );
    assert_eq!(found, Ok(()));
}

#[test]
fn who_owns_a_corner_is_not_changed_from_outside_it() {
    let rows = [
        row(user(ACTOR), "global", Tier::Owner),
        row(user(OTHER), "channel:8", Tier::Owner),
    ];
    let blocked = judged(&rows, NOBODY, user(OTHER), "global", Some(Tier::Blocked));
    assert_eq!(blocked, Err(Forbidden::NoLess));
    let in_a_thread_of_it = judged(&rows, NOBODY, user(OTHER), "thread:80", Some(Tier::Guest));
    assert_eq!(in_a_thread_of_it, Err(Forbidden::NoLess));
    // Elsewhere he is nobody special, and more than a guest he may be.
    let next_door = judged(&rows, NOBODY, user(OTHER), "channel:9", Some(Tier::Blocked));
    assert_eq!(next_door, Ok(()));
    let more = judged(&rows, NOBODY, user(OTHER), "global", Some(Tier::Member));
    assert_eq!(more, Ok(()));
}

#[test]
fn a_role_that_an_owner_could_hold_is_neither_blocked_nor_taken() {
    let rows = [
        row(user(ACTOR), "global", Tier::Owner),
        row(role(80), "global", Tier::Owner),
        row(role(81), "global", Tier::Member),
    ];
    for (subject, tier, wanted) in [
        (role(80), None, Err(Forbidden::NoLess)),
        (role(80), Some(Tier::Member), Err(Forbidden::NoLess)),
        // Who holds 80 may hold it too.
        (role(81), Some(Tier::Blocked), Err(Forbidden::NoLess)),
        (role(81), None, Ok(())),
        (role(82), Some(Tier::Owner), Ok(())),
    ] {
        let found = judged(&rows, NOBODY, subject, "global", tier);
        assert_eq!(found, wanted, "{subject} {tier:?}");
    }
    let owners = Owners {
        user: None,
        role: Some(RoleId::new(OWNER_ROLE)),
    };
    let found = judged(&rows[..1], owners, role(82), "global", Some(Tier::Blocked));
    assert_eq!(found, Err(Forbidden::NoLess));
}

#[test]
fn an_owner_who_is_not_known_is_not_passed_over() {
    let rows = [
        row(user(ACTOR), "global", Tier::Owner),
        row(user(77), "global", Tier::Owner),
    ];
    let found = judged(&rows, NOBODY, role(82), "global", Some(Tier::Member));
    assert_eq!(found, Err(Forbidden::Overtaken));
}

#[test]
fn everybodys_role_is_nobodys_so_that_no_membership_of_it_begins_and_an_old_one_can_go() {
    let owners = Owners {
        user: Some(UserId::new(ACTOR)),
        role: None,
    };
    let of_all = role(here().guild.get());
    let change = |tier| judged(&[], owners, of_all, "global", tier);
    assert_eq!(change(Some(Tier::Blocked)), Err(Forbidden::NobodysRole));
    assert_eq!(change(Some(Tier::Member)), Err(Forbidden::NobodysRole));
    assert_eq!(change(None), Ok(()));
}
