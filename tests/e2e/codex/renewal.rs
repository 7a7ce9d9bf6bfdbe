//! The login of an account is renewed while several sessions work with it.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use baton::clock::{Clock, Millis};
use model_sim::ForcedError;
use serde_json::{Value, json};

use super::{
    outputs,
    trouble::{TOKEN, subscribe},
};
use crate::stage::{Program, Settings, Stage, until};

const PEOPLE: usize = 5;

/// Where Codex asks its model, and for another login.
const MODEL: &str = "/backend-api/codex/responses";
const RENEWAL: &str = "/oauth/token";

/// The refresh token that comes with this renewal.
fn next(renewal: usize) -> String {
    format!("refresh-{renewal}")
}

/// A token like [`TOKEN`] that holds until then.
fn good_until(end: Millis) -> String {
    let claims = TOKEN.split('.').nth(1).unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["exp"] = json!(end.get() / 1_000);
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    TOKEN
        .split('.')
        .enumerate()
        .map(|(at, part)| if at == 1 { claims.as_str() } else { part })
        .collect::<Vec<_>>()
        .join(".")
}

/// Has each of so many renewals give this token, and a refresh token that is good for one time.
fn renewed_by(stage: &Stage, token: &str) {
    stage.model.force((0..PEOPLE).map(|n| {
        let next = next(n);
        let tokens = json!({"id_token": token, "access_token": token, "refresh_token": next});
        let given = ForcedError::status(201).body(tokens);
        given.path(RENEWAL).times(1)
    }));
}

/// The refresh tokens with which a renewal was asked for, in order.
fn spent(stage: &Stage) -> Vec<String> {
    let requests = stage.model.requests().into_iter();
    let renewals = requests.filter(|request| request.path == RENEWAL);
    renewals
        .map(|request| request.body["refresh_token"].as_str().unwrap().to_owned())
        .collect()
}

/// The same if each that came was used once, so many of them.
fn each_once(times: usize) -> Vec<String> {
    let given = ["dummy".to_owned()].into_iter().chain((0..).map(next));
    given.take(times).collect()
}

/// A stage whose account's token runs out then.
async fn with_a_token_until(end: Millis) -> Stage {
    let mut stage = Stage::dark(Settings::for_crowd(Program::Codex, PEOPLE)).await;
    subscribe(&mut stage);
    let file = stage.codex_home().join("auth.json");
    let login = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, login.replace(TOKEN, &good_until(end))).unwrap();
    stage
}

/// Everybody asks for a command, which runs after this, and all are answered.
async fn all_are_answered(stage: &Stage, meanwhile: impl AsyncFnOnce()) {
    let mut threads = Vec::new();
    for n in 0..PEOPLE {
        let play = json!([
            {"do": {"run": format!("echo x >> made{n}")}, "hold": "all"},
            {"text": format!("answer {n}")},
        ]);
        let said = format!("go STUB:{play}");
        threads.push(stage.ask(&format!("person{n}"), &said).await);
    }
    let asks = || {
        let requests = stage.model.requests().into_iter();
        requests.filter(|request| request.path == MODEL).count()
    };
    stage.sim.wait_for(|_| asks() >= PEOPLE).await;
    meanwhile().await;
    stage.model.release("all");
    for (n, thread) in threads.into_iter().enumerate() {
        stage.answer(thread, &format!("answer {n}")).await;
        let made = std::fs::read_to_string(stage.project().join(format!("made{n}")));
        assert_eq!(made.ok().as_deref(), Some("x\n"), "{n}");
        assert_eq!(stage.count(thread, "⚠️"), 0);
    }
    stage.until_settled().await;
    assert_eq!(stage.codexes().len(), 1);
}

