use model_sim::{ForcedError, ModelSim, Outcome, Usage};
use serde_json::{Value, json};

use super::{ask, events, streamed, whole};
use crate::client::{Events, post};

#[tokio::test]
async fn a_scripted_error_has_the_shape_of_the_api() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"status":429,"error":"usage_limit_reached","message":"later","plan_type":"plus","resets_at":5,
        "headers":{"retry-after":3}}"#;
    let reply = ask(&sim, &streamed(prompt)).await;
    assert_eq!(reply.status(), 429);
    assert_eq!(reply.headers()["retry-after"], "3");
    assert!(reply.headers().contains_key("x-request-id"));
    let error = json!({ "message": "later", "type": "usage_limit_reached", "param": null, "code": "usage_limit_reached",
        "plan_type": "plus", "resets_at": 5 });
    assert_eq!(
        reply.json::<Value>().await.unwrap(),
        json!({ "error": error })
    );
}

#[tokio::test]
async fn a_counted_error_ends_by_itself_in_each_conversation() {
    let sim = ModelSim::start().await.unwrap();
    let of = |thread: &str| {
        let mut body = whole(r#"STUB:{"status":503,"times":1,"text":"back"}"#);
        body["prompt_cache_key"] = json!(thread);
        body
    };
    let mut statuses = Vec::new();
    for thread in ["one", "two", "one", "two"] {
        statuses.push(ask(&sim, &of(thread)).await.status().as_u16());
    }
    assert_eq!(statuses, [503, 503, 200, 200]);
}

#[tokio::test]
async fn an_error_in_the_stream_is_a_failed_response() {
    let sim = ModelSim::start().await.unwrap();
    let script = r#"{"sse_error":{"type":"context_length_exceeded","message":"too long"}}"#;
    let events = events(&sim, script).await;
    let failed = &events[2];
    assert_eq!(events.len(), 3);
    assert_eq!(
        [
            &failed["type"],
            &failed["response"]["status"],
            &failed["response"]["error"]
        ],
        [
            &json!("response.failed"),
            &json!("failed"),
            &json!({ "code": "context_length_exceeded", "message": "too long" })
        ]
    );
}

#[tokio::test]
async fn a_cut_breaks_the_connection_after_the_first_delta_or_before_a_call() {
    let sim = ModelSim::start().await.unwrap();
    for (script, last) in [
        (
            r#"{"text":"half whole","chunks":2,"cut":true}"#,
            "response.output_text.delta",
        ),
        (r#"{"tool":"a","cut":true}"#, "response.in_progress"),
    ] {
        let mut events = Events::of(ask(&sim, &streamed(&format!("STUB:{script}"))).await);
        let mut before = Value::Null;
        while let Ok(event) = events.next().await {
            before = event.expect("no end, but a break");
        }
        assert_eq!(before["type"], last);
        sim.wait_for_request(|request| request.outcome == Outcome::Cut)
            .await;
        sim.reset();
    }
}

#[tokio::test]
async fn a_hold_in_the_stream_lets_the_first_chunks_through() {
    let sim = ModelSim::start().await.unwrap();
    let prompt = r#"STUB:{"text":"aabb","chunks":2,"hold_after":1,"hold":"gate"}"#;
    let mut events = Events::of(ask(&sim, &streamed(prompt)).await);
    let piece = |event: &Value| {
        let delta = event["type"] == "response.output_text.delta";
        delta.then(|| event["delta"].clone())
    };
    let mut first = None;
    while first.is_none() {
        first = piece(&events.next().await.expect("no break").expect("no end yet"));
    }
    sim.wait_for_hold("gate").await;
    sim.release("gate");
    let rest: Vec<Value> = events.all().await.iter().filter_map(piece).collect();
    assert_eq!((first, rest), (Some(json!("aa")), vec![json!("bb")]));
}

#[tokio::test]
async fn a_limit_can_be_forced_with_all_that_belongs_to_it() {
    let sim = ModelSim::start().await.unwrap();
    let usage = Usage::default().used_up(1_900_000_000);
    sim.force([ForcedError::usage_limit_reached(&usage).times(1)]);
    let reply = ask(&sim, &streamed("hello")).await;
    assert_eq!(reply.status(), 429);
    let header = |name: &str| reply.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        [
            header("x-codex-primary-used-percent"),
            header("x-codex-primary-window-minutes"),
            header("x-codex-primary-reset-at"),
            header("x-codex-secondary-used-percent"),
            header("x-codex-rate-limit-reached-type"),
        ],
        ["100", "300", "1900000000", "34", "rate_limit_reached"]
    );
    let error = json!({ "message": "The usage limit has been reached", "type": "usage_limit_reached", "param": null,
        "code": "usage_limit_reached", "plan_type": "plus", "resets_at": 1_900_000_000 });
    assert_eq!(
        reply.json::<Value>().await.unwrap(),
        json!({ "error": error })
    );
    assert_eq!(ask(&sim, &streamed("hello")).await.status(), 200);
}

#[tokio::test]
async fn a_forced_error_may_have_a_code_or_a_whole_body() {
    let sim = ModelSim::start().await.unwrap();
    let error = async || ask(&sim, &whole("x")).await.json::<Value>().await.unwrap();
    sim.force([ForcedError::status(401)
        .error("invalid_request_error")
        .code("token_expired")
        .message("too old")]);
    assert_eq!(
        error().await["error"],
        json!({ "message": "too old", "type": "invalid_request_error", "param": null, "code": "token_expired" })
    );
    sim.force([ForcedError::status(403).body(json!({ "detail": "no" }))]);
    assert_eq!(error().await, json!({ "detail": "no" }));
}

#[tokio::test]
async fn what_is_refused_is_refused_in_the_words_of_the_api() {
    let sim = ModelSim::start().await.unwrap();
    let get = |path: &str| reqwest::get(format!("{}{path}", sim.base_url()));
    let upgrade = get("/backend-api/codex/responses").await.unwrap();
    assert_eq!(upgrade.status(), 426);
    let lost = get("/backend-api/nothing").await.unwrap();
    assert_eq!(lost.status(), 404);
    let message = "the model simulator has no route GET /backend-api/nothing";
    assert_eq!(
        lost.json::<Value>().await.unwrap(),
        json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": null } })
    );
    let broken = post(&sim, "/v1/responses", &Value::Null).body("{");
    assert_eq!(broken.send().await.unwrap().status(), 400);
    sim.accept_only(Some(vec!["good".to_owned()]));
    let refused = ask(&sim, &whole("x")).await;
    assert_eq!(refused.status(), 401);
    let error: Value = refused.json().await.unwrap();
    assert_eq!(error["error"]["code"], "invalid_api_key");
    assert_eq!(get("/backend-api/wham/usage").await.unwrap().status(), 401);
    let good = post(&sim, "/v1/responses", &whole("x")).bearer_auth("good");
    assert_eq!(good.send().await.unwrap().status(), 200);
}
