use model_sim::{ModelSim, Outcome};
use serde_json::Value;

use crate::client::{Events, ask, streamed, text_of, whole};

#[tokio::test]
async fn a_held_reply_sends_nothing_until_it_is_released() {
    let sim = ModelSim::start().await.unwrap();
    let body = streamed(r#"STUB:{"text":"late","hold":"gate"}"#);
    let (response, ()) = tokio::join!(ask(&sim, &body), async {
        sim.wait_for_hold("gate").await;
        assert_eq!(sim.requests()[0].outcome, Outcome::Open);
        sim.release("gate");
    });
    assert_eq!(text_of(&Events::of(response).all().await), "late");
    assert_eq!(sim.requests()[0].outcome, Outcome::Answered);
}

#[tokio::test]
async fn a_hold_in_the_stream_lets_the_first_chunks_through() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"text":"aabbccdd","chunks":4,"hold_after":2,"hold":"middle"}"#;
    let mut events = Events::of(ask(&sim, &streamed(prompt)).await);
    assert_eq!(events.text_of_deltas(2).await, "aabb");
    sim.wait_for_hold("middle").await;
    sim.release("middle");
    assert_eq!(text_of(&events.all().await), "ccdd");
}

#[tokio::test]
async fn a_hold_behind_the_last_chunk_keeps_the_reply_open() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"text":"all","hold_after":9,"hold":"end"}"#;
    let mut events = Events::of(ask(&sim, &streamed(prompt)).await);
    assert_eq!(events.text_of_deltas(1).await, "all");
    sim.wait_for_hold("end").await;
    sim.release("end");
    assert_eq!(events.all().await.last().unwrap()["type"], "message_stop");
}

#[tokio::test]
async fn an_unstreamed_reply_waits_whole() {
    let sim = ModelSim::start().await.unwrap();
    let body = whole(r#"STUB:{"text":"one piece","hold_after":1,"hold":"gate"}"#);
    let (response, ()) = tokio::join!(ask(&sim, &body), async {
        sim.wait_for_hold("gate").await;
        sim.release("gate");
    });
    assert_eq!(
        response.json::<Value>().await.unwrap()["content"][0]["text"],
        "one piece"
    );
}

#[tokio::test]
async fn a_hold_that_was_released_before_does_not_hold() {
    let sim = ModelSim::start().await.unwrap();
    sim.release("early");
    let reply = ask(&sim, &whole(r#"STUB:{"text":"through","hold":"early"}"#)).await;
    assert_eq!(
        reply.json::<Value>().await.unwrap()["content"][0]["text"],
        "through"
    );
}

#[tokio::test]
async fn a_client_that_goes_away_leaves_the_hold() {
    let sim = ModelSim::start().await.unwrap();
    for prompt in [
        r#"STUB:{"text":"never","hold":"gone"}"#,
        r#"STUB:{"text":"in the middle","chunks":2,"hold_after":1,"hold":"gone"}"#,
    ] {
        let client = async { Events::of(ask(&sim, &streamed(prompt)).await).all().await };
        tokio::select! {
            events = client => panic!("nothing was released, but the reply ended: {events:?}"),
            () = sim.wait_for_hold("gone") => {}
        }
        let left = sim
            .wait_for_request(|request| request.outcome == Outcome::Abandoned)
            .await;
        assert_eq!(left.user_text.as_deref(), Some(prompt));
        let holds: Value = reqwest::get(format!("{}/_ctl/holds", sim.base_url()))
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(holds["gone"]["waiting"], 0);
        sim.reset();
    }
}

#[tokio::test]
async fn a_reset_lets_go_whoever_is_held() {
    let sim = ModelSim::start().await.unwrap();
    let body = whole(r#"STUB:{"text":"freed","hold":"gate"}"#);
    let (response, ()) = tokio::join!(ask(&sim, &body), async {
        sim.wait_for_hold("gate").await;
        sim.reset();
    });
    assert_eq!(response.status(), 200);
    assert_eq!(sim.requests(), []);
}
