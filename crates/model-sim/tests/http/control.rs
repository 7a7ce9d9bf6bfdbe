use model_sim::ModelSim;
use serde_json::{Value, json};

use crate::client::{ask, post, whole};

async fn control(sim: &ModelSim, what: &str, body: Value) -> (u16, Value) {
    let response = post(sim, &format!("/_ctl/{what}"), &body)
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn get(sim: &ModelSim, what: &str) -> Value {
    reqwest::get(format!("{}/_ctl/{what}", sim.base_url()))
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[tokio::test]
async fn errors_and_credentials_can_be_set_over_http() {
    let sim = ModelSim::start().await.unwrap();
    let done = (200, json!({ "ok": true }));
    assert_eq!(
        control(&sim, "force", json!({ "status": 500, "path": "/v1" })).await,
        done
    );
    assert_eq!(ask(&sim, &whole("x")).await.status(), 500);
    assert_eq!(
        control(
            &sim,
            "force",
            json!({ "rules": [{ "status": 503, "times": 1 }] })
        )
        .await,
        done
    );
    assert_eq!(ask(&sim, &whole("x")).await.status(), 503);
    assert_eq!(ask(&sim, &whole("x")).await.status(), 200);
    assert_eq!(control(&sim, "tokens", json!({ "ok": ["a"] })).await, done);
    assert_eq!(ask(&sim, &whole("x")).await.status(), 401);
    assert_eq!(control(&sim, "tokens", json!({})).await, done);
    control(&sim, "force", json!({ "status": 500 })).await;
    assert_eq!(control(&sim, "force", json!({})).await, done);
    assert_eq!(ask(&sim, &whole("x")).await.status(), 200);
}

#[tokio::test]
async fn a_wrong_control_request_is_refused_with_the_reason() {
    let sim = ModelSim::start().await.unwrap();
    let (status, body) = control(&sim, "force", json!({ "status": 500, "tims": 1 })).await;
    assert_eq!(status, 400);
    assert!(
        body["error"]
            .as_str()
            .unwrap()
            .starts_with("unknown field `tims`"),
        "{body}"
    );
    let (status, body) = control(&sim, "force", json!({ "status": 5 })).await;
    assert_eq!(
        (status, body),
        (400, json!({ "error": "5 is not an HTTP status" }))
    );
}

#[tokio::test]
async fn a_hold_can_be_released_and_the_log_read_over_http() {
    let sim = ModelSim::start().await.unwrap();
    let body = whole(r#"STUB:{"text":"ok","hold":"gate"}"#);
    let (reply, log) = tokio::join!(ask(&sim, &body), async {
        let log = get(&sim, "log?wait=60").await;
        sim.wait_for_hold("gate").await;
        control(&sim, "release", json!({ "name": "gate" })).await;
        log
    });
    assert_eq!(reply.status(), 200);
    assert_eq!(log[0]["step"], json!({ "text": "ok", "hold": "gate" }));
    assert_eq!(get(&sim, "log?after=1").await, json!([]));
    assert_eq!(get(&sim, "log").await[0]["outcome"], "answered");
    assert_eq!(
        get(&sim, "holds").await,
        json!({ "gate": { "waiting": 0, "released": true } })
    );
    control(&sim, "reset", json!({})).await;
    assert_eq!(
        (get(&sim, "log").await, get(&sim, "holds").await),
        (json!([]), json!({}))
    );
}
