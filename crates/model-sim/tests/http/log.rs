use model_sim::{ModelSim, Options, Outcome};
use serde_json::{Value, json};

use crate::client::{ask, post, streamed, whole};

#[tokio::test]
async fn a_request_is_written_down_with_all_that_a_test_may_ask_for() {
    let sim = ModelSim::start().await.unwrap();
    let before = std::time::Instant::now();
    let body = whole(r#"[message from bob] STUB:{"text":"hi"}"#);
    let request = post(&sim, "/v1/messages?beta=true", &body).header("x-api-key", "dummy");
    request.send().await.unwrap();
    let record = sim
        .wait_for_request(|request| request.outcome == Outcome::Answered)
        .await;
    assert!(before <= record.at && record.at <= std::time::Instant::now());
    assert_eq!(
        (record.number, record.method.as_str(), record.path.as_str()),
        (1, "POST", "/v1/messages")
    );
    assert_eq!(record.query.as_deref(), Some("beta=true"));
    assert_eq!(record.header("x-api-key"), Some("dummy"));
    assert_eq!(
        record.user_text.as_deref(),
        Some(r#"[message from bob] STUB:{"text":"hi"}"#)
    );
    assert_eq!(record.step.unwrap().text.as_deref(), Some("hi"));
    assert_eq!(record.body, body);
}

#[tokio::test]
async fn waiting_finds_requests_that_come_later() {
    let sim = ModelSim::start().await.unwrap();
    let wanted = sim.wait_for_request(|request| request.user_text.as_deref() == Some("second"));
    let (found, ()) = tokio::join!(wanted, async {
        ask(&sim, &whole("first")).await;
        ask(&sim, &whole("second")).await;
    });
    assert_eq!(found.number, 2);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "waited 90s for a request that the test waits for")]
async fn waiting_in_vain_fails_the_test() {
    let sim = ModelSim::start().await.unwrap();
    sim.wait_for_request(|_| false).await;
}

#[tokio::test]
async fn the_log_file_has_a_line_for_each_request_and_says_which_were_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.ndjson");
    let sim = ModelSim::start_with(Options {
        port: 0,
        log: Some(path.clone()),
    })
    .await
    .unwrap();
    ask(&sim, &whole("one")).await;
    let cut = ask(&sim, &streamed(r#"STUB:{"text":"two","cut":true}"#)).await;
    cut.bytes().await.expect_err("cut");
    sim.wait_for_request(|request| request.outcome == Outcome::Cut)
        .await;
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let brief: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["number"], line["step"]["text"], line["outcome"]]))
        .collect();
    assert_eq!(
        brief,
        [
            json!([1, "echo: one", "open"]),
            json!([2, "two", "open"]),
            json!([2, null, "cut"])
        ]
    );
}
