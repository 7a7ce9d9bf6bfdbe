//! Whether a change of memberships is one that the person may make.
//!
//! Nobody changes a person of his own tier or above, makes more of himself, or leaves a place without
//! an owner: not at this moment, not when what is set to end has ended, and in no place where the
//! change holds. Who holds a role cannot be listed, so a role stands for everybody who could hold it.

use super::{
    members::{Change, Forbidden},
    policy::{Law, is_of},
};
use crate::{
    clock::Millis,
    store::{MembershipRow, Subject},
    words::{ChannelId, Person, Place, RoleId, Scope, Tier, UserId},
};

/// A change with all that decides on it.
pub(super) struct Asked<'a> {
    /// Who wants it.
    pub(super) actor: &'a Person,
    /// Where he says so.
    pub(super) here: Place,
    /// What he wants.
    pub(super) change: Change,
    /// People with their roles.
    pub(super) known: &'a [Person],
}

/// Decides. Pure: what it depends on is in its arguments.
pub(super) fn judge(asked: &Asked<'_>, law: &Law<'_>) -> Result<(), Forbidden> {
    let Asked {
        actor,
        here,
        change,
        known,
    } = asked;
    let base = base(change.scope, *here);
    let own = law.tier_in(actor, &base);
    if own != Tier::Owner {
        return Err(Forbidden::NotYours);
    }
    match change.subject {
        Subject::Role(id) if change.tier.is_some() && id.is_everybodys(here.guild) => {
            return Err(Forbidden::NobodysRole);
        }
        Subject::User(id) if law.owners.user == Some(id) => return Err(Forbidden::OwnerBySettings),
        Subject::Role(id) if law.owners.role == Some(id) => return Err(Forbidden::OwnerBySettings),
        Subject::User(_) | Subject::Role(_) => {}
    }
    if law
        .rows
        .iter()
        .any(|row| is_unknown_owner(row, law, actor, known))
    {
        return Err(Forbidden::Overtaken);
    }
    let mut people: Vec<Person> = known
        .iter()
        .filter(|one| one.id != actor.id)
        .cloned()
        .collect();
    let named = people.len();
    people.extend(possible_holders(change.subject, law));
    let everybody = || people.iter().chain([*actor]);
    // Those of others decide nothing here, and there may be many.
    let of_them = |row: &&MembershipRow| everybody().any(|person| is_of(row.subject, person));
    let rows: Vec<MembershipRow> = law.rows.iter().filter(of_them).cloned().collect();
    let then = changed(&rows, change, change.row(actor, law.now));
    let all: Vec<&MembershipRow> = rows.iter().chain(&then).collect();
    let places = places(change.scope, &base, &all);
    for now in moments(law.now, &all) {
        let owners = law.owners;
        let before = Law {
            owners,
            rows: &rows,
            now,
        };
        let after = Law {
            owners,
            rows: &then,
            now,
        };
        for scopes in &places {
            let tiers = |person| {
                (
                    before.tier_in(person, scopes),
                    after.tier_in(person, scopes),
                )
            };
            for person in &people {
                let (was, is) = tiers(person);
                if was != is && was.rank() >= own.rank() {
                    return Err(Forbidden::NoLess);
                }
            }
            let (was, is) = tiers(actor);
            if is.rank() > was.rank() {
                return Err(Forbidden::Raise);
            }
            let mut others = people.iter().take(named);
            let somebody_stays = law.owners.user.is_some()
                || others.any(|person| after.tier_in(person, scopes) == Tier::Owner);
            if was == Tier::Owner && is != was && !somebody_stays {
                return Err(Forbidden::LastOwner);
            }
        }
    }
    Ok(())
}

/// The scopes by which it is decided who owns a scope, nearest first. Of a thread elsewhere the
/// channel is not known: then only who owns the whole server owns it.
fn base(scope: Scope, here: Place) -> Vec<Scope> {
    match scope {
        Scope::Global => vec![scope],
        Scope::Thread(id) if here.thread == Some(id) => here.scopes().collect(),
        Scope::Channel(_) | Scope::Thread(_) => vec![scope, Scope::Global],
    }
}

