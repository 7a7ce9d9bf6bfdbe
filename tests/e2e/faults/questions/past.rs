//! Calls that the agent program never asks for.

use super::{
    super::obedient::{TAKE, obedient},
    record::at_work,
    *,
};

const ENDS: &str = "
def ends(name, failed, content=''):
    say(type='user', message={'content': [{'type': 'tool_result',
        'tool_use_id': 'call-' + name, 'is_error': failed, 'content': content}]})
";

#[tokio::test]
async fn a_call_that_was_never_asked_for_is_on_record_once_and_an_alert_if_it_ran() {
    let (mut bench, run) = at_work().await;
    let deed = "begins('refused')\nends('refused', True, '<tool_use_error>no such tool')\n\
                begins('denied')\nends('denied', True, 'Permission to use Bash has been denied.')\n\
                begins('ran')\nends('ran', False)\n\
                begins('failed')\nends('failed', True, 'Exit code 1')\n\
                begins('cut')";
    bench.does(&format!("{ENDS}\n{deed}")).await;
    bench.until_past(4).await;
    // The whole turn is found again behind the question, by another server.
    bench.does("may_i('q1')").await;
    assert_eq!(bench.until_pending(1).await[0].ask, "q1");
    bench.restart().await;
    bench.does("begins('asked')\nmay_i('asked')").await;
    let questions = bench.until_pending(2).await;
    for question in questions {
        assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    }
    bench
        .does("ends('asked', False)\nend(result='through')")
        .await;
    bench.until(run, RunState::Completed).await;
    let past = bench.past(run).await;
    let seen: Vec<_> = past
        .iter()
        .map(|data| (&data["call"], &data["end"]))
        .collect();
    assert_eq!(
        seen,
        [
            (&json!("call-refused"), &json!("Refused")),
            (&json!("call-denied"), &json!("Refused")),
            (&json!("call-ran"), &json!("Done")),
            // It may have done something before it failed.
            (&json!("call-failed"), &json!("Failed")),
            (&json!("call-cut"), &json!("CutOff")),
        ]
    );
    assert_eq!(
        bench.ways_past().await,
        [
            "tool_refused_by_agent",
            "tool_refused_by_agent",
            "tool_past_gate",
            "tool_past_gate",
            "tool_cut_off"
        ]
    );
    let alerts = "SELECT COALESCE(GROUP_CONCAT(text), '') FROM alerts";
    let alerts = bench.sql(alerts).await;
    assert!(
        alerts.contains("A tool call ran that was never asked for (Bash)"),
        "{alerts}"
    );
}

#[tokio::test]
async fn what_an_agent_is_at_by_itself_gets_none_of_the_rights_of_who_asks_next() {
    let mut wishes = obedient();
    wishes.approvers = Approvers::Owners;
    let bench = Bench::with(wishes).await;
    let first = bench.ask(11, "first").await;
    bench.until_heard(1).await;
    bench.does(&format!("{TAKE}\nend(result='through')")).await;
    bench.until(first, RunState::Completed).await;
    // Two calls of one message: it is at them when the prompt comes.
    bench.does("begins('own')\nbegins('other')").await;
    let second = bench.ask_in(Some(thread(11)), 12, "second").await;
    bench.until_heard(2).await;
    bench.does("gate('own')\ngate('other')").await;
    bench.until_answered(2).await;
    bench
        .does(&format!("{TAKE}\nbegins('asked')\nmay_i('asked')"))
        .await;
    assert_eq!(bench.until_pending(1).await[0].ask, "asked");
    let told: Vec<_> = bench.answered();
    for (id, answer) in &told[..2] {
        let decision = &answer["hookSpecificOutput"]["permissionDecision"];
        assert_eq!(decision, "deny", "{id}: {answer}");
    }
    let question = bench.until_pending(1).await.remove(0);
    assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    bench.until_answered(3).await;
    bench.does("end(result='mine')").await;
    bench.until(second, RunState::Completed).await;
}

