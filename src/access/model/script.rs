//! People, places and what happens to them.

use std::time::Duration;

use proptest::{collection::vec, option, prelude::*};

use crate::{
    access::{Change, Owners},
    clock::Millis,
    store::Subject,
    words::{ChannelId, GuildId, Person, Place, RoleId, Scope, Tier, UserId},
};

/// The last one may be the owner role of the settings.
pub(super) const ROLES: [RoleId; 4] = [
    RoleId::new(70),
    RoleId::new(71),
    RoleId::new(72),
    RoleId::new(79),
];
const PEOPLE: usize = 5;
const CHANNELS: [u64; 2] = [20, 21];
const THREADS: [u64; 2] = [30, 31];

/// The people with their roles, and where the threads hang.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) people: Vec<Person>,
    parents: [usize; 2],
    pub(super) now: Millis,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Somebody who stands somewhere wants a change.
    Change {
        actor: usize,
        here: usize,
        change: Change,
    },
    /// The operator makes one.
    Operator(Change),
    /// Somebody gets a role, or loses it.
    Role {
        person: usize,
        role: usize,
        has: bool,
    },
    /// A thread is found under another channel.
    Move { thread: usize, channel: usize },
    /// Time passes.
    Wait(Duration),
}

impl World {
    pub(super) fn new(now: Millis) -> Self {
        let person = |n: usize| Person {
            id: UserId::new(n as u64 + 1),
            name: format!("person {n}"),
            roles: Vec::new(),
        };
        Self {
            people: (0..PEOPLE).map(person).collect(),
            parents: [0, 1],
            now,
        }
    }

    /// The channels, then the threads.
    pub(super) fn place(&self, n: usize) -> Place {
        let (channel, thread) = match n {
            0 | 1 => (CHANNELS[n], None),
            _ => (CHANNELS[self.parents[n - 2]], Some(THREADS[n - 2])),
        };
        Place {
            guild: GuildId::new(1),
            channel: ChannelId::new(channel),
            thread: thread.map(ChannelId::new),
        }
    }

    pub(super) fn places(&self) -> Vec<Place> {
        (0..4).map(|n| self.place(n)).collect()
    }

    pub(super) fn give(&mut self, person: usize, role: usize, has: bool) {
        let roles = &mut self.people[person].roles;
        roles.retain(|held| *held != ROLES[role]);
        if has {
            roles.push(ROLES[role]);
        }
    }

    pub(super) fn hang(&mut self, thread: usize, channel: usize) {
        self.parents[thread] = channel;
    }
}

pub(super) fn channels() -> [ChannelId; 2] {
    CHANNELS.map(ChannelId::new)
}

pub(super) fn threads() -> [ChannelId; 2] {
    THREADS.map(ChannelId::new)
}

/// Somebody becomes something everywhere.
pub(super) fn grant(person: u64, tier: Tier, span: Option<Duration>) -> Change {
    Change {
        subject: Subject::User(UserId::new(person + 1)),
        scope: Scope::Global,
        tier: Some(tier),
        span,
    }
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        3 => (1..=PEOPLE as u64).prop_map(|id| Subject::User(UserId::new(id))),
        2 => prop::sample::select(&ROLES[..]).prop_map(Subject::Role),
    ]
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        Just(Scope::Global),
        prop::sample::select(&CHANNELS[..]).prop_map(|id| Scope::Channel(ChannelId::new(id))),
        prop::sample::select(&THREADS[..]).prop_map(|id| Scope::Thread(ChannelId::new(id))),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let tier = prop_oneof![
        3 => Just(Some(Tier::Owner)),
        2 => Just(Some(Tier::Member)),
        1 => Just(Some(Tier::Guest)),
        2 => Just(Some(Tier::Blocked)),
        2 => Just(None),
    ];
    let span = option::weighted(0.3, (1..4_u64).prop_map(Duration::from_mins));
    (subject(), scope(), tier, span).prop_map(|(subject, scope, tier, span)| Change {
        subject,
        scope,
        tier,
        span,
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..PEOPLE, 0..4_usize, change())
            .prop_map(|(actor, here, change)| Step::Change { actor, here, change }),
        3 => change().prop_map(Step::Operator),
        2 => (0..PEOPLE, 0..ROLES.len(), any::<bool>())
            .prop_map(|(person, role, has)| Step::Role { person, role, has }),
        1 => (0..2_usize, 0..2_usize).prop_map(|(thread, channel)| Step::Move { thread, channel }),
        1 => (1..90_u64).prop_map(|seconds| Step::Wait(Duration::from_secs(seconds))),
    ]
}

/// Owners of the settings, and what happens.
pub(super) fn script(length: usize) -> impl Strategy<Value = (Owners, Vec<Step>)> {
    let owners = (any::<bool>(), any::<bool>()).prop_map(|(user, role)| Owners {
        user: user.then_some(UserId::new(PEOPLE as u64)),
        role: role.then_some(ROLES[3]),
    });
    (owners, vec(step(), 1..length))
}
