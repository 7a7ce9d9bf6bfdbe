//! Two wishes at the same moment.

use std::time::Duration;

use baton::{
    access::Action,
    session::{Cancelled, Heard, StartIn, StartOrder, Started},
    words::{Addressed, MessageId, RunState},
};

use super::{Bench, a_moment, gate, owner, place, thread};

#[tokio::test]
async fn a_mention_that_comes_with_the_start_of_a_session_in_its_thread_is_for_that_session() {
    let bench = Bench::new().await;
    let here = place(Some(thread(5)));
    let permit = gate(&bench.store)
        .authorize(&owner(), here, Action::StartSession)
        .await;
    let permit = permit.unwrap().unwrap();
    let order = StartOrder {
        command: MessageId::new(100),
        name: "first".into(),
        runtime: None,
        project: None,
        model: None,
        start_in: StartIn::NewThread,
    };
    // Nothing is stored as long as this stands; whoever comes first goes on first.
    let held = bench.store.write().await.unwrap();
    let starting = bench.engine.start_session(&permit, order);
    tokio::pin!(starting);
    let pending = futures::poll!(&mut starting);
    assert!(pending.is_pending());
    let mention = Heard {
        message: MessageId::new(101),
        channel: thread(5),
        place: here,
        person: owner(),
        text: "hello".into(),
        addressed: Addressed::ToBaton,
        replies_to: None,
        title: "hello".into(),
    };
    let engine = bench.engine.clone();
    let hearing = tokio::spawn(async move { engine.hear(mention).await });
    // It finds no session in the thread, and wants to store one of its own.
    for _ in 0..40 {
        a_moment().await;
    }
    assert!(!hearing.is_finished());
    drop(held);
    assert_eq!(starting.await.unwrap(), Ok(Started::InThread));
    hearing.await.unwrap().unwrap();
    let of = "SELECT s.name FROM requests r JOIN sessions s ON s.id = r.session_id
              WHERE r.message_id = 101";
    assert_eq!(bench.sql(of).await, "first");
}

#[tokio::test]
async fn a_cancel_that_comes_late_leaves_alone_what_an_agent_has_gone_on_with_since() {
    let bench = Bench::new().await;
    let run = bench.ask(1, "work for ever").await;
    bench.until_begun().await;
    // Nobody has written a message for what an agent goes on with by itself.
    bench
        .sql(
            "INSERT INTO follow_ups (run_id, caused_by, runner_id, after_seq)
             SELECT runs.id, runs.id, runners.id, 0 FROM runs, runners",
        )
        .await;
    let began = bench.store.run(run).await.unwrap().queued_at;
    let permit = bench.permit(thread(1)).await;
    let late = async |moment| {
        let asked = MessageId::at(moment);
        bench.engine.cancel_what_was(&permit, asked).await.unwrap()
    };
    let before = began.before(Duration::from_millis(1));
    assert_eq!(late(before).await, Cancelled::Nothing);
    assert!(bench.is(run, RunState::Running).await);
    assert_eq!(late(began).await, Cancelled::Stopping);
    bench.until(run, RunState::Cancelled).await;
}
