//! What the switch does with what comes.

mod errands;
mod held;
mod servers;

use std::{path::PathBuf, time::Duration};

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    super::wire::{Open, Order, Wish, Word, line},
    switch::{Out, Switch},
};

const RECONNECT: Duration = Duration::from_mins(1);

fn thread() -> Uuid {
    Uuid::from_u128(7)
}

fn opening(thread: Option<Uuid>) -> Order {
    Order::Open(Box::new(Open {
        thread,
        directory: PathBuf::from("/srv/app"),
        model: "gpt-5.5".into(),
        plan: false,
        keeps_running: false,
        config: json!({}),
        instructions: "be kind".into(),
        temporary: PathBuf::from("/nowhere/tmp"),
    }))
}

fn prompt(n: u128) -> Order {
    Order::Prompt {
        id: Uuid::from_u128(n),
        text: format!("prompt {n}"),
    }
}

/// What Codex is told, if something is.
fn call_of(out: &Out) -> Option<Value> {
    if let Out::Program(call) = out {
        return Some(call.clone());
    }
    None
}

/// A switch, and the ids of what it has asked Codex.
struct Play {
    switch: Switch,
    now: Instant,
}

impl Play {
    fn new() -> Self {
        Self {
            switch: Switch::new(RECONNECT),
            now: Instant::now(),
        }
    }

    /// A play with a seat whose thread is open.
    fn seated() -> Self {
        let mut play = Self::new();
        play.sit(1, None);
        play
    }

    fn sit(&mut self, seat: u64, wants: Option<Uuid>) {
        self.switch.comes(seat);
        self.switch.order(seat, opening(wants));
        self.open();
    }

    /// Codex answers all that opens a thread.
    fn open(&mut self) {
        self.answers(
            "account/read",
            json!({"account": null, "requiresOpenaiAuth": false}),
        );
        let out = self.out();
        let call = out.iter().find_map(call_of).expect("a thread is opened");
        let opened = json!({"thread": {"id": thread().to_string(), "path": "/record"}});
        self.hear(json!({"id": call["id"], "result": opened}));
        self.answers("thread/settings/update", json!({}));
    }

    fn out(&mut self) -> Vec<Out> {
        self.switch.take_out()
    }

    fn hear(&mut self, message: Value) {
        self.switch.heard(message, self.now);
    }

    /// The last call of this method is answered so.
    fn answers(&mut self, method: &str, result: impl Into<Value>) {
        let result: Value = result.into();
        let call = self.called(method);
        self.hear(json!({"id": call["id"], "result": result}));
    }

    /// The call of this method; everything that was to be done with it is gone.
    fn called(&mut self, method: &str) -> Value {
        let out = self.out();
        let mut calls = out.iter().filter_map(call_of);
        let found = calls.find(|call| call["method"] == method);
        found.unwrap_or_else(|| panic!("no {method} in {out:?}"))
    }

    fn tells(&mut self, method: &str, mut params: Value) {
        params["threadId"] = json!(thread().to_string());
        self.hear(json!({"method": method, "params": params}));
    }

    fn begins(&mut self, n: u128) {
        self.switch.order(1, prompt(n));
        self.answers("turn/start", json!({"turn": {"id": "t"}}));
        self.tells("turn/started", json!({"turn": {"id": "t"}}));
    }

    fn completes(&mut self, status: &str) {
        self.tells(
            "turn/completed",
            json!({"turn": {"id": "t", "status": status}}),
        );
    }

    /// What the seat is told.
    fn said(&mut self) -> Vec<Value> {
        let told = self.out().into_iter().filter_map(|out| {
            if let Out::Seat(_, line) = out {
                return serde_json::from_str(&line).ok();
            }
            None
        });
        told.collect()
    }
}

#[test]
fn what_is_ordered_before_the_thread_is_open_is_done_when_it_is() {
    let mut play = Play::new();
    play.switch.comes(1);
    play.switch.order(1, opening(None));
    play.switch.order(1, prompt(1));
    play.open();
    let out = play.out();
    assert!(
        matches!(&out[0], Out::Seat(1, ready) if ready.contains("ready")),
        "{out:?}"
    );
    assert!(
        matches!(&out[1], Out::Program(call) if call["method"] == "turn/start"),
        "{out:?}"
    );
}

