//! Patches, which Codex asks for as a whole, and calls that would run outside of its sandbox.

use std::os::unix::fs::symlink;

use super::*;
use crate::faults::obedient::{TAKE, obedient};

/// An agent that has taken up what it was asked, in a project with such rules.
async fn at_work(denied: &[&str]) -> (Bench, RunId) {
    let bench = Bench::with(Wishes {
        approvers: Approvers::Owners,
        denied_tools: denied.iter().map(ToString::to_string).collect(),
        ..obedient()
    })
    .await;
    let run = bench.ask(11, "go").await;
    bench.until_heard(1).await;
    bench.does(TAKE).await;
    (bench, run)
}

impl Bench {
    fn change(&self, kind: &str, file: &str, diff: &str) -> Value {
        let path = self.home.path().join(file);
        json!({"path": path, "kind": kind, "diff": diff})
    }

    /// The agent asks whether it may apply a patch.
    async fn patches(&self, name: &str, changes: &[Value]) {
        let request = json!({"type": "control_request", "request_id": name, "request": {
            "subtype": "can_use_tool", "tool_name": "Patch", "input": {"changes": changes},
            "tool_use_id": format!("call-{name}"), "cwd": self.home.path()}});
        let text = Value::from(request.to_string()).to_string();
        self.does(&format!("say(**json.loads({text}))")).await;
    }

    /// Makes a link in the project.
    fn link(&self, name: &str, leads: &str) {
        let home = self.home.path();
        symlink(home.join(leads), home.join(name)).unwrap();
    }
}

#[tokio::test]
async fn a_patch_with_a_denied_file_in_it_or_that_nobody_can_read_is_denied_and_nobody_is_asked() {
    let (bench, run) = at_work(&["Edit(keys/**)"]).await;
    let fine = bench.change("update", "notes", "+a\n");
    let denied = bench.change("delete", "keys/a", "b\n");
    bench.patches("q1", &[fine, denied]).await;
    bench.until_answered(1).await;
    bench.patches("q2", &[]).await;
    bench.until_answered(2).await;
    for (id, answer) in bench.answered() {
        assert_eq!(answer["behavior"], "deny", "{id}");
    }
    assert_eq!(bench.pending().await, []);
    let events = bench.store.run_events(run).await.unwrap();
    let decided = events.iter().filter(|(kind, _)| kind == "tool_decided");
    let rules: Vec<_> = decided.map(|(_, data)| data["rule"].clone()).collect();
    assert_eq!(
        rules,
        [
            "denied: Edit(keys/**)",
            "built in: nobody can read the call"
        ]
    );
}

#[tokio::test]
async fn a_yes_to_a_patch_is_for_what_all_its_files_were_when_people_were_asked() {
    let (bench, _) = at_work(&["Edit(keys)"]).await;
    let [notes, file] = ["notes", "file"].map(|file| bench.change("update", file, "+a\n"));
    bench.patches("q1", &[notes, file]).await;
    let question = bench.until_pending(1).await.remove(0);
    assert_eq!(question.leads_to.as_deref(), Some("what it names"));
    assert_eq!(question.grant_rule, None);
    for file in ["other", "keys"] {
        fs::write(bench.home.path().join(file), "").unwrap();
    }
    bench.link("file", "other");
    let path = |file: &str| bench.home.path().join(file).display().to_string();
    let told = format!("{:?} → {:?}", path("file"), path("other"));
    let elsewhere = Err(NotDecided::LeadsElsewhere(Some(told.clone())));
    assert_eq!(bench.decide(question.id, YES).await, elsewhere);
    let anew = bench.pending().await.remove(0);
    assert_eq!(anew.leads_to, Some(told));
    assert_eq!(bench.answered(), []);
    fs::remove_file(path("file")).unwrap();
    bench.link("file", "keys");
    let denied = bench.decide(anew.id, YES).await;
    assert!(
        matches!(denied, Err(NotDecided::LeadsToDenied(Some(_)))),
        "{denied:?}"
    );
    bench.until_answered(1).await;
    assert_eq!(bench.answered()[0].1["behavior"], "deny");
    // What has not changed is allowed.
    let notes = bench.change("update", "notes", "+a\n");
    bench.patches("q2", &[notes]).await;
    let question = bench.until_pending(1).await.remove(0);
    assert_eq!(
        question.grant_rule,
        Some(format!("Edit(/{})", path("notes")))
    );
    assert_eq!(bench.decide(question.id, YES).await, Ok(ALLOWED));
    bench.until_answered(2).await;
    assert_eq!(bench.answered()[1].1["behavior"], "allow");
}

#[tokio::test]
async fn what_the_project_denies_reading_is_kept_nowhere_of_a_patch() {
    let (bench, run) = at_work(&["Read(keys/**)", "Edit(shut)"]).await;
    let changes = [
        bench.change("delete", "keys/a", "canary of a file\n"),
        bench.change(
            "update",
            "keys/b",
            "@@ -1,2 +1,2 @@\n canary beside it\n-old\n+new\n",
        ),
    ];
    bench.patches("q1", &changes).await;
    let question = bench.until_pending(1).await.remove(0);
    assert_eq!(question.input["changes"][0]["diff"], Value::Null);
    assert_eq!(
        question.input["changes"][1]["diff"],
        "@@ -1,2 +1,2 @@\n-old\n+new\n"
    );
    let denied = bench.change("update", "shut", "+a\n");
    bench
        .patches("q2", &[&changes[..], &[denied]].concat())
        .await;
    bench.until_answered(1).await;
    let events = bench.store.run_events(run).await.unwrap();
    let trail = bench.store.audit_trail(100).await.unwrap();
    let kept = format!("{events:?} {trail:?}");
    assert!(
        kept.contains("keys/a") && !kept.contains("canary"),
        "{kept}"
    );
}

#[tokio::test]
async fn what_is_asked_anew_is_still_said_to_run_outside_of_the_sandbox() {
    let (bench, _) = at_work(&[]).await;
    let notes = bench.change("update", "notes", "+a\n");
    bench.patches("q1", &[notes]).await;
    let question = bench.until_pending(1).await.remove(0);
    // As it is stored of an agent program that has a sandbox.
    let why = "it would run outside of the agent's sandbox: no rule of the project allows it; the agent says: please";
    let quoted = why.replace('\'', "''");
    bench
        .sql(&format!(
            "UPDATE approvals SET why = '{quoted}', grant_rule = NULL RETURNING ask"
        ))
        .await;
    bench.link("notes", "other");
    let elsewhere = bench.decide(question.id, YES).await;
    assert!(
        matches!(elsewhere, Err(NotDecided::LeadsElsewhere(_))),
        "{elsewhere:?}"
    );
    let anew = bench.pending().await.remove(0);
    assert_eq!((anew.why.as_str(), anew.grant_rule), (why, None));
}
