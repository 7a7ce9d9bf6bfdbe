//! The slow model: what was said of whom, in the order in which it was said.

use super::script::{World, channels, threads};
use crate::{
    access::{Change, Owners},
    clock::Millis,
    store::Subject,
    words::{ChannelId, Person, Place, RoleId, Scope, Tier, UserId},
};

/// One change that came about.
#[derive(Clone, Debug)]
struct Entry {
    subject: Subject,
    scope: Scope,
    tier: Option<Tier>,
    end: Option<Millis>,
}

/// Everything that came about.
#[derive(Clone, Debug)]
pub(super) struct Diary {
    owners: Owners,
    entries: Vec<Entry>,
}

/// Somewhere: maybe in a channel, maybe in a thread.
type Spot = (Option<ChannelId>, Option<ChannelId>);

pub(super) fn height(tier: Tier) -> u8 {
    match tier {
        Tier::Owner => 9,
        Tier::Member => 5,
        Tier::Guest => 1,
        Tier::Blocked => 0,
    }
}

impl Diary {
    pub(super) const fn new(owners: Owners) -> Self {
        Self {
            owners,
            entries: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, change: &Change, now: Millis) {
        self.entries.push(Entry {
            subject: change.subject,
            scope: change.scope,
            tier: change.tier,
            end: change.span.map(|span| now.after(span)),
        });
    }

    pub(super) fn tier(&self, person: &Person, place: Place, at: Millis) -> Tier {
        self.tier_at(person, (Some(place.channel), place.thread), at)
    }

    /// What he is where no channel has a say.
    pub(super) fn tier_everywhere(&self, person: &Person, at: Millis) -> Tier {
        self.tier_at(person, (None, None), at)
    }

    fn tier_at(&self, person: &Person, (channel, thread): Spot, at: Millis) -> Tier {
        if self.owners.user == Some(person.id) {
            return Tier::Owner;
        }
        let shells = [
            thread.map(Scope::Thread),
            channel.map(Scope::Channel),
            Some(Scope::Global),
        ];
        let mut said = Vec::new();
        for scope in shells.into_iter().flatten() {
            let own = self.last(Subject::User(person.id), scope, at);
            let roles = person.roles.iter();
            let of_roles: Vec<Tier> = roles
                .filter_map(|role| self.last(Subject::Role(*role), scope, at))
                .collect();
            if own == Some(Tier::Blocked) || of_roles.contains(&Tier::Blocked) {
                return Tier::Blocked;
            }
            let mut of_roles = of_roles;
            of_roles.sort_by_key(|tier| height(*tier));
            if let Some(tier) = own.or(of_roles.pop()) {
                said.push((scope, tier));
            }
        }
        let holds_the_key = self
            .owners
            .role
            .is_some_and(|key| person.roles.contains(&key));
        if holds_the_key || said.contains(&(Scope::Global, Tier::Owner)) {
            return Tier::Owner;
        }
        said.first().map_or(Tier::Guest, |(_, tier)| *tier)
    }

    /// What was said last of somebody, if it still holds.
    fn last(&self, subject: Subject, scope: Scope, at: Millis) -> Option<Tier> {
        let mut last = None;
        for entry in &self.entries {
            if entry.subject == subject && entry.scope == scope {
                last = Some(entry);
            }
        }
        let last = last?;
        last.tier.filter(|_| last.end.is_none_or(|end| at < end))
    }

    /// Whether somebody who stands here may make a change.
    pub(super) fn allows(
        &self,
        world: &World,
        actor: &Person,
        here: Place,
        change: &Change,
    ) -> bool {
        let stands_in = |id| here.thread == Some(id);
        let here_spot = (Some(here.channel), here.thread);
        let own_spot = match change.scope {
            Scope::Global => (None, None),
            Scope::Channel(id) => (Some(id), None),
            Scope::Thread(id) if stands_in(id) => here_spot,
            Scope::Thread(id) => (None, Some(id)),
        };
        let by_settings = match change.subject {
            Subject::User(id) => self.owners.user == Some(id),
            Subject::Role(id) => self.owners.role == Some(id),
        };
        if by_settings || self.tier_at(actor, own_spot, world.now) != Tier::Owner {
            return false;
        }
        let mut then = self.clone();
        then.note(change, world.now);
        let mut moments = vec![world.now];
        moments.extend(then.entries.iter().filter_map(|entry| entry.end));
        moments.retain(|moment| *moment >= world.now);
        let spots = spots_of(change.scope, here);
        moments.iter().all(|at| {
            spots
                .iter()
                .all(|spot| self.is_fair(&then, world, actor, change, *spot, *at))
        })
    }

    fn is_fair(
        &self,
        then: &Self,
        world: &World,
        actor: &Person,
        change: &Change,
        spot: Spot,
        at: Millis,
    ) -> bool {
        let both = |person: &Person| {
            (
                self.tier_at(person, spot, at),
                then.tier_at(person, spot, at),
            )
        };
        let touches_a_peer = |person: &Person| {
            let (was, is) = both(person);
            was == Tier::Owner && is != was
        };
        let others = || world.people.iter().filter(|person| person.id != actor.id);
        if others().any(touches_a_peer) || strangers(change.subject).iter().any(touches_a_peer) {
            return false;
        }
        let (was, is) = both(actor);
        let leaves_nobody = was == Tier::Owner
            && is != Tier::Owner
            && self.owners.user.is_none()
            && !others().any(|person| both(person).1 == Tier::Owner);
        height(is) <= height(was) && !leaves_nobody
    }
}

/// Everywhere that a scope may hold: a thread that one does not stand in may hang anywhere.
fn spots_of(scope: Scope, here: Place) -> Vec<Spot> {
    let channels = || channels().into_iter().map(Some);
    let threads = || threads().into_iter().map(Some);
    match scope {
        Scope::Global => {
            let mut spots = vec![(None, None)];
            spots.extend(channels().map(|channel| (channel, None)));
            for thread in threads() {
                spots.push((None, thread));
                spots.extend(channels().map(|channel| (channel, thread)));
            }
            spots
        }
        Scope::Channel(id) => {
            let mut spots = vec![(Some(id), None)];
            spots.extend(threads().map(|thread| (Some(id), thread)));
            spots
        }
        Scope::Thread(id) if here.thread == Some(id) => vec![(Some(here.channel), Some(id))],
        Scope::Thread(id) => {
            let mut spots = vec![(None, Some(id))];
            spots.extend(channels().map(|channel| (channel, Some(id))));
            spots
        }
    }
}

/// People whom nobody has listed: every set of roles with the one that is meant.
fn strangers(subject: Subject) -> Vec<Person> {
    let Subject::Role(role) = subject else {
        return Vec::new();
    };
    let all = super::script::ROLES;
    (0..1_usize << all.len())
        .map(|set| {
            let held = (0..all.len()).filter(|bit| set >> bit & 1 == 1);
            let roles: Vec<RoleId> = held.map(|bit| all[bit]).chain([role]).collect();
            Person {
                id: UserId::new(0),
                name: String::new(),
                roles,
            }
        })
        .collect()
}
