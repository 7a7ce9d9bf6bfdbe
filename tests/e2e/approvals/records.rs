//! What is on record of a question, for good.

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::*;

const KEY: &str = "canary-key-of-the-agent";

both!(a_question_and_its_end_are_on_record_with_the_hash_of_the_call_and_without_secrets);

async fn a_question_and_its_end_are_on_record_with_the_hash_of_the_call_and_without_secrets(
    program: Program,
) {
    let mut settings = owners_decide_on(program);
    for name in ["ANTHROPIC_API_KEY", "SIM_KEY"] {
        settings.env.push((name.into(), KEY.into()));
    }
    let stage = Stage::with(settings).await;
    let command = format!("touch it # {KEY} {}", "x".repeat(1_000));
    let thread = stage.ask("ann", &runs(&[&command], "the end")).await;
    let question = stage.question(stage.owners_messages(), "touch it").await;
    let asked = stage.pending().await.remove(0);
    assert_eq!(asked.input["command"], json!(command));
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    let store = stage.store().await;
    let trail = store.audit_trail(100).await.unwrap();
    store.close().await;
    let owner = baton::words::UserId::new(stage.sim.user("owner").id().get());
    let lines = |action: &str| {
        let lines = trail.iter().filter(|line| line.action == action);
        let lines: Vec<_> = lines.collect();
        assert_eq!(lines.len(), 1, "{action}: {trail:?}");
        lines[0].clone()
    };
    let object = format!("question {} of run {}", asked.id, asked.run);
    // The first is the gate, which leaves it to people.
    let lines_of_gate = match program {
        Program::Claude => Some(("tool_asked", None, "Bash by built in: no rule allows it: ")),
        // Codex has one gate.
        Program::Codex => None,
    };
    let lines_of_people = [
        (
            "question_asked",
            None,
            "Bash by built in: no rule allows it: ",
        ),
        ("question_allowed", Some(owner), "Bash once "),
    ];
    for (action, actor, begins) in lines_of_gate.into_iter().chain(lines_of_people) {
        let line = lines(action);
        assert_eq!(line.actor, actor, "{line:?}");
        let hash = format!(
            "{begins}sha256 {} {{\"command\":\"touch it # [redacted] xxx",
            asked.input_hash
        );
        assert!(line.detail.starts_with(&hash), "{line:?}");
        assert!(line.detail.ends_with('…') && line.detail.chars().count() < 500);
        if action.starts_with("question") {
            assert_eq!(line.object, object);
        }
    }
    assert!(!format!("{trail:?}").contains(KEY));
}

#[tokio::test]
async fn nobody_changes_what_is_on_record() {
    let (stage, thread, question) = touching("it").await;
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    let file = SqliteConnectOptions::new().filename(stage.data().join("baton.db"));
    let pool = SqlitePool::connect_with(file).await.unwrap();
    for change in [
        "UPDATE audit SET actor = 1",
        "UPDATE audit SET action = 'question_allowed' WHERE action = 'question_denied'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE action = 'question_denied'",
    ] {
        let error = sqlx::query(change).execute(&pool).await.unwrap_err();
        assert!(
            error.to_string().contains("the audit trail is append-only"),
            "{change}: {error}"
        );
    }
    pool.close().await;
}
