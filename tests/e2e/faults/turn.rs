//! What an agent does that is no part of the turn, and turns that begin anew.

use std::{fs, sync::Arc, time::Duration};

use baton::{
    access::Action,
    session::{Tuned, TuningWish},
    words::RunState,
};

use super::{
    Bench, Wishes, gate, kill,
    obedient::{TAKE, obedient},
    owner, place, thread, wait,
};

#[tokio::test]
async fn what_an_agent_said_after_its_turn_is_not_the_answer_to_the_next_question() {
    let bench = Bench::new().await;
    let first = bench.ask(1, "say it twice").await;
    bench.until(first, RunState::Completed).await;
    wait("it has spoken", async || {
        bench.journal().contains("an echo")
    })
    .await;
    let next = bench.ask_in(Some(thread(1)), 2, "what is it?").await;
    bench.until(next, RunState::Completed).await;
    assert_eq!(bench.told(first).await, "the first");
    assert_eq!(bench.told(next).await, "the answer");
}

#[tokio::test]
async fn an_agent_at_work_whose_journal_cannot_be_read_is_ended() {
    let mut bench = Bench::new().await;
    let run = bench.ask(1, "work for ever").await;
    bench.until_begun().await;
    for path in bench.lying_around() {
        let journal = path.join("journal");
        if let Ok(told) = fs::read(&journal) {
            // The runner appends to the same file.
            use std::os::unix::fs::FileExt as _;
            let file = fs::OpenOptions::new().write(true).open(journal).unwrap();
            assert_eq!(told[0], b'1');
            file.write_at(b"7", 0).unwrap();
        }
    }
    bench.restart().await;
    bench.until(run, RunState::Failed).await;
    wait("the agent is ended", async || bench.runners().is_empty()).await;
}

#[tokio::test]
async fn a_run_whose_agent_had_died_while_it_was_idle_steps_back_before_it_begins_anew() {
    let bench = Bench::new().await;
    let first = bench.ask(1, "what is it?").await;
    bench.until(first, RunState::Completed).await;
    wait("the agent is kept", async || bench.warm().await == 1).await;
    kill(bench.runners()[0]);
    wait("it is dead", async || bench.runners().is_empty()).await;
    let next = bench.ask_in(Some(thread(1)), 2, "what is it?").await;
    bench.until(next, RunState::Completed).await;
    assert_eq!(
        bench.states(next).await,
        [
            "queued",
            "starting",
            "running",
            "starting",
            "running",
            "completed"
        ]
    );
}

#[tokio::test]
async fn a_run_that_no_agent_was_asked_steps_back_before_what_is_left_is_cleared_away() {
    let mut bench = Bench::with(Wishes::one_at_a_time()).await;
    let first = bench.ask(1, "what is it?").await;
    bench.until(first, RunState::Completed).await;
    wait("the agent is kept", async || bench.warm().await == 1).await;
    kill(bench.runners()[0]);
    wait("it is dead", async || bench.runners().is_empty()).await;
    bench.ask(2, "work for ever").await;
    bench.until_begun().await;
    let next = bench.ask_in(Some(thread(1)), 3, "what is it?").await;
    // As a server leaves it that dies before it gives the prompt.
    bench
        .sql("UPDATE runs SET state = 'running' WHERE state = 'queued'")
        .await;
    bench.restart().await;
    bench.until(next, RunState::Completed).await;
    assert_eq!(
        bench.states(next).await,
        ["queued", "starting", "running", "completed"]
    );
}

#[tokio::test]
async fn what_the_account_is_refused_while_nobody_watches_is_told_to_operators_too() {
    let mut bench = Bench::with(obedient()).await;
    let run = bench.ask(1, "go").await;
    bench.until_heard(1).await;
    bench.does(TAKE).await;
    bench.stop.cancel();
    bench
        .does("end(is_error=True, api_error_status=401, result='Please run /login')")
        .await;
    wait("it is written down", async || {
        bench.journal().contains("api_error_status")
    })
    .await;
    kill(bench.runners()[0]);
    bench.restart().await;
    bench.until(run, RunState::Failed).await;
    let alerts = "SELECT CAST(COUNT(*) AS TEXT) FROM alerts WHERE kind = 'login_needed'";
    assert_eq!(bench.sql(alerts).await, "1");
}

