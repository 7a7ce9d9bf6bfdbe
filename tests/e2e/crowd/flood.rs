//! Far more is said than anybody could mean.

use baton::words::Tier;

use super::{Crew, Ground, Said, chat::Paper, is_settled, membership, wishes};
use crate::{faults::wait, stage::clear_away};

/// Messages of a flood, and of how many people.
const FLOOD: u64 = 3_000;
const STRANGERS: u64 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_people_who_may_not_ask_gets_a_few_signs_and_holds_up_nobody() {
    let home = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
    let ground = Ground(home.path());
    let store = ground.prepare().await;
    let mut tx = store.write().await.unwrap();
    for person in 0..STRANGERS / 2 {
        tx.set_membership(&membership(1_000 + person, Tier::Blocked))
            .await
            .unwrap();
    }
    tx.commit().await.unwrap();
    ground.go();
    let said = Said {
        message: 9_000_000,
        person: 100,
        channel: 2,
        thread: 9_000_000,
    };
    {
        let crew = Crew::start(home.path(), &wishes(), &store).await;
        for at in 0..FLOOD {
            let noise = Said {
                message: 5_000_000 + at,
                person: 1_000 + at % STRANGERS,
                channel: 2,
                thread: 5_000_000 + at,
            };
            crew.engine.hear(noise.heard()).await.unwrap();
            if at == FLOOD / 2 {
                crew.engine.hear(said.heard()).await.unwrap();
            }
        }
        wait("all is settled", async || is_settled(&store).await).await;
    }
    clear_away(&home.path().join("data"));
    ground.all_answered(&[said]).await;
    // Ten signs each a minute, of which the flood lasted one or two.
    let signs = "SELECT COUNT(*) FROM deliveries WHERE key LIKE 'refused:%'";
    let signs = ground.count(signs).await;
    assert!((500..1_500).contains(&signs), "{signs}");
    // Who is blocked is told nothing.
    assert_eq!(Paper::read(&ground.paper()).count("🚫"), 0);
    let told = "SELECT COUNT(*) FROM deliveries WHERE key LIKE 'why-refused:%'";
    assert_eq!(ground.count(told).await, 25);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_is_told_so_once_and_what_is_too_long_is_not_taken() {
    use std::num::NonZeroU32;

    use baton::{clock::Clock, words::MessageId};

    let home = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
    let ground = Ground(home.path());
    let store = ground.prepare().await;
    ground.go();
    let mut wishes = wishes();
    wishes.limits.requests = NonZeroU32::new(3).unwrap();
    wishes.limits.prompt = 100;
    // Written now, not read late.
    let now = MessageId::at(Clock::system().now()).get();
    let all: Vec<Said> = (0..8)
        .map(|at| Said {
            message: now + at,
            person: 100 + at / 6,
            channel: 2,
            thread: now,
        })
        .collect();
    {
        let crew = Crew::start(home.path(), &wishes, &store).await;
        for one in &all {
            crew.engine.hear(one.heard()).await.unwrap();
        }
        let mut long = all[0].heard();
        long.message = MessageId::new(now + 20);
        long.text = "x".repeat(101);
        crew.engine.hear(long).await.unwrap();
        wait("all is settled", async || is_settled(&store).await).await;
    }
    clear_away(&home.path().join("data"));
    let taken: Vec<Said> = [&all[..3], &all[6..]].concat();
    ground.all_answered(&taken).await;
    let paper = Paper::read(&ground.paper());
    assert_eq!(paper.count("That was a lot in a short time"), 1);
    assert_eq!(
        paper.count("This is too long for me: 101 bytes, and 100 are the most."),
        1
    );
    let signs = "SELECT COUNT(*) FROM deliveries WHERE key LIKE 'fast:%'";
    assert_eq!(ground.count(signs).await, 3);
}
