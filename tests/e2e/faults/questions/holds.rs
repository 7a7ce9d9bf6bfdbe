//! What a yes is for, and for how long it is one; and that nothing is asked for ever.

use std::os::unix::fs::symlink;

use baton::words::{Found, Scope, Tier, Unread};

use super::{who::ann, *};

impl Bench {
    /// Lets a link in the project lead to a file.
    fn lead_to(&self, file: &str) {
        let link = self.home.path().join("link");
        let _ = fs::remove_file(&link);
        symlink(self.home.path().join(file), link).unwrap();
    }

    fn path(&self, file: &str) -> String {
        self.home.path().join(file).display().to_string()
    }
}

#[tokio::test]
async fn a_yes_is_for_what_a_link_led_to_when_people_were_asked() {
    let bench = Bench::with(owners_decide()).await;
    bench.lead_to("notes");
    let (run, question) = bench.asked("write it").await;
    assert_eq!(question.leads_to, Some(bench.path("notes")));
    bench.lead_to("keys");
    let keys = Some(bench.path("keys"));
    let elsewhere = Err(NotDecided::LeadsElsewhere(keys.clone()));
    assert_eq!(bench.decide(question.id, YES).await, elsewhere);
    assert!(bench.is(run, RunState::Waiting).await);
    // Who has the old question open has not seen the new one: his yes is for nothing.
    let late = bench.decide(question.id, YES).await;
    assert!(late.is_err(), "{late:?}");
    // Who was told says yes to that, and no is no whatever it leads to.
    let anew = bench.pending().await.remove(0);
    assert_eq!(anew.leads_to, keys);
    assert_eq!(bench.decide(anew.id, YES).await, Ok(ALLOWED));
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.answered().len(), 1);
    let again = bench.ask_in(Some(thread(11)), 12, "write it again").await;
    bench.until(again, RunState::Waiting).await;
    let question = bench.pending().await.remove(0);
    bench.lead_to("notes");
    let denied = Settled::Ended(ApprovalState::Denied);
    assert_eq!(bench.decide(question.id, no("no")).await, Ok(denied));
}

#[tokio::test]
async fn what_leads_by_now_where_a_rule_denies_it_is_denied_without_another_question() {
    let bench = Bench::with(Wishes {
        denied_tools: vec!["Edit(keys)".to_owned()],
        ..owners_decide()
    })
    .await;
    for file in ["notes", "keys"] {
        fs::write(bench.path(file), "").unwrap();
    }
    bench.lead_to("notes");
    let (run, question) = bench.asked("write it").await;
    bench.lead_to("keys");
    let keys = Some(bench.path("keys"));
    assert_eq!(
        bench.decide(question.id, YES).await,
        Err(NotDecided::LeadsToDenied(keys))
    );
    bench.until(run, RunState::Completed).await;
    assert_eq!(bench.pending().await, []);
    let row = bench.row(question.id).await;
    assert_eq!((row.state, row.decided_by), (ApprovalState::Denied, None));
    let message = "Write is denied here by a rule of the project. Do not look for a way around: say what you would \
                   need and why.";
    let denied = json!({"behavior": "deny", "message": message});
    assert_eq!(bench.answered(), [("q1".to_owned(), denied)]);
}

#[tokio::test]
async fn people_are_asked_a_hundred_things_also_if_it_is_the_same_thing_anew() {
    let bench = Bench::with(owners_decide()).await;
    bench.lead_to("file-0");
    let (run, mut question) = bench.asked("write it").await;
    for n in 1..100 {
        let file = format!("file-{n}");
        bench.lead_to(&file);
        let elsewhere = Err(NotDecided::LeadsElsewhere(Some(bench.path(&file))));
        assert_eq!(bench.decide(question.id, YES).await, elsewhere);
        question = bench.pending().await.remove(0);
    }
    bench.lead_to("the last");
    let last = Some(bench.path("the last"));
    assert_eq!(
        bench.decide(question.id, YES).await,
        Err(NotDecided::LeadsElsewhereTooOften(last))
    );
    bench.until(run, RunState::Completed).await;
    let asked = "SELECT CAST(COUNT(*) AS TEXT) FROM approvals";
    assert_eq!(bench.sql(asked).await, "100");
}

#[tokio::test]
async fn what_is_overwritten_is_kept_with_the_question_as_it_was_when_people_were_asked() {
    let bench = Bench::with(owners_decide()).await;
    fs::write(bench.path("notes"), "old\n").unwrap();
    bench.lead_to("notes");
    let (_, question) = bench.asked("write it").await;
    assert_eq!(question.found, Some(Found::Text("old\n".into())));
    let outside = tempfile::NamedTempFile::new().unwrap();
    let link = bench.home.path().join("link");
    fs::remove_file(&link).unwrap();
    symlink(outside.path(), &link).unwrap();
    let elsewhere = bench.decide(question.id, YES).await;
    assert!(
        matches!(elsewhere, Err(NotDecided::LeadsElsewhere(_))),
        "{elsewhere:?}"
    );
    let anew = bench.pending().await.remove(0);
    assert_eq!(anew.found, Some(Found::Unread(Unread::Outside)));
}

