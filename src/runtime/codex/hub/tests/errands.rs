//! What is asked for of the account.

use serde_json::{Value, json};

use super::{super::super::wire::Order, Play};

/// A play in which somebody has the code of a login.
fn with_code() -> Play {
    let mut play = Play::new();
    play.switch.comes(1);
    play.switch.order(1, Order::LogIn);
    play.begins_login("one");
    play
}

impl Play {
    fn begins_login(&mut self, id: &str) {
        let begun = json!({"type": "chatgptDeviceCode", "loginId": id, "userCode": "ABCD-1",
            "verificationUrl": "https://auth.example/device"});
        self.answers("account/login/start", begun);
    }

    fn ends_login(&mut self, id: &str, error: Option<&str>) {
        let params = json!({"loginId": id, "success": error.is_none(), "error": error});
        self.hear(json!({"method": "account/login/completed", "params": params}));
    }
}

#[test]
fn a_login_is_a_code_and_then_an_end_with_the_plan() {
    let mut play = with_code();
    let code = json!({"baton": "code", "url": "https://auth.example/device", "code": "ABCD-1"});
    assert_eq!(play.said(), [code]);
    play.ends_login("another", None);
    assert_eq!(play.out(), [], "that was somebody else's");
    play.ends_login("one", None);
    play.answers(
        "account/read",
        json!({"account": {"type": "chatgpt", "email": "a@example.invalid", "planType": "plus"}}),
    );
    assert_eq!(play.said(), [json!({"baton": "logged_in", "plan": "plus"})]);
    play.switch.goes(1, play.now);
    assert!(play.switch.is_empty());
    assert!(!format!("{:?}", play.out()).contains("cancel"));
}

#[test]
fn codex_is_asked_for_its_account_and_what_it_says_is_no_concern_of_others() {
    let mut play = Play::new();
    play.switch.comes(1);
    play.switch.order(1, Order::Account);
    play.answers("account/read", json!({"account": null}));
    assert_eq!(play.said(), [json!({"baton": "account"})]);
}

#[test]
fn a_login_that_fails_says_why() {
    let mut play = with_code();
    play.out();
    play.ends_login("one", Some("device auth timed out"));
    let failed = json!({"baton": "in_vain", "detail": "device auth timed out"});
    assert_eq!(play.said(), [failed]);
}

#[test]
fn a_login_that_nobody_waits_for_is_given_up() {
    let mut play = with_code();
    play.out();
    play.switch.goes(1, play.now);
    let given_up = play.called("account/login/cancel");
    assert_eq!(given_up["params"], json!({"loginId": "one"}));
    assert!(play.switch.is_empty());
    // He was gone before Codex had a code.
    play.switch.comes(2);
    play.switch.order(2, Order::LogIn);
    let call = play.called("account/login/start");
    play.switch.goes(2, play.now);
    play.out();
    let begun = json!({"loginId": "two", "userCode": "x", "verificationUrl": "y"});
    play.hear(json!({"id": call["id"], "result": begun}));
    let given_up = play.called("account/login/cancel");
    assert_eq!(given_up["params"], json!({"loginId": "two"}));
}

#[test]
fn the_models_are_those_of_all_pages_the_usual_one_first() {
    let mut play = Play::new();
    play.switch.comes(1);
    play.switch.order(1, Order::Models);
    let page = |names: &[(&str, bool)], next: Option<&str>| -> Value {
        let models = names.iter();
        let models: Vec<Value> = models
            .map(|(name, usual)| json!({"id": name, "model": name, "isDefault": usual}))
            .collect();
        json!({"data": models, "nextCursor": next})
    };
    play.answers("model/list", page(&[("a", false), ("b", false)], Some("2")));
    let call = play.called("model/list");
    assert_eq!(call["params"]["cursor"], "2");
    play.hear(json!({"id": call["id"], "result": page(&[("c", true)], None)}));
    assert_eq!(
        play.said(),
        [json!({"baton": "models", "models": ["c", "a", "b"]})]
    );
}

#[test]
fn no_session_asks_for_anything_of_the_account() {
    let mut play = Play::seated();
    play.out();
    play.switch.order(1, Order::LogIn);
    assert_eq!(play.out(), []);
}
