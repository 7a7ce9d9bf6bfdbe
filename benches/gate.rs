//! How long a decision takes, and how many a second, with few memberships and with many.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a bench fails by panicking and prints its figures"
)]

mod figures;

use std::time::Instant;

use baton::{
    access::{Action, Gate, Owners},
    clock::{Clock, Millis},
    store::{MembershipRow, Store, Subject},
    words::{ChannelId, GuildId, Person, Place, RoleId, Scope, Tier, UserId},
};
use figures::{HEAD, Samples};

const DECISIONS: u64 = 5_000;
const AT_ONCE: u64 = 8;
const ROLES: u64 = 12;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        println!("{HEAD}");
        let mut rates = Vec::new();
        for memberships in [10, 10_000] {
            let home = tempfile::tempdir().unwrap();
            let gate = gate(home.path(), memberships).await;
            let mut samples = Samples::default();
            for n in 0..DECISIONS {
                let began = Instant::now();
                decide(&gate, n).await;
                samples.add(began.elapsed());
            }
            println!(
                "{}",
                samples.row(&format!("gate: one decision, {memberships} memberships"))
            );
            rates.push((memberships, together(&gate).await));
        }
        for (memberships, rate) in rates {
            println!(
                "\n{rate:.0} decisions a second, {AT_ONCE} at a time, {memberships} memberships"
            );
        }
    });
}

/// A gate with so many memberships: of people and of roles, everywhere and in channels and threads.
async fn gate(home: &std::path::Path, memberships: u64) -> Gate {
    let store = Store::open(home).await.unwrap();
    let mut tx = store.write().await.unwrap();
    for n in 0..memberships {
        let row = MembershipRow {
            subject: match n % 4 {
                0 => Subject::Role(RoleId::new(n / 4 % 500)),
                _ => Subject::User(UserId::new(n)),
            },
            scope: match n % 3 {
                0 => Scope::Global,
                1 => Scope::Channel(ChannelId::new(n % 200)),
                _ => Scope::Thread(ChannelId::new(n)),
            },
            tier: Tier::Member,
            granted_by: None,
            granted_at: Millis::new(0),
            expires_at: None,
        };
        tx.set_membership(&row).await.unwrap();
    }
    tx.commit().await.unwrap();
    Gate::new(store, Owners::default(), Clock::system())
}

async fn decide(gate: &Gate, n: u64) {
    let person = Person {
        id: UserId::new(n),
        name: "somebody".into(),
        roles: (0..ROLES)
            .map(|role| RoleId::new((n + role) % 500))
            .collect(),
    };
    let place = Place {
        guild: GuildId::new(1),
        channel: ChannelId::new(n % 200),
        thread: Some(ChannelId::new(n)),
    };
    let _ = gate.authorize(&person, place, Action::Ask).await.unwrap();
}

async fn together(gate: &Gate) -> f64 {
    let began = Instant::now();
    let tasks = (0..AT_ONCE).map(|task| {
        let gate = gate.clone();
        tokio::spawn(async move {
            for n in 0..DECISIONS {
                decide(&gate, task * DECISIONS + n).await;
            }
        })
    });
    for task in futures::future::join_all(tasks).await {
        task.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let decisions = (AT_ONCE * DECISIONS) as f64;
    decisions / began.elapsed().as_secs_f64()
}