#[tokio::test]
async fn what_ran_unasked_is_found_in_the_journal_of_a_runner_that_is_gone() {
    let (mut bench, run) = at_work().await;
    bench
        .does(&format!("{ENDS}\nbegins('early')\nends('early', False)"))
        .await;
    bench.until_past(1).await;
    bench.stop.cancel();
    let deed = "begins('asked')\nmay_i('asked')\nbegins('late')\nends('late', False)\nbegins('cut')\n\
                end(result='the last')";
    bench.does(deed).await;
    wait("it is written down", async || {
        bench.journal().contains("\"the last\"")
    })
    .await;
    kill(bench.runners()[0]);
    bench.restart().await;
    bench.until(run, RunState::Completed).await;
    let past = bench.past(run).await;
    let seen: Vec<_> = past
        .iter()
        .map(|data| (data["call"].clone(), data["end"].clone()))
        .collect();
    let wanted = [("early", "Done"), ("late", "Done"), ("cut", "CutOff")];
    assert_eq!(
        seen,
        wanted.map(|(call, end)| (json!(format!("call-{call}")), json!(end)))
    );
}

#[tokio::test]
async fn what_was_cut_off_with_one_turn_is_not_on_record_of_the_next_whose_runner_is_gone() {
    let (mut bench, first) = at_work().await;
    bench.does("begins('cut')\nend(result='through')").await;
    bench.until(first, RunState::Completed).await;
    let second = bench.ask_in(Some(thread(11)), 12, "second").await;
    bench.until_heard(2).await;
    bench.does(TAKE).await;
    bench.stop.cancel();
    bench.does("end(result='the last')").await;
    wait("it is written down", async || {
        bench.journal().contains("\"the last\"")
    })
    .await;
    kill(bench.runners()[0]);
    bench.restart().await;
    bench.until(second, RunState::Completed).await;
    assert_eq!(bench.past(first).await.len(), 1);
    assert_eq!(bench.past(second).await, [] as [Value; 0]);
}

#[tokio::test]
async fn what_an_agent_does_unasked_before_its_prompt_is_on_record_too() {
    let mut wishes = obedient();
    wishes.approvers = Approvers::Owners;
    let bench = Bench::with(wishes).await;
    let first = bench.ask(11, "first").await;
    bench.until_heard(1).await;
    bench.does(&format!("{TAKE}\nend(result='through')")).await;
    bench.until(first, RunState::Completed).await;
    // It is written down before the next prompt.
    bench
        .does(&format!("{ENDS}\nbegins('own')\nends('own', False)"))
        .await;
    wait("it is written down", async || {
        bench.journal().contains("tool_result")
    })
    .await;
    let second = bench.ask_in(Some(thread(11)), 12, "second").await;
    bench.until_heard(2).await;
    bench.does(&format!("{TAKE}\nend(result='mine')")).await;
    bench.until(second, RunState::Completed).await;
    assert_eq!(bench.ways_past().await, ["tool_past_gate"]);
}

#[tokio::test]
async fn the_name_of_a_tool_that_an_agent_makes_up_is_kept_short_on_record() {
    let (bench, run) = at_work().await;
    let deed = "say(type='assistant', parent_tool_use_id=None, message={'id': 'm', 'content': [\
                {'type': 'tool_use', 'id': 'call-long', 'name': 'Bash\\n' + 'x' * 5000, 'input': {}}]})\n\
                ends('long', False)\nend(result='the end')";
    bench.does(&format!("{ENDS}\n{deed}")).await;
    bench.until(run, RunState::Completed).await;
    let longest = "SELECT CAST(MAX(LENGTH(detail)) AS TEXT) FROM audit";
    let longest: usize = bench.sql(longest).await.parse().unwrap();
    assert!(longest < 500, "{longest}");
    let tool = format!("Bash{}", "x".repeat(60));
    assert_eq!(bench.past(run).await[0]["tool"], json!(tool));
}

impl Bench {
    /// The lines of the audit trail about calls that passed by the gate.
    async fn ways_past(&self) -> Vec<String> {
        let mut audited = self.audited().await;
        audited.retain(|action| {
            ["refused_by", "past_gate", "cut_off"]
                .iter()
                .any(|what| action.contains(what))
        });
        audited
    }

    async fn past(&self, run: RunId) -> Vec<Value> {
        let events = self.store.run_events(run).await.unwrap();
        let past = events
            .into_iter()
            .filter(|(kind, _)| kind == "tool_past_gate");
        past.map(|(_, data)| data).collect()
    }

    async fn until_past(&self, calls: usize) {
        wait("calls pass by", async || {
            let seen =
                "SELECT CAST(COUNT(*) AS TEXT) FROM run_events WHERE kind = 'tool_past_gate'";
            self.sql(seen).await == calls.to_string()
        })
        .await;
    }
}