#[test]
fn nobody_who_is_not_logged_in_gets_a_thread() {
    let mut play = Play::new();
    play.switch.comes(1);
    play.switch.order(1, opening(None));
    play.answers(
        "account/read",
        json!({"account": null, "requiresOpenaiAuth": true}),
    );
    let said = play.said();
    assert_eq!(said[0]["why"], "login_needed", "{said:?}");
}

#[test]
fn a_thread_that_codex_does_not_have_is_told_as_unknown() {
    let mut play = Play::new();
    play.switch.comes(1);
    play.switch.order(1, opening(Some(thread())));
    play.answers(
        "account/read",
        json!({"account": {}, "requiresOpenaiAuth": true}),
    );
    let call = play.called("thread/resume");
    let error = json!({"code": -32600, "message": "no rollout found for thread id 7"});
    play.hear(json!({"id": call["id"], "error": error}));
    let said = play.said();
    assert_eq!(said[0]["why"], "unknown_thread", "{said:?}");
}

#[test]
fn a_prompt_joins_the_turn_in_progress_and_begins_one_if_that_has_just_ended() {
    let mut play = Play::seated();
    play.begins(1);
    play.switch.order(1, prompt(2));
    let join = play.called("turn/steer");
    assert_eq!(join["params"]["expectedTurnId"], "t");
    play.completes("completed");
    let clear = play.called("thread/backgroundTerminals/clean");
    let error = json!({"message": "no active turn to steer"});
    play.hear(json!({"id": join["id"], "error": error}));
    assert_eq!(play.out(), [], "it begins before the last one is told");
    play.hear(json!({"id": clear["id"], "result": {}}));
    let out = play.out();
    assert!(
        matches!(&out[0], Out::Seat(1, end) if end.contains("turn/completed")),
        "{out:?}"
    );
    assert!(
        matches!(&out[1], Out::Program(call) if call["method"] == "turn/start"),
        "{out:?}"
    );
}

#[test]
fn the_end_of_a_turn_is_told_when_what_it_left_running_has_ended() {
    let mut play = Play::seated();
    play.begins(1);
    play.switch.order(1, Order::Interrupt);
    play.called("turn/interrupt");
    play.completes("interrupted");
    let clear = play.called("thread/backgroundTerminals/clean");
    assert_eq!(play.said(), Vec::<Value>::new());
    // Also if Codex cannot.
    play.hear(json!({"id": clear["id"], "error": {"message": "no"}}));
    assert_eq!(play.said()[0]["method"], "turn/completed");
}

#[test]
fn a_turn_that_is_to_stop_before_it_has_begun_is_stopped_when_it_has() {
    let mut play = Play::seated();
    play.switch.order(1, prompt(1));
    play.switch.order(1, Order::Interrupt);
    play.answers("turn/start", json!({"turn": {"id": "t"}}));
    assert_eq!(play.out(), [], "Codex does not know the turn yet");
    play.tells("turn/started", json!({"turn": {"id": "t"}}));
    let stop = play.called("turn/interrupt");
    assert_eq!(stop["params"]["turnId"], "t");
    // Nor does it always know of it then.
    let error = json!({"message": "no active turn to interrupt"});
    play.hear(json!({"id": stop["id"], "error": error}));
    let again = play.switch.deadline().expect("it is tried again");
    play.switch.look_at_time(again);
    let stop = play.called("turn/interrupt");
    play.hear(json!({"id": stop["id"], "result": {}}));
    assert_eq!(play.switch.deadline(), None);
}

#[test]
fn the_end_of_another_turn_ends_nothing() {
    let mut play = Play::seated();
    play.begins(1);
    play.out();
    play.tells(
        "turn/completed",
        json!({"turn": {"id": "older", "status": "completed"}}),
    );
    assert_eq!(play.out(), []);
}

#[test]
fn who_goes_while_a_thread_is_opened_ends_nobody_and_the_next_one_waits_for_that() {
    let mut play = Play::new();
    play.switch.comes(1);
    play.switch.order(1, opening(Some(thread())));
    play.answers("account/read", json!({"account": {}}));
    play.switch.goes(1, play.now);
    assert_eq!(
        play.switch.deadline(),
        None,
        "a large thread takes its time"
    );
    play.switch.comes(2);
    play.switch.order(2, opening(Some(thread())));
    let opened = json!({"thread": {"id": thread().to_string()}});
    play.answers("thread/resume", opened);
    play.answers("thread/settings/update", json!({}));
    play.answers("thread/backgroundTerminals/clean", json!({}));
    play.answers("thread/unsubscribe", json!({}));
    play.called("account/read");
}

