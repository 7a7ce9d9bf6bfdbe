//! One person asks more than he can mean.

use std::num::NonZeroU32;

use baton::{clock::Clock, words::MessageId};

use super::{Crew, Ground, Said, chat::Paper, is_settled, wishes};
use crate::{faults::wait, stage::clear_away};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_is_told_so_once_and_what_is_too_long_is_not_taken() {
    let home = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
    let ground = Ground(home.path());
    let store = ground.prepare().await;
    ground.go();
    let mut wishes = wishes();
    wishes.limits.requests = NonZeroU32::new(3).unwrap();
    wishes.limits.prompt = 100;
    // All in one moment, however long it takes here; written now, not read late.
    let clock = Clock::held_at(Clock::system().now());
    let now = MessageId::at(clock.now()).get();
    let all: Vec<Said> = (0..8)
        .map(|at| Said {
            message: now + at,
            person: 100 + at / 6,
            channel: 2,
            thread: now,
        })
        .collect();
    {
        let crew = Crew::start_at(home.path(), &wishes, &store, clock).await;
        for one in &all {
            crew.engine.hear(one.heard()).await.unwrap();
        }
        let mut long = all[6].heard();
        long.message = MessageId::new(now + 20);
        long.text = "x".repeat(101);
        crew.engine.hear(long).await.unwrap();
        wait("all is settled", async || is_settled(&store).await).await;
    }
    clear_away(&home.path().join("data"));
    let taken: Vec<Said> = [&all[..3], &all[6..]].concat();
    ground.all_answered(&taken).await;
    let paper = Paper::at(&ground.paper());
    assert_eq!(paper.count("That was a lot in a short time"), 1);
    assert_eq!(
        paper.count("This is too long for me: 101 bytes, and 100 are the most."),
        1
    );
    let signs = "SELECT COUNT(*) FROM deliveries WHERE key LIKE 'fast:%'";
    assert_eq!(ground.count(signs).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_says_nothing_over_and_over_is_answered_as_often_as_he_may_ask() {
    let home = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
    let ground = Ground(home.path());
    let store = ground.prepare().await;
    let mut wishes = wishes();
    wishes.limits.requests = NonZeroU32::new(3).unwrap();
    let clock = Clock::held_at(Clock::system().now());
    let now = MessageId::at(clock.now()).get();
    {
        let crew = Crew::start_at(home.path(), &wishes, &store, clock).await;
        for at in 0..20 {
            let said = Said {
                message: now + at,
                person: 100,
                channel: 2,
                thread: now + at,
            };
            let mut bare = said.heard();
            bare.text = " ".to_owned();
            crew.engine.hear(bare).await.unwrap();
        }
        wait("all is settled", async || is_settled(&store).await).await;
    }
    let notices = "SELECT COUNT(*) FROM deliveries WHERE key LIKE 'empty:%'";
    assert_eq!(ground.count(notices).await, 3);
}