#[tokio::test]
async fn what_the_project_denies_reading_nobody_is_shown() {
    let bench = Bench::with(Wishes {
        denied_tools: vec!["Read(notes)".to_owned()],
        ..owners_decide()
    })
    .await;
    fs::write(bench.path("notes"), "secret words\n").unwrap();
    bench.lead_to("notes");
    let (_, question) = bench.asked("write it").await;
    assert_eq!(question.found, Some(Found::Unread(Unread::Denied)));
}

#[tokio::test]
async fn what_somebody_has_allowed_holds_as_long_as_he_still_could() {
    let bench = Bench::with(owners_decide()).await;
    bench.make_ann(Tier::Owner, Scope::Global).await;
    let (run, question) = bench.asked("may you?").await;
    let session = Ruling::Allow(Span::Session);
    let decided = bench
        .decide_as(&ann(), question.id, session, thread(11))
        .await;
    assert_eq!(decided, Ok(ALLOWED));
    bench.until(run, RunState::Completed).await;
    let see = bench.permit_for(&owner(), Action::SeeGrants).await;
    for (message, tier, holding) in [
        (12, Tier::Owner, Holding::Holds),
        (13, Tier::Member, Holding::GiverMayNot),
        (14, Tier::Blocked, Holding::GiverMayNot),
    ] {
        bench.make_ann(tier, Scope::Global).await;
        let grants = bench.engine.grants(&see).await.unwrap();
        assert_eq!(grants.len(), 1);
        assert_eq!(grants[0].holding, holding, "{tier}");
        // Each of its questions has another name.
        let text = format!(
            "may you {}?",
            "again ".repeat(usize::try_from(message).unwrap() - 11)
        );
        let run = bench.ask_in(Some(thread(11)), message, &text).await;
        if holding == Holding::GiverMayNot {
            bench.until(run, RunState::Waiting).await;
            let asked = bench.pending().await.remove(0);
            assert_eq!(bench.decide(asked.id, YES).await, Ok(ALLOWED));
        }
        bench.until(run, RunState::Completed).await;
    }
}

#[tokio::test]
async fn whatever_is_asked_ends_in_time() {
    for text in ["may you?", "plan it", "choose!"] {
        let bench = Bench::with(owners_decide()).await;
        let (run, question) = bench.asked(text).await;
        let due = bench.clock.now().after(bench.wishes.limits.question);
        assert_eq!(question.expires_at, due, "{text}");
        bench.clock.advance(Duration::from_hours(2));
        tokio::spawn(std::sync::Arc::clone(&bench.engine).keep());
        bench.until(run, RunState::Completed).await;
        let row = bench.row(question.id).await;
        assert_eq!(row.state, ApprovalState::Expired, "{text}");
        assert_eq!(bench.answered()[0].1["behavior"], "deny", "{text}");
    }
}

#[tokio::test]
async fn a_question_that_nobody_can_read_keeps_no_other_one_open() {
    let bench = Bench::with(owners_decide()).await;
    let (_, unreadable) = bench.asked("may you?").await;
    let other = bench.ask(12, "may you?").await;
    bench.until(other, RunState::Waiting).await;
    let broken = format!(
        "UPDATE approvals SET asked_by = '{{', expires_at = expires_at - 1 WHERE id = x'{}'",
        unreadable.id.to_string().replace('-', "")
    );
    bench.sql(&broken).await;
    bench.clock.advance(Duration::from_hours(2));
    tokio::spawn(std::sync::Arc::clone(&bench.engine).keep());
    bench.until(other, RunState::Completed).await;
    let states = "SELECT GROUP_CONCAT(state) FROM approvals";
    wait("both have ended", async || {
        bench.sql(states).await == "expired,expired"
    })
    .await;
}

#[tokio::test]
async fn a_call_that_nobody_can_read_is_answered_with_a_no() {
    for text in ["half a character", "too deep"] {
        let bench = Bench::with(owners_decide()).await;
        let run = bench.ask(11, text).await;
        bench.until(run, RunState::Completed).await;
        let why = "This call cannot be read: it is nested too deeply, or has half of a character in it. \
                   Write it more simply.";
        let hook = json!({"hookSpecificOutput": {"hookEventName": "PreToolUse",
            "permissionDecision": "deny", "permissionDecisionReason": why}});
        let denied = json!({"behavior": "deny", "message": why});
        let answers: Vec<Value> = bench.answered().into_iter().map(|(_, said)| said).collect();
        assert_eq!(answers, [hook, denied], "{text}");
        let audited = bench.audited().await;
        assert!(audited.contains(&"tool_denied".to_owned()), "{audited:?}");
        assert_eq!(bench.pending().await, []);
    }
}