#[test]
fn what_a_turn_has_left_running_ends_with_its_session_also_where_it_may_outlive_the_turn() {
    let mut play = Play::new();
    play.switch.comes(1);
    let Order::Open(mut open) = opening(None) else {
        panic!("an order to open");
    };
    open.keeps_running = true;
    play.switch.order(1, Order::Open(open));
    play.open();
    play.begins(1);
    play.out();
    play.completes("completed");
    assert_eq!(play.said()[0]["method"], "turn/completed");
    play.switch.goes(1, play.now);
    play.answers("thread/backgroundTerminals/clean", json!({}));
    play.called("thread/unsubscribe");
}

#[test]
fn a_question_that_is_withdrawn_while_it_is_looked_at_is_not_told() {
    let mut play = Play::seated();
    play.begins(1);
    let asks = json!({"threadId": thread().to_string(), "itemId": "call", "command": "ls"});
    play.hear(json!({"id": 5, "method": "item/commandExecution/requestApproval", "params": asks}));
    play.tells("serverRequest/resolved", json!({"requestId": 5}));
    play.out();
    play.switch.looked("5", false);
    assert_eq!(play.out(), []);
}

#[test]
fn a_command_that_wants_more_than_itself_is_unconfined_and_typing_into_one_is_refused() {
    for (key, value) in [
        ("command", Value::Null),
        ("networkApprovalContext", json!({"host": "x"})),
        ("additionalPermissions", json!({})),
    ] {
        let mut play = Play::seated();
        play.begins(1);
        play.out();
        let mut asks = json!({"threadId": thread().to_string(), "itemId": "c", "command": "ls"});
        asks[key] = value;
        play.hear(
            json!({"id": 5, "method": "item/commandExecution/requestApproval", "params": asks}),
        );
        assert_eq!(play.said()[0]["unconfined"], true, "{key}");
    }
    let mut play = Play::seated();
    play.begins(1);
    play.out();
    let asks = json!({"threadId": thread().to_string(), "kind": "writeStdin", "command": "ls"});
    play.hear(json!({"id": 5, "method": "item/commandExecution/requestApproval", "params": asks}));
    assert!(matches!(&play.out()[..], [Out::Program(answer)] if answer["error"].is_object()));
}

#[test]
fn a_seat_that_goes_has_its_turn_stopped_and_cleared_before_its_thread_is_left() {
    let mut play = Play::seated();
    play.begins(1);
    play.switch.goes(1, play.now);
    play.called("turn/interrupt");
    // What is asked now nobody can answer.
    let asks = json!({"threadId": thread().to_string(), "itemId": "c"});
    play.hear(json!({"id": 5, "method": "item/commandExecution/requestApproval", "params": asks}));
    let out = play.out();
    assert!(
        matches!(&out[0], Out::Program(answer) if answer["id"] == 5 && answer["error"].is_object()),
        "{out:?}"
    );
    play.completes("interrupted");
    // After the turn, and before the thread is left.
    play.answers("thread/backgroundTerminals/clean", json!({}));
    play.answers("thread/backgroundTerminals/clean", json!({}));
    play.answers("thread/unsubscribe", json!({}));
    assert!(play.out().contains(&Out::Close(1)));
    assert!(play.switch.is_empty());
}

#[test]
fn a_thread_that_does_not_stop_after_its_seat_has_gone_ends_codex() {
    let mut play = Play::seated();
    play.begins(1);
    play.out();
    play.switch.goes(1, play.now);
    play.out();
    let deadline = play.switch.deadline().expect("it is waited for");
    play.switch
        .look_at_time(deadline - Duration::from_millis(1));
    assert_eq!(play.out(), []);
    play.switch.look_at_time(deadline);
    let out = play.out();
    let [Out::Seat(1, told), Out::Kill(why)] = &out[..] else {
        panic!("{out:?}");
    };
    assert_eq!(told, &line(&Word::Ends { why: why.clone() }));
}

