//! People whose client speaks another language.

use discord_sim::{NO_OPTIONS, Sim, SimConfig, SlashError};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call, refused};
use crate::scene::{Heard, sim};

/// A command with words in German for all of it.
async fn health() -> (Sim, Gateway) {
    let sim = sim().await;
    let german = |word: &str| json!({ "de": word });
    let commands = json!([{
        "name": "health", "name_localizations": german("befinden"), "description": "x",
        "options": [{
            "type": 1, "name": "show", "name_localizations": german("zeigen"), "description": "x",
            "options": [{
                "type": 3, "name": "part", "name_localizations": german("teil"), "description": "x",
                "choices": [{"name": "All", "name_localizations": german("Alle"), "value": "all"}],
            }, {
                "type": 3, "name": "of", "description": "x", "autocomplete": true,
            }],
        }],
    }]);
    let path = format!("/applications/{}/commands", sim.bot_id());
    let (status, answer) = call(&sim, Method::PUT, &path, &commands).await;
    assert_eq!(status, 200, "{answer}");
    let (gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    (sim, gateway)
}

#[tokio::test]
async fn people_use_commands_by_the_words_of_their_language_and_the_bot_hears_its_own() {
    let (sim, mut gateway) = health().await;
    let general = sim.channel("general");
    let hanna = sim.user("hanna");
    hanna.speaks("de");
    for (who, line, option, choice, locale) in [
        ("hanna", "befinden zeigen", "teil", "Alle", "de"),
        ("member", "health show", "part", "All", "en-US"),
    ] {
        let used = sim.user(who).slash(line, [(option, choice)]).in_(general);
        let _used = used.await;
        let heard = Heard::next(&mut gateway).await.event;
        assert_eq!(heard["locale"], locale);
        assert_eq!(heard["guild_locale"], "en-US");
        assert_eq!(heard["data"]["name"], "health");
        let show = &heard["data"]["options"][0];
        assert_eq!(show["name"], "show");
        let part = json!([{"type": 3, "name": "part", "value": "all"}]);
        assert_eq!(show["options"], part);
    }
    let _typing = hanna
        .completes(general, "befinden zeigen", [("teil", "Alle")], ("of", "x"))
        .await;
    let heard = Heard::next(&mut gateway).await.event;
    assert_eq!(
        (&heard["type"], &heard["locale"]),
        (&json!(4), &json!("de"))
    );
}

#[tokio::test]
async fn nobody_is_offered_the_words_of_another_language() {
    let (sim, _gateway) = health().await;
    let general = sim.channel("general");
    sim.user("hanna").speaks("de");
    let offered = |who: &str, line: &str, option: &'static str| {
        let used = sim.user(who).slash(line, [(option, "x")]).in_(general);
        match used.send() {
            Ok(_) | Err(SlashError::BadValue { .. }) => true,
            Err(SlashError::NotRegistered { .. } | SlashError::UnknownOption { .. }) => false,
            Err(other) => panic!("{other}"),
        }
    };
    assert!(offered("hanna", "befinden zeigen", "teil"));
    assert!(!offered("hanna", "health show", "part"));
    assert!(!offered("hanna", "befinden zeigen", "part"));
    assert!(offered("member", "health show", "part"));
    assert!(!offered("member", "befinden zeigen", "teil"));
    assert!(!offered("member", "health show", "teil"));
}

#[tokio::test]
async fn only_languages_that_discord_has_are_taken() {
    let sim = sim().await;
    let path = format!("/applications/{}/commands", sim.bot_id());
    let words = |locale: &str| {
        let mut words = json!({});
        words[locale] = json!("wort");
        words
    };
    let command = |of_command: Value, of_option: Value, of_choice: Value| {
        json!({"name": "x", "description": "x", "name_localizations": of_command, "options": [{
            "type": 3, "name": "y", "description": "y", "description_localizations": of_option,
            "choices": [{"name": "z", "value": "z", "name_localizations": of_choice}],
        }]})
    };
    let good = command(words("de"), words("es-419"), words("zh-TW"));
    let (status, answer) = call(&sim, Method::POST, &path, &good).await;
    assert_eq!(status, 201, "{answer}");
    for bad in [
        command(words("german"), words("de"), words("de")),
        command(words("de"), words("en"), words("de")),
        command(words("de"), words("de"), words("de-DE")),
    ] {
        assert_eq!(
            refused(&sim, "POST", &path, bad.clone()).await,
            (400, 50_035),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn who_types_is_offered_the_words_of_his_language() {
    let (sim, mut gateway) = health().await;
    let general = sim.channel("general");
    sim.user("hanna").speaks("de");
    let typed = |locale: &str| {
        let mut words = json!({});
        words[locale] = json!("Fehler");
        json!({"type": 8, "data": {"choices": [
            {"name": "Errors", "name_localizations": words, "value": "e"},
            {"name": "Runs", "value": "r"},
        ]}})
    };
    for (who, line, shown) in [
        ("hanna", "befinden zeigen", "Fehler"),
        ("member", "health show", "Errors"),
    ] {
        let typing = sim
            .user(who)
            .completes(general, line, NO_OPTIONS, ("of", ""));
        let typing = typing.await;
        let heard = Heard::next(&mut gateway).await;
        assert_eq!(heard.answer(&sim, typed("german")).await, 50_035);
        assert_eq!(heard.answer(&sim, typed("de")).await, 0);
        let offered: Vec<(String, Value)> = typing
            .choices()
            .into_iter()
            .map(|choice| (choice.shown, choice.value))
            .collect();
        assert_eq!(
            offered,
            [
                (shown.to_owned(), json!("e")),
                ("Runs".to_owned(), json!("r"))
            ]
        );
    }
}

#[tokio::test]
async fn of_each_text_of_a_command_the_longest_language_counts_towards_the_8_000_characters() {
    let sim = Sim::start(SimConfig::default()).await;
    let path = format!("/applications/{}/commands", sim.bot_id());
    let long = "x".repeat(100);
    // 2 + 25 times (1 + 100 + 2 + choices) of 8,000.
    let command = |words: Value, choices: usize| {
        let choices: Vec<Value> = (0..choices)
            .map(|n| json!({"name": format!("{n:02}"), "value": "v", "name_localizations": words}))
            .collect();
        let options: Vec<Value> = ('a'..='y')
            .map(|name| json!({"type": 3, "name": name, "description": long, "choices": choices}))
            .collect();
        json!({"name": "x", "description": "x", "options": options})
    };
    let words = json!({"de": "x".repeat(80), "fr": "y".repeat(90)});
    for (body, wanted) in [
        (command(json!({}), 3), 201),
        (command(json!({"de": "x"}), 3), 200),
        (command(words.clone(), 2), 200),
        (command(words, 3), 400),
    ] {
        let (status, answer) = call(&sim, Method::POST, &path, &body).await;
        assert_eq!(status, wanted, "{answer}");
    }
}
