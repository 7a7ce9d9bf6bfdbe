use serde_json::{Value, json};

use super::*;
use crate::{
    clock::Millis,
    words::{
        AgentMode, ApprovalKind, Circle, GuildId, RunId, RunnerId, RuntimeKind, SessionId, Tier,
    },
};

const NOW: Millis = Millis::new(1_000);

fn row(tool: &str, input: Value) -> ApprovalRow {
    ApprovalRow {
        id: ApprovalId::fresh(),
        runner: RunnerId::fresh(),
        ask: "1".into(),
        round: 0,
        run: RunId::fresh(),
        session: SessionId::fresh(),
        project: "play".into(),
        kind: ApprovalKind::Call,
        tool: tool.into(),
        input,
        input_hash: String::new(),
        directory: Some("/srv/app".into()),
        leads_to: Some("/srv/app".into()),
        found: None,
        why: "no rule allows it".into(),
        rule: "built in".into(),
        grant_rule: None,
        sub_agent: None,
        tier: Tier::Member,
        asked_by: Vec::new(),
        state: ApprovalState::Pending,
        reach: None,
        grant: None,
        decided_by: None,
        decided_at: None,
        reason: None,
        answers: None,
        created_at: NOW,
        expires_at: NOW,
        posted: None,
        route: None,
    }
}

fn shown(row: ApprovalRow) -> Question {
    let channel = ChannelId::new(2);
    let session = SessionRow {
        id: row.session,
        project: row.project.clone(),
        runtime: RuntimeKind::Claude,
        guild_id: GuildId::new(1),
        channel_id: channel,
        thread_id: channel,
        post_channel_id: channel,
        unreachable: None,
        context_before: None,
        context_after: None,
        title: String::new(),
        name: None,
        model: None,
        mode: AgentMode::Default,
        agent_session: uuid::Uuid::nil(),
        slot: None,
        circle: Circle::Members,
        agent_acknowledged: true,
        used_at: NOW,
        ended_at: None,
    };
    let secrets = Secrets::new(["correct-horse".into(), "first-half\nsecond-half".into()]);
    Question::of(row, &session, Vec::new(), None, &secrets)
}

fn patch(files: &[&str], leads_to: Option<&str>) -> ApprovalRow {
    let change = |file: &&str| json!({"path": file, "kind": "update", "diff": "+new\n"});
    let changes: Vec<Value> = files.iter().map(change).collect();
    ApprovalRow {
        leads_to: leads_to.map(str::to_owned),
        ..row("Patch", json!({ "changes": changes }))
    }
}

#[test]
fn no_field_is_lost_whose_name_is_like_another_one_without_its_secret() {
    let secrets = Secrets::new(["correct-horse".into(), "battery-staple".into()]);
    let input = json!({"correct-horse": "rm", "battery-staple": "ls"});
    let clean = json!({"[redacted]": "ls", "[redacted]'": "rm"});
    assert_eq!(secrets.redact_json(&input), clean);
}

#[test]
fn it_is_said_where_the_files_of_a_patch_lead() {
    let one = "/srv/app/a";
    let (several, named) = (["/srv/app/a", "/srv/app/b"], "what it names");
    let told = "\"/srv/app/b\" → \"/etc/passwd\"";
    for (files, leads_to, leads) in [
        (&[one][..], Some(one), Leads::AsWritten),
        (&[one], Some("/etc/passwd"), Leads::To("/etc/passwd".into())),
        (&[one], None, Leads::Untold),
        (&several, Some(named), Leads::AsWritten),
        (&several, Some(told), Leads::To(told.into())),
    ] {
        assert_eq!(shown(patch(files, leads_to)).leads, leads, "{leads_to:?}");
    }
}

#[test]
fn no_secret_of_a_patch_is_shown_and_it_is_said_that_there_is_one() {
    let diff = "@@ -1 +1,3 @@\n first-half\n+second-half\n+correct-horse\n";
    for (diff, seen, hidden) in [
        (
            diff,
            "@@ -1 +1,3 @@\n [redacted]\n+[redacted]\n+[redacted]\n",
            &["changes", "the diff"][..],
        ),
        ("+correct-horse\n", "+[redacted]\n", &["changes"]),
        ("+new\n", "+new\n", &[]),
    ] {
        let change = json!({"path": "/srv/app/a", "kind": "update", "diff": diff});
        let question = shown(row("Patch", json!({"changes": [change]})));
        let Matter::Patch(all) = &question.matter else {
            panic!("{:?}", question.matter);
        };
        assert_eq!(all[0].text.as_deref(), Some(seen));
        assert_eq!(question.hidden, hidden);
    }
}

#[test]
fn what_runs_outside_of_the_sandbox_is_told_beside_why_people_are_asked() {
    let outside = "it would run outside of the agent's sandbox: no rule allows it; the agent says: correct-horse";
    for (why, unconfined, rest) in [
        (
            outside,
            true,
            "no rule allows it; the agent says: [redacted]",
        ),
        ("no rule allows it", false, "no rule allows it"),
    ] {
        let asked = ApprovalRow {
            why: why.into(),
            ..row("Bash", json!({"command": "ls"}))
        };
        let question = shown(asked);
        assert_eq!((question.unconfined, &*question.why), (unconfined, rest));
    }
}
