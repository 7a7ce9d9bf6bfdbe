//! Every limit of a message, as a table: just what is allowed, and one too many.

use discord_sim::{Sim, SimConfig, ViolationKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{call, refused};

/// Posts a message with this in it and says whether it was taken: the error code, or 0.
async fn posted(sim: &Sim, part: &Value) -> u64 {
    let mut body = json!({
        "nonce": format!("n{}", sim.journal().len()),
        "enforce_nonce": true,
        "allowed_mentions": {"parse": []},
    });
    for (key, value) in part.as_object().unwrap() {
        body[key] = value.clone();
    }
    let path = format!("/channels/{}/messages", sim.channel("general"));
    let (status, answer) = call(sim, Method::POST, &path, &body).await;
    let code = answer["code"].as_u64().unwrap_or(0);
    assert_eq!(status == 200, code == 0, "{answer}");
    code
}

/// Checks a table of what is taken and what is too much.
async fn hold(table: Vec<(&str, Value, Value)>) {
    let sim = Sim::start(SimConfig::default()).await;
    for (what, most, more) in table {
        assert_eq!(posted(&sim, &most).await, 0, "{what}: what is allowed");
        let before = sim.take_violations();
        assert_eq!(before, [], "{what}");
        assert_eq!(posted(&sim, &more).await, 50_035, "{what}: too much");
        let kinds: Vec<ViolationKind> = sim.take_violations().iter().map(|v| v.kind).collect();
        assert_eq!(kinds, [ViolationKind::OverLimit], "{what}");
    }
}

fn text(length: usize) -> String {
    "é".repeat(length)
}

fn row(parts: impl Into<Value>) -> Value {
    json!({"type": 1, "components": parts.into()})
}

fn button(id: &str) -> Value {
    json!({"type": 2, "style": 1, "label": "go", "custom_id": id})
}

fn buttons(count: usize) -> Vec<Value> {
    (0..count).map(|n| button(&format!("b{n}"))).collect()
}

fn rows(count: usize) -> Vec<Value> {
    (0..count)
        .map(|n| row(vec![button(&format!("b{n}"))]))
        .collect()
}

fn select(options: usize) -> Value {
    let options: Vec<Value> = (0..options)
        .map(|n| json!({"label": format!("l{n}"), "value": format!("v{n}")}))
        .collect();
    json!({"type": 3, "custom_id": "s", "options": options})
}

/// A select or button with one thing changed.
fn with(mut component: Value, key: &str, value: impl Into<Value>) -> Value {
    component[key] = value.into();
    json!({"components": [row(vec![component])]})
}

fn option(key: &str, length: usize) -> Value {
    let mut select = select(1);
    select["options"][0][key] = json!(text(length));
    json!({"components": [row(vec![select])]})
}

fn v2(components: Vec<Value>) -> Value {
    json!({"flags": 1 << 15, "components": components})
}

fn display(length: usize) -> Value {
    json!({"type": 10, "content": text(length)})
}

#[tokio::test]
async fn texts_and_embeds() {
    let embed = |embed: Value| json!({"embeds": [embed]});
    let field = |name: usize, value: usize| {
        embed(json!({"fields": [{"name": text(name), "value": text(value)}]}))
    };
    let fields = |count: usize| {
        let fields: Vec<Value> = (0..count)
            .map(|_| json!({"name": "n", "value": "v"}))
            .collect();
        embed(json!({"fields": fields}))
    };
    let embeds = |count: usize| {
        let embeds: Vec<Value> = (0..count).map(|_| json!({"title": "t"})).collect();
        json!({"embeds": embeds})
    };
    let sum = |last: usize| {
        let long = json!({"description": text(2_990)});
        json!({"embeds": [long, long, {"description": text(last)}]})
    };
    hold(vec![
        (
            "content",
            json!({"content": text(2_000)}),
            json!({"content": text(2_001)}),
        ),
        (
            "nonce",
            json!({"content": "x", "nonce": "n".repeat(25)}),
            json!({"content": "x", "nonce": "n".repeat(26)}),
        ),
        ("embeds", embeds(10), embeds(11)),
        (
            "title",
            embed(json!({"title": text(256)})),
            embed(json!({"title": text(257)})),
        ),
        (
            "description",
            embed(json!({"description": text(4_096)})),
            embed(json!({"description": text(4_097)})),
        ),
        ("fields", fields(25), fields(26)),
        ("field name", field(256, 1), field(257, 1)),
        ("field value", field(1, 1_024), field(1, 1_025)),
        ("empty field name", field(1, 1), field(0, 1)),
        (
            "footer",
            embed(json!({"footer": {"text": text(2_048)}})),
            embed(json!({"footer": {"text": text(2_049)}})),
        ),
        (
            "author",
            embed(json!({"author": {"name": text(256)}})),
            embed(json!({"author": {"name": text(257)}})),
        ),
        ("sum of all embeds", sum(20), sum(21)),
    ])
    .await;
}

#[tokio::test]
async fn buttons_and_selects() {
    let message = |rows: Vec<Value>| json!({"components": rows});
    let link = |length: usize| {
        let url = "https://example.org/";
        let url = format!("{url}{}", "x".repeat(length - url.len()));
        json!({"type": 2, "style": 5, "label": "go", "url": url})
    };
    let two = |one: &str, other: &str| message(vec![row(vec![button(one), button(other)])]);
    let ids = |length: usize| with(button("x"), "custom_id", "i".repeat(length));
    hold(vec![
        ("rows", message(rows(5)), message(rows(6))),
        (
            "buttons",
            message(vec![row(buttons(5))]),
            message(vec![row(buttons(6))]),
        ),
        (
            "a row is not empty",
            message(rows(1)),
            message(vec![row(Vec::<Value>::new())]),
        ),
        (
            "only rows without the V2 flag",
            message(rows(1)),
            message(vec![display(1)]),
        ),
        (
            "label",
            with(button("x"), "label", text(80)),
            with(button("x"), "label", text(81)),
        ),
        (
            "link",
            message(vec![row(vec![link(512)])]),
            message(vec![row(vec![link(513)])]),
        ),
        ("custom_id", ids(100), ids(101)),
        ("custom_id is not empty", ids(1), ids(0)),
        ("custom_id is unique", two("a", "b"), two("a", "a")),
        (
            "a link has no custom_id",
            message(vec![row(vec![link(30)])]),
            with(link(30), "custom_id", "x"),
        ),
        (
            "style",
            with(button("x"), "style", 4),
            with(button("x"), "style", 7),
        ),
        (
            "options",
            message(vec![row(vec![select(25)])]),
            message(vec![row(vec![select(26)])]),
        ),
        (
            "a select has options",
            message(vec![row(vec![select(1)])]),
            message(vec![row(vec![select(0)])]),
        ),
        (
            "one select in a row",
            message(vec![row(vec![select(1)])]),
            message(vec![row(vec![select(1), button("b")])]),
        ),
        ("option label", option("label", 100), option("label", 101)),
        ("option value", option("value", 100), option("value", 101)),
        (
            "option description",
            option("description", 100),
            option("description", 101),
        ),
        (
            "placeholder",
            with(select(1), "placeholder", text(150)),
            with(select(1), "placeholder", text(151)),
        ),
        (
            "max_values",
            with(select(3), "max_values", 3),
            with(select(3), "max_values", 4),
        ),
        (
            "min_values",
            with(select(3), "min_values", 1),
            with(select(3), "min_values", 2),
        ),
    ])
    .await;
}

#[tokio::test]
async fn components_v2() {
    let legacy = |key: &str, value: Value| {
        let mut message = v2(vec![display(1)]);
        message[key] = value;
        message
    };
    let section = |texts: usize| {
        let texts: Vec<Value> = (0..texts).map(|_| display(1)).collect();
        v2(vec![
            json!({"type": 9, "components": texts, "accessory": button("b")}),
        ])
    };
    let gallery = |items: usize| {
        let item = json!({"media": {"url": "https://example.org/a.png"}});
        v2(vec![json!({"type": 12, "items": vec![item; items]})])
    };
    let bare = json!({"type": 9, "components": [display(1)]});
    let nested = |count: usize| {
        v2(vec![
            json!({"type": 17, "components": vec![display(1); count]}),
        ])
    };
    let file = |url: &str| v2(vec![json!({"type": 13, "file": {"url": url}})]);
    hold(vec![
        ("components with nested ones", nested(39), nested(40)),
        ("some component", v2(vec![display(1)]), v2(Vec::new())),
        (
            "one text",
            v2(vec![display(4_000)]),
            v2(vec![display(4_001)]),
        ),
        (
            "all texts",
            v2(vec![display(2_000); 2]),
            v2(vec![display(2_000), display(2_001)]),
        ),
        (
            "a text is not empty",
            v2(vec![display(1)]),
            v2(vec![display(0)]),
        ),
        (
            "no content",
            legacy("content", json!("")),
            legacy("content", json!("x")),
        ),
        (
            "no embeds",
            legacy("embeds", json!([])),
            legacy("embeds", json!([{"title": "t"}])),
        ),
        ("section", section(3), section(4)),
        ("a section has an accessory", section(1), v2(vec![bare])),
        ("gallery", gallery(10), gallery(11)),
        (
            "files are the message's",
            file("attachment://a.md"),
            file("https://example.org/a.md"),
        ),
        (
            "no button outside a row",
            v2(vec![row(vec![button("b")])]),
            v2(vec![button("b")]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn allowed_mentions() {
    let allowed = |allowed: Value| json!({"content": "x", "allowed_mentions": allowed});
    let ids = |count: u64| (1..=count).map(|id| id.to_string()).collect::<Vec<_>>();
    hold(vec![
        (
            "users",
            allowed(json!({"users": ids(100)})),
            allowed(json!({"users": ids(101)})),
        ),
        (
            "roles",
            allowed(json!({"roles": ids(100)})),
            allowed(json!({"roles": ids(101)})),
        ),
        (
            "parse or list",
            allowed(json!({"parse": ["roles"], "users": ["1"]})),
            allowed(json!({"parse": ["users"], "users": ["1"]})),
        ),
    ])
    .await;
}

/// Posts files of these sizes and gives the status and, if it was refused, the code.
async fn upload(sim: &Sim, sizes: &[usize]) -> (u16, u64) {
    let mut form = reqwest::multipart::Form::new();
    let nonce = format!("n{}", sim.journal().len());
    let body = json!({"content": "x", "nonce": nonce, "enforce_nonce": true});
    form = form.text("payload_json", body.to_string());
    for (place, size) in sizes.iter().enumerate() {
        let part = reqwest::multipart::Part::bytes(vec![b'x'; *size]).file_name("f.txt");
        form = form.part(format!("files[{place}]"), part);
    }
    let url = format!(
        "{}/api/v10/channels/{}/messages",
        sim.base_url(),
        sim.channel("general")
    );
    let request = reqwest::Client::new().post(url).multipart(form);
    let request = request.header("Authorization", format!("Bot {}", sim.token()));
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body["code"].as_u64().unwrap_or(0))
}

#[tokio::test]
async fn files() {
    const MIB: usize = 1024 * 1024;
    let sim = Sim::start(SimConfig::default()).await;
    assert_eq!(upload(&sim, &[1; 10]).await, (200, 0));
    assert_eq!(upload(&sim, &[1; 11]).await, (400, 50_035));
    assert_eq!(upload(&sim, &[10 * MIB]).await, (200, 0));
    assert_eq!(upload(&sim, &[10 * MIB + 1]).await, (413, 40_005));
    assert_eq!(upload(&sim, &[9 * MIB, 9 * MIB, 6 * MIB]).await, (200, 0));
    assert_eq!(
        upload(&sim, &[9 * MIB, 9 * MIB, 8 * MIB]).await,
        (413, 40_005)
    );
}

#[tokio::test]
async fn names_of_channels_and_threads() {
    let sim = Sim::start(SimConfig::default()).await;
    let channels = format!("/guilds/{}/channels", sim.guild_id());
    let threads = format!("/channels/{}/threads", sim.channel("general"));
    for path in [channels, threads.clone()] {
        let new = json!({"name": text(100)});
        assert_eq!(call(&sim, Method::POST, &path, &new).await.0, 201, "{path}");
        for length in [0, 101] {
            let new = json!({"name": text(length)});
            assert_eq!(
                refused(&sim, "POST", &path, new).await,
                (400, 50_035),
                "{path}"
            );
        }
    }
    let odd = json!({"name": "t", "auto_archive_duration": 61});
    assert_eq!(refused(&sim, "POST", &threads, odd).await, (400, 50_035));
}