/// Every place where a scope holds and where people may be different things, as the scopes that hold
/// there. The channel of a thread is not stored, so it may hang under any.
fn places(scope: Scope, base: &[Scope], rows: &[&MembershipRow]) -> Vec<Vec<Scope>> {
    let channels = || {
        let mut ids: Vec<ChannelId> = rows.iter().filter_map(|row| channel(row.scope)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let threads = || {
        let mut ids: Vec<ChannelId> = rows.iter().filter_map(|row| thread(row.scope)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let mut places = vec![base.to_vec()];
    let mut add = |threads: &[ChannelId], channels: &[ChannelId]| {
        for channel in channels {
            places.push(vec![Scope::Channel(*channel), Scope::Global]);
        }
        for thread in threads {
            places.push(vec![Scope::Thread(*thread), Scope::Global]);
            places.extend(channels.iter().map(|channel| {
                vec![
                    Scope::Thread(*thread),
                    Scope::Channel(*channel),
                    Scope::Global,
                ]
            }));
        }
    };
    match scope {
        Scope::Global => add(&threads(), &channels()),
        Scope::Channel(id) => add(&threads(), &[id]),
        // Its channel is known.
        Scope::Thread(_) if base.len() == 3 => {}
        Scope::Thread(id) => add(&[id], &channels()),
    }
    places.retain(|place| place.contains(&scope));
    places
}

const fn channel(scope: Scope) -> Option<ChannelId> {
    match scope {
        Scope::Channel(id) => Some(id),
        Scope::Thread(_) | Scope::Global => None,
    }
}

const fn thread(scope: Scope) -> Option<ChannelId> {
    match scope {
        Scope::Thread(id) => Some(id),
        Scope::Channel(_) | Scope::Global => None,
    }
}

/// The moments at which somebody may become something else: now, and each end that is to come.
fn moments(now: Millis, rows: &[&MembershipRow]) -> Vec<Millis> {
    let ends = rows.iter().filter_map(|row| row.expires_at);
    let mut moments: Vec<Millis> = ends.filter(|end| *end > now).chain([now]).collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// People who could be meant by a role: one who holds nothing else, and those who hold it beside a
/// role that makes owners. Two roles are enough: an owner is one by a single role.
fn possible_holders(subject: Subject, law: &Law<'_>) -> Vec<Person> {
    let Subject::Role(role) = subject else {
        return Vec::new();
    };
    let of_rows = law.rows.iter().filter_map(|row| match row.subject {
        Subject::Role(id) if row.tier == Tier::Owner => Some(id),
        Subject::Role(_) | Subject::User(_) => None,
    });
    let mut owning: Vec<RoleId> = of_rows.chain(law.owners.role).collect();
    owning.sort_unstable();
    owning.dedup();
    let holder = |roles: Vec<RoleId>| Person {
        // Discord gives nobody this id.
        id: UserId::new(0),
        name: String::new(),
        roles,
    };
    std::iter::once(holder(vec![role]))
        .chain(owning.into_iter().map(|other| holder(vec![role, other])))
        .collect()
}

/// Whether a membership makes an owner whose roles are not known. A change of a role may touch him.
fn is_unknown_owner(row: &MembershipRow, law: &Law<'_>, actor: &Person, known: &[Person]) -> bool {
    let Subject::User(id) = row.subject else {
        return false;
    };
    row.tier == Tier::Owner
        && row.holds_at(law.now)
        && id != actor.id
        && known.iter().all(|person| person.id != id)
}

/// The memberships as they would be.
fn changed(
    rows: &[MembershipRow],
    change: &Change,
    new: Option<MembershipRow>,
) -> Vec<MembershipRow> {
    let is_meant =
        |row: &&MembershipRow| row.subject == change.subject && row.scope == change.scope;
    let rest = rows.iter().filter(|row| !is_meant(row)).cloned();
    rest.chain(new).collect()
}

#[cfg(test)]
mod tests;
