//! The registry of commands.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{call, refused};
use crate::scene::sim;

fn command(name: &str) -> Value {
    json!({"name": name, "description": "d"})
}

#[tokio::test]
async fn commands_are_made_changed_and_deleted_in_the_guild_and_for_all() {
    let sim = sim().await;
    let global = format!("/applications/{}/commands", sim.bot_id());
    let guild = format!(
        "/applications/{}/guilds/{}/commands",
        sim.bot_id(),
        sim.guild_id()
    );
    for path in [global, guild] {
        let new = json!({
            "name": "health",
            "name_localizations": {"de": "befinden"},
            "description": "How it is",
            "description_localizations": {"de": "Wie es geht"},
            "default_member_permissions": "2048",
            "options": [{"type": 3, "name": "of", "description": "Whom", "min_length": 1,
                "choices": [{"name": "All", "name_localizations": {"de": "Alle"}, "value": "all"}]}],
        });
        let (status, made) = call(&sim, Method::POST, &path, &new).await;
        assert_eq!(status, 201, "{made}");
        for key in [
            "name_localizations",
            "description_localizations",
            "default_member_permissions",
            "options",
        ] {
            assert_eq!(made[key], new[key], "{key}");
        }
        let (status, again) = call(&sim, Method::POST, &path, &new).await;
        assert_eq!(
            (status, &again["id"]),
            (200, &made["id"]),
            "of one name there is one"
        );
        let one = format!("{path}/{}", made["id"].as_str().unwrap());
        let (_, changed) = call(&sim, Method::PATCH, &one, &json!({"description": "Well?"})).await;
        assert_eq!(
            (&changed["description"], &changed["name"]),
            (&json!("Well?"), &json!("health"))
        );
        assert_ne!(changed["version"], made["version"]);
        let (_, listed) = call(&sim, Method::GET, &path, &Value::Null).await;
        assert_eq!(listed, json!([changed]));
        let (_, put) = call(&sim, Method::PUT, &path, &json!([command("other")])).await;
        assert_eq!(put[0]["name"], "other");
        assert_eq!(refused(&sim, "GET", &one, Value::Null).await, (404, 10_063));
        let one = format!("{path}/{}", put[0]["id"].as_str().unwrap());
        assert_eq!(call(&sim, Method::DELETE, &one, &Value::Null).await.0, 204);
    }
}

#[tokio::test]
async fn what_discord_does_not_register() {
    let sim = sim().await;
    let path = format!("/applications/{}/commands", sim.bot_id());
    let named = |name: String| json!({"name": name, "description": "d"});
    let options =
        |options: Vec<Value>| json!({"name": "x", "description": "d", "options": options});
    let option = |name: &str| json!({"type": 3, "name": name, "description": "d"});
    let choices = |count: usize, length: usize| {
        let choice = |n: usize| json!({"name": "n".repeat(length), "value": n.to_string()});
        options(vec![json!({"type": 3, "name": "o", "description": "d",
            "choices": (0..count).map(choice).collect::<Vec<_>>()})])
    };
    let many = |count: usize| options((0..count).map(|n| option(&format!("o{n}"))).collect());
    let long = |n: usize| {
        let choice = |c: usize| json!({"name": "n".repeat(100), "value": format!("{c:0100}")});
        json!({"type": 3, "name": format!("o{n}"), "description": "d",
            "choices": (0..20).map(choice).collect::<Vec<_>>()})
    };
    let big = |count: usize| options((0..count).map(long).collect());
    let mut required = option("b");
    required["required"] = json!(true);
    let mut menu = command("Menu");
    menu["type"] = json!(2);
    for (what, good, bad) in [
        ("name", named("n".repeat(32)), named("n".repeat(33))),
        ("empty name", command("x"), command("")),
        ("capitals", command("x"), command("X")),
        (
            "description",
            json!({"name": "x", "description": "d".repeat(100)}),
            json!({"name": "x", "description": "d".repeat(101)}),
        ),
        ("options", many(25), many(26)),
        ("choices", choices(25, 1), choices(26, 1)),
        ("choice name", choices(1, 100), choices(1, 101)),
        ("8000 characters", big(1), big(2)),
        (
            "required first",
            options(vec![required.clone(), option("a")]),
            options(vec![option("a"), required]),
        ),
        (
            "unique options",
            options(vec![option("a"), option("b")]),
            options(vec![option("a"), option("a")]),
        ),
        (
            "contexts",
            json!({"name": "x", "description": "d", "contexts": [0, 1]}),
            json!({"name": "x", "description": "d", "contexts": [0, 3]}),
        ),
        (
            "installations",
            json!({"name": "x", "description": "d", "integration_types": [0, 1]}),
            json!({"name": "x", "description": "d", "integration_types": [2]}),
        ),
        (
            "private channels",
            json!({"name": "x", "description": "d", "integration_types": [1], "contexts": [2]}),
            json!({"name": "x", "description": "d", "integration_types": [0], "contexts": [2]}),
        ),
        (
            "menus have no description",
            json!({"name": "Menu", "type": 2}),
            menu,
        ),
    ] {
        let put = |body: &Value| json!([body]);
        let (status, answer) = call(&sim, Method::PUT, &path, &put(&good)).await;
        assert_eq!(status, 200, "{what}: {answer}");
        assert_eq!(
            refused(&sim, "PUT", &path, put(&bad)).await,
            (400, 50_035),
            "{what}"
        );
    }
    let twice = json!([command("x"), command("x")]);
    assert_eq!(refused(&sim, "PUT", &path, twice).await, (400, 50_035));
}

#[tokio::test]
async fn a_hundred_commands_and_two_hundred_new_ones_a_day() {
    let sim = sim().await;
    let path = format!("/applications/{}/commands", sim.bot_id());
    let set = |prefix: &str, count: usize| {
        let commands = (0..count).map(|n| command(&format!("{prefix}{n}")));
        Value::Array(commands.collect())
    };
    assert_eq!(
        refused(&sim, "PUT", &path, set("a", 101)).await,
        (400, 50_035)
    );
    assert_eq!(call(&sim, Method::PUT, &path, &set("a", 100)).await.0, 200);
    assert_eq!(
        call(&sim, Method::PUT, &path, &set("a", 100)).await.0,
        200,
        "none is new"
    );
    assert_eq!(
        refused(&sim, "POST", &path, command("more")).await,
        (400, 30_032)
    );
    assert_eq!(call(&sim, Method::PUT, &path, &set("b", 100)).await.0, 200);
    assert_eq!(
        refused(&sim, "PUT", &path, set("c", 1)).await,
        (429, 30_034)
    );
    sim.advance(Duration::from_hours(24));
    assert_eq!(call(&sim, Method::PUT, &path, &set("c", 1)).await.0, 200);
    let menus = |count: usize| {
        let menus = (0..count).map(|n| json!({"type": 3, "name": format!("M {n}")}));
        Value::Array(menus.collect())
    };
    assert_eq!(refused(&sim, "PUT", &path, menus(16)).await, (400, 50_035));
    assert_eq!(call(&sim, Method::PUT, &path, &menus(15)).await.0, 200);
}
