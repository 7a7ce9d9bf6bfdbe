//! Answers that no client of ours looks at closely enough, held against what others wrote down: their
//! bodies against the types of discord-api-types, their statuses and headers against Discord's documents.

use discord_sim::Sim;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::client::post;
use crate::shapes;

/// What every answer says about limits (Discord: topics/rate-limits#header-format).
const HEADERS: [&str; 5] = [
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-ratelimit-reset-after",
    "x-ratelimit-bucket",
];

/// A request and its right answer.
struct Step {
    /// The body's name in `shapes.ts`.
    shape: &'static str,
    method: Method,
    path: String,
    body: Value,
    status: u16,
}

/// Makes a request of every kind and tells what is wrong with the answers.
pub(super) async fn walk(sim: &Sim) -> Vec<String> {
    let general = sim.channel("general");
    let said = post(sim, general, "hello").await;
    let channel = format!("/channels/{general}");
    let message = format!("{channel}/messages/{}", said["id"].as_str().unwrap());
    let step = |shape, method, path, body, status| Step {
        shape,
        method,
        path,
        body,
        status,
    };
    let get = |shape, path, status| step(shape, Method::GET, path, Value::Null, status);
    let active = format!("/guilds/{}/threads/active", sim.guild_id());
    let eyes = format!("{message}/reactions/%F0%9F%91%80/@me");
    let (thread, whom) = (
        json!({"name": "t"}),
        json!({"recipient_id": sim.user("member").id()}),
    );
    let steps = [
        get("application", "/applications/@me".to_owned(), 200),
        step(
            "post",
            Method::POST,
            format!("{channel}/messages"),
            json!({"content": "hello again", "nonce": "again", "enforce_nonce": true}),
            200,
        ),
        step(
            "typing",
            Method::POST,
            format!("{channel}/typing"),
            Value::Null,
            204,
        ),
        step(
            "thread",
            Method::POST,
            format!("{message}/threads"),
            thread,
            201,
        ),
        get("active", active, 200),
        get(
            "archived",
            format!("{channel}/threads/archived/public"),
            200,
        ),
        step("reaction", Method::PUT, eyes, Value::Null, 204),
        step(
            "dm",
            Method::POST,
            "/users/@me/channels".to_owned(),
            whom,
            200,
        ),
        get("refusal", "/channels/1".to_owned(), 404),
    ];
    let mut wrong = Vec::new();
    for step in steps {
        let shape = step.shape;
        wrong.extend(
            look(sim, step)
                .await
                .into_iter()
                .map(|it| format!("{shape}: {it}")),
        );
    }
    wrong
}

async fn look(sim: &Sim, step: Step) -> Vec<String> {
    let answer = ask(sim, &step).await;
    let status = answer.status().as_u16();
    let mut wrong = Vec::new();
    if status != step.status {
        wrong.push(format!(
            "the status is {status} and should be {}",
            step.status
        ));
    }
    let missing = HEADERS
        .iter()
        .filter(|name| !answer.headers().contains_key(**name));
    wrong.extend(missing.map(|name| format!("the header {name} is missing")));
    let body = answer.text().await.unwrap();
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&body).unwrap()
    };
    wrong.extend(shapes::answer(step.shape, &body).err());
    wrong
}

async fn ask(sim: &Sim, step: &Step) -> Response {
    let url = format!("{}/api/v10{}", sim.base_url(), step.path);
    let request = Client::new()
        .request(step.method.clone(), url)
        .header("Authorization", format!("Bot {}", sim.token()));
    let request = if step.body.is_null() {
        request
    } else {
        request.json(&step.body)
    };
    request.send().await.unwrap()
}