#[test]
fn who_comes_for_a_thread_that_is_still_being_left_waits_for_it() {
    let mut play = Play::seated();
    play.begins(1);
    play.switch.goes(1, play.now);
    play.switch.comes(2);
    play.switch.order(2, opening(Some(thread())));
    play.called("turn/interrupt");
    play.completes("interrupted");
    // After the turn, and before the thread is left.
    play.answers("thread/backgroundTerminals/clean", json!({}));
    play.answers("thread/backgroundTerminals/clean", json!({}));
    play.answers("thread/unsubscribe", json!({}));
    play.called("account/read");
}

#[test]
fn a_question_is_told_to_its_seat_and_answered_once() {
    let mut play = Play::seated();
    play.begins(1);
    play.out();
    let asks = json!({"threadId": thread().to_string(), "itemId": "call", "command": "ls"});
    play.hear(json!({"id": 5, "method": "item/commandExecution/requestApproval", "params": asks}));
    let record = Some(PathBuf::from("/record"));
    let (ask, call) = ("5".to_owned(), "call".to_owned());
    assert_eq!(play.out(), [Out::Look { ask, record, call }]);
    play.switch.looked("5", true);
    let said = play.said();
    assert_eq!(
        (&said[0]["ask"], &said[0]["unconfined"]),
        (&json!("5"), &json!(true))
    );
    let answer = |say: Option<&str>| Order::Answer {
        ask: "5".into(),
        result: json!({"decision": "decline"}),
        say: say.map(str::to_owned),
    };
    // The model is told why before Codex goes on.
    play.switch.order(1, answer(Some("not now")));
    let inject = play.called("thread/inject_items");
    assert!(inject["params"].to_string().contains("not now"));
    play.hear(json!({"id": inject["id"], "result": {}}));
    assert_eq!(
        play.out(),
        [Out::Program(
            json!({"id": 5, "result": {"decision": "decline"}})
        )]
    );
    play.switch.order(1, answer(None));
    assert_eq!(play.out(), []);
}

#[test]
fn what_nobody_can_answer_is_refused_at_once() {
    let mut play = Play::seated();
    play.out();
    for (method, thread) in [
        ("item/tool/call", thread()),
        ("item/commandExecution/requestApproval", Uuid::from_u128(8)),
    ] {
        play.hear(json!({"id": 9, "method": method, "params": {"threadId": thread}}));
        let out = play.out();
        assert!(
            matches!(&out[..], [Out::Program(answer)] if answer["error"].is_object()),
            "{out:?}"
        );
    }
}

#[test]
fn a_patch_is_unconfined_where_it_leads_out_of_the_project() {
    for (changes, unconfined) in [
        (
            json!([{"path": "/srv/app/a", "kind": {"type": "add"}}]),
            false,
        ),
        (json!([{"path": "b", "kind": {"type": "add"}}]), false),
        (
            json!([{"path": "/srv/app/../c", "kind": {"type": "add"}}]),
            true,
        ),
        (
            json!([{"path": "/srv/application", "kind": {"type": "add"}}]),
            true,
        ),
        (
            json!([{"path": "/srv/app/a", "kind": {"type": "update", "move_path": "/etc/x"}}]),
            true,
        ),
        (json!([{"kind": {"type": "add"}}]), true),
        (Value::Null, true),
    ] {
        let mut play = Play::seated();
        play.begins(1);
        let item = json!({"type": "fileChange", "id": "call", "changes": changes});
        play.tells("item/started", json!({"item": item}));
        play.out();
        let asks = json!({"threadId": thread().to_string(), "itemId": "call"});
        play.hear(json!({"id": 5, "method": "item/fileChange/requestApproval", "params": asks}));
        let said = play.said();
        assert_eq!(said[0]["unconfined"], unconfined, "{changes}");
        assert_eq!(said[0]["item"]["changes"], changes);
    }
}

#[test]
fn a_service_that_is_not_reached_for_too_long_ends_the_turn_and_any_news_of_it_counts_anew() {
    let mut play = Play::seated();
    play.begins(1);
    let trouble = || json!({"error": {"message": "Reconnecting... 1/5"}, "willRetry": true});
    play.tells("error", trouble());
    let first = play.switch.deadline().expect("it is watched");
    play.now += RECONNECT / 2;
    play.tells("error", trouble());
    assert_eq!(play.switch.deadline(), Some(first), "each try counted anew");
    play.tells("item/started", json!({"item": {"type": "reasoning"}}));
    assert_eq!(play.switch.deadline(), None);
    play.tells("error", trouble());
    let deadline = play.switch.deadline().expect("it is watched");
    play.out();
    play.switch.look_at_time(deadline);
    let out = play.out();
    assert!(
        matches!(&out[0], Out::Seat(1, word) if word.contains("out_of_reach")),
        "{out:?}"
    );
    assert!(
        matches!(&out[1], Out::Program(call) if call["method"] == "turn/interrupt"),
        "{out:?}"
    );
}

