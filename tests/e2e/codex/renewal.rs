//! The login of an account is renewed while several sessions work with it.

use model_sim::ForcedError;
use serde_json::{Value, json};

use super::{
    outputs,
    trouble::{TOKEN, subscribe},
};
use crate::stage::{Program, Settings, Stage};

const PEOPLE: usize = 5;

/// Where Codex asks its model, and for another login.
const MODEL: &str = "/backend-api/codex/responses";
const RENEWAL: &str = "/oauth/token";

/// The refresh token that comes with this renewal.
fn next(renewal: usize) -> String {
    format!("refresh-{renewal}")
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
    // A refresh token is good for one time.
    stage.model.force((0..PEOPLE).map(|n| {
        let tokens =
            json!({"id_token": renewed, "access_token": renewed, "refresh_token": next(n)});
        let given = ForcedError::status(201).body(tokens);
        given.path(RENEWAL).times(1)
    }));
    stage.model.release("all");
    for (n, thread) in threads.into_iter().enumerate() {
        stage.answer(thread, &format!("answer {n}")).await;
    }
    // Each turn renews it for itself, one after the other: a token that was used twice would cost the account its login.
    let requests = stage.model.requests().into_iter();
    let renewals = requests.filter(|request| request.path == RENEWAL);
    let used: Vec<String> = renewals
        .map(|request| request.body["refresh_token"].as_str().unwrap().to_owned())
        .collect();
    let given = ["dummy".to_owned()].into_iter().chain((0..).map(next));
    let expected: Vec<String> = given.take(used.len()).collect();
    assert_eq!(used, expected);
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
