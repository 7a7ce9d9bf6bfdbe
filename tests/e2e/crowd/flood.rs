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