#[test]
fn a_limit_that_ended_a_turn_is_told_with_its_time_before_that_end() {
    let mut play = Play::seated();
    play.begins(1);
    let error = json!({"message": "limit", "codexErrorInfo": "usageLimitExceeded"});
    play.tells(
        "turn/completed",
        json!({"turn": {"id": "t", "status": "failed", "error": error}}),
    );
    let limits = json!({"primary": {"usedPercent": 100, "resetsAt": 5}});
    play.answers("account/rateLimits/read", json!({"rateLimits": limits}));
    play.answers("thread/backgroundTerminals/clean", json!({}));
    // `answers` has taken what was said before it.
    assert_eq!(play.said()[0]["method"], "turn/completed");
}

#[test]
fn who_was_not_asked_answers_nothing() {
    let mut play = Play::seated();
    play.begins(1);
    let asks = json!({"threadId": thread().to_string(), "itemId": "call", "command": "ls"});
    play.hear(json!({"id": 5, "method": "item/commandExecution/requestApproval", "params": asks}));
    play.switch.comes(2);
    let other = Uuid::from_u128(9);
    play.switch.order(2, opening(Some(other)));
    play.answers("account/read", json!({"account": {}}));
    let opened = json!({"thread": {"id": other.to_string()}});
    play.answers("thread/resume", opened);
    play.answers("thread/settings/update", json!({}));
    play.out();
    let answer = || Order::Answer {
        ask: "5".into(),
        result: json!({"decision": "accept"}),
        say: None,
    };
    play.switch.order(2, answer());
    assert_eq!(play.out(), []);
    play.switch.order(1, answer());
    assert_eq!(
        play.out(),
        [Out::Program(
            json!({"id": 5, "result": {"decision": "accept"}})
        )]
    );
}

#[test]
fn a_mode_that_comes_while_a_model_is_being_changed_carries_that_model() {
    let mut play = Play::seated();
    let tune = |play: &mut Play, request: &str, tune: Wish| {
        let request = request.to_owned();
        play.switch.order(1, Order::Tune { request, tune });
    };
    let told = |play: &mut Play| {
        let out = play.out();
        let Some(Out::Program(message)) = out.last() else {
            panic!("{out:?}");
        };
        message["params"]["collaborationMode"]["settings"]["model"].clone()
    };
    play.out();
    tune(&mut play, "a", Wish::Model("small".into()));
    tune(&mut play, "b", Wish::Model("large".into()));
    tune(&mut play, "c", Wish::Plan(true));
    assert_eq!(told(&mut play), "large");
}

#[test]
fn a_turn_with_a_command_of_whose_end_nothing_was_told_ends_when_that_is_looked_up() {
    let mut play = Play::seated();
    play.begins(1);
    play.out();
    for (method, call) in [
        ("item/started", "told"),
        ("item/started", "untold"),
        ("item/completed", "told"),
    ] {
        let item = json!({"type": "commandExecution", "id": call});
        let params = json!({"threadId": thread().to_string(), "item": item});
        play.hear(json!({"method": method, "params": params}));
    }
    play.out();
    play.completes("completed");
    let out = play.out();
    let [
        Out::Failed {
            calls,
            end: Some(end),
            ..
        },
    ] = &out[..]
    else {
        panic!("{out:?}");
    };
    assert_eq!(calls, &["untold"]);
    let failed = vec![("untold".to_owned(), Some("Permission denied"))];
    play.switch.failed(1, failed, Some(end.clone()));
    let out = play.out();
    let word = Word::Failed {
        call: "untold".to_owned(),
        said: Some("Permission denied".to_owned()),
    };
    assert_eq!(out[0], Out::Seat(1, line(&word)));
    assert!(matches!(&out[1..], [Out::Program(_)]), "{out:?}");
}