#[tokio::test]
async fn a_login_that_has_run_out_is_renewed_once_before_anything_is_asked_with_it() {
    let mut stage = with_a_token_until(Millis::new(1_000_000_000_000)).await;
    let renewed = TOKEN.replace(".c2ln", ".bmV3");
    renewed_by(&stage, &renewed);
    stage.start().await;
    stage.let_in(PEOPLE).await;
    all_are_answered(&stage, async || {}).await;
    assert_eq!(spent(&stage), each_once(1));
    let bearer = format!("Bearer {renewed}");
    for request in stage.model.requests() {
        if request.path != RENEWAL {
            let with = request.header("authorization");
            assert_eq!(with, Some(bearer.as_str()), "{}", request.path);
        }
    }
}

#[tokio::test]
async fn a_login_that_runs_out_while_turns_run_is_renewed_with_no_token_twice_and_all_go_on() {
    let clock = Clock::system();
    let end = clock.now().after(Duration::from_secs(10));
    let mut stage = with_a_token_until(end).await;
    let renewed = TOKEN.replace(".c2ln", ".bmV3");
    renewed_by(&stage, &renewed);
    stage.start().await;
    stage.let_in(PEOPLE).await;
    let run_out = async || until("it has run out", || clock.now() > end).await;
    all_are_answered(&stage, run_out).await;
    // The service would have taken the old one: nothing was refused.
    let spent = spent(&stage);
    assert!(!spent.is_empty());
    assert_eq!(spent, each_once(spent.len()));
    let bearer = format!("Bearer {renewed}");
    let requests = stage.model.requests().into_iter();
    let ask_again = requests
        .filter(|request| request.path == MODEL)
        .skip(PEOPLE);
    let with: Vec<_> = ask_again
        .map(|request| request.header("authorization").map(str::to_owned))
        .collect();
    assert_eq!(with, vec![Some(bearer); PEOPLE]);
}

#[tokio::test]
async fn a_login_that_is_refused_to_several_turns_is_renewed_with_no_token_twice_and_all_go_on() {
    let mut stage = Stage::dark(Settings::for_crowd(Program::Codex, PEOPLE)).await;
    subscribe(&mut stage);
    stage.start().await;
    stage.let_in(PEOPLE).await;
    let mut threads = Vec::new();
    for n in 0..PEOPLE {
        let command = format!("echo x >> made{n}");
        let call = json!({"tool": "exec_command", "input": {"cmd": command}, "hold": "all"});
        let answer = format!("answer {n}");
        let said = format!("go STUB:{}", json!([call, {"text": answer}]));
        threads.push(stage.ask(&format!("person{n}"), &said).await);
    }
    let asks = |path: &str| {
        let requests = stage.model.requests().into_iter();
        requests.filter(|request| request.path == path).count()
    };
    stage.sim.wait_for(|_| asks(MODEL) >= PEOPLE).await;
    let renewed = TOKEN.replace(".c2ln", ".bmV3");
    stage.model.accept_only(Some(vec![renewed.clone()]));
    renewed_by(&stage, &renewed);
    stage.model.release("all");
    for (n, thread) in threads.into_iter().enumerate() {
        stage.answer(thread, &format!("answer {n}")).await;
    }
    // Each turn renews it for itself, one after the other: a token that was used twice would cost the account its login.
    let used = spent(&stage);
    assert_eq!(used, each_once(used.len()));
    assert!((1..=PEOPLE).contains(&used.len()), "{used:?}");
    assert_eq!(stage.codexes().len(), 1);
    for n in 0..PEOPLE {
        let made = std::fs::read_to_string(stage.project().join(format!("made{n}")));
        assert_eq!(
            made.ok().as_deref(),
            Some("x\n"),
            "{n}: {:#?}",
            outputs(&stage)
        );
    }
    let login = std::fs::read_to_string(stage.codex_home().join("auth.json")).unwrap();
    let login: Value = serde_json::from_str(&login).unwrap();
    assert_eq!(login["tokens"]["refresh_token"], next(used.len() - 1));
    assert_eq!(login["tokens"]["access_token"], renewed);
}
