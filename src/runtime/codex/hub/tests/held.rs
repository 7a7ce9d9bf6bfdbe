//! Threads that another Codex still has.

use std::time::Duration;

use serde_json::json;

use super::{Play, call_of, opening, thread};

fn refused_as_held() -> Play {
    let mut play = Play::new();
    play.switch.comes(1);
    play.switch.order(1, opening(Some(thread())));
    play.is_held();
    play
}

impl Play {
    /// Codex is asked for the thread, and another one has it.
    fn is_held(&mut self) {
        self.answers(
            "account/read",
            json!({"account": {}, "requiresOpenaiAuth": true}),
        );
        let call = self.called("thread/resume");
        let error = json!({"code": -32600, "message": "thread 7 already has an active writer"});
        self.hear(json!({"id": call["id"], "error": error}));
    }

    fn waits(&mut self, time: Duration) {
        self.now += time;
        self.switch.look_at_time(self.now);
    }
}

#[test]
fn a_thread_that_another_codex_still_has_is_asked_for_until_that_has_left() {
    let mut play = refused_as_held();
    assert_eq!(play.out(), [], "nobody is told yet");
    let due = play.switch.deadline().unwrap();
    play.waits(due - play.now);
    play.open();
    let said = play.said();
    assert_eq!(said[0]["baton"], "ready", "{said:?}");
    assert_eq!(play.switch.deadline(), None);
}

#[test]
fn one_that_it_never_gives_back_is_refused() {
    let mut play = refused_as_held();
    let mut tries = 0;
    let refused = loop {
        let said = play.out();
        if !said.is_empty() {
            break said;
        }
        play.waits(Duration::from_secs(1));
        play.is_held();
        tries += 1;
    };
    assert!((10..30).contains(&tries), "{tries}");
    assert!(
        format!("{refused:?}").contains("active writer"),
        "{refused:?}"
    );
    assert_eq!(play.switch.deadline(), None);
}

#[test]
fn nobody_who_has_gone_waits_for_a_thread() {
    let mut play = refused_as_held();
    play.switch.goes(1, play.now);
    assert!(play.switch.is_empty());
    assert_eq!(play.switch.deadline(), None);
    assert!(play.out().iter().all(|out| call_of(out).is_none()));
}