#[tokio::test]
async fn a_refused_change_takes_back_only_what_it_has_changed() {
    let bench = Bench::with(obedient()).await;
    bench.ask(1, "go").await;
    bench.until_heard(1).await;
    bench.does(TAKE).await;
    let here = place(Some(thread(1)));
    let permit = gate(&bench.store)
        .authorize(&owner(), here, Action::TuneSession)
        .await;
    let permit = permit.unwrap().unwrap();
    let engine = Arc::clone(&bench.engine);
    let wish = TuningWish::Model(Some("other".to_owned()));
    let tuned = tokio::spawn(async move { engine.tune_session(&permit, wish).await });
    bench.until_heard(2).await;
    assert_eq!(bench.heard()[1], "set_model");
    // Meanwhile something else is changed.
    bench.sql("UPDATE sessions SET mode = 'plan'").await;
    bench.does("refuse(tunes.pop(0))").await;
    let refused = Tuned::Refused("not that".to_owned());
    assert_eq!(tuned.await.unwrap().unwrap(), refused);
    let is = "SELECT COALESCE(model, 'none') || ' ' || mode FROM sessions";
    assert_eq!(bench.sql(is).await, "none plan");
}

/// An agent that writes down how it was started. The first one dies before it takes anything up; who is asked to end
/// does when it has answered.
const DIES_FIRST: &str = r#"
with open("starts", "a") as file:
    wanted = [word for word in sys.argv if word in ("--session-id", "--resume")]
    file.write(" ".join(wanted) + "\n")
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user" and "die first" in text(line) and not os.path.exists("dead"):
        open("dead", "w").close()
        os._exit(1)
    elif kind(line) == "user":
        answer(line, "the answer")
        if "and end" in text(line):
            os._exit(0)
"#;

#[tokio::test]
async fn a_conversation_of_which_no_agent_took_anything_up_begins_as_a_new_one_and_only_then_is_resumed()
 {
    let bench = Bench::with(Wishes {
        script: DIES_FIRST,
        ..Wishes::default()
    })
    .await;
    let run = bench.ask(1, "die first").await;
    wait("it has ended", async || {
        bench.is(run, RunState::Failed).await || bench.is(run, RunState::Completed).await
    })
    .await;
    let second = bench.ask_in(Some(thread(1)), 2, "and end").await;
    bench.until(second, RunState::Completed).await;
    let third = bench.ask_in(Some(thread(1)), 3, "what is it?").await;
    bench.until(third, RunState::Completed).await;
    let starts = fs::read_to_string(bench.home.path().join("starts")).unwrap();
    let starts: Vec<&str> = starts.lines().collect();
    let (last, before) = starts.split_last().unwrap();
    assert_eq!(*last, "--resume");
    assert!(before.len() >= 2, "{starts:?}");
    assert!(
        before.iter().all(|one| *one == "--session-id"),
        "{starts:?}"
    );
}

#[tokio::test]
async fn of_a_limit_that_is_near_and_whose_end_nobody_tells_people_are_warned_once_a_day() {
    let bench = Bench::with(obedient()).await;
    let run = bench.ask(1, "one").await;
    bench.until_heard(1).await;
    let near = "say(type='rate_limit_event', rate_limit_info={'status': 'allowed_warning', \
                'rateLimitType': 'five_hour', 'utilization': 0.93})";
    let warned = async || {
        let said = "SELECT CAST(COUNT(*) AS TEXT) FROM deliveries WHERE key LIKE 'limit-near:%'";
        bench.sql(said).await
    };
    bench.does(&format!("{TAKE}\n{near}\n{near}")).await;
    wait("people are warned", async || warned().await == "1").await;
    bench.clock.advance(Duration::from_hours(24));
    bench.does(near).await;
    wait("people are warned again", async || warned().await == "2").await;
    bench.does("end(result='the end')").await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(warned().await, "2");
}
