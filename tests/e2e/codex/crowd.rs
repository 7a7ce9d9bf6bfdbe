//! Twenty sessions with twenty turns at once, in one process.

use super::{crowded, outputs, runs, turns_asked};
use crate::stage::memory;

const SESSIONS: usize = 20;

/// What the process may take with all of them at work, in bytes.
const MOST: u64 = 250 << 20;

#[tokio::test]
async fn twenty_turns_at_once_are_served_by_one_process_of_less_than_250_mb() {
    let stage = crowded(SESSIONS).await;
    let mut threads = Vec::new();
    for n in 0..SESSIONS {
        let script = format!(r#"go STUB:[{{"text":"answer {n}","hold":"all"}}]"#);
        threads.push(stage.ask(&format!("person{n}"), &script).await);
    }
    stage
        .sim
        .wait_for(|_| turns_asked(&stage) >= SESSIONS)
        .await;
    let codex = stage.codexes();
    assert_eq!(codex.len(), 1, "{codex:?}");
    let used = memory(codex[0]).peak;
    eprintln!("{SESSIONS} turns at once: {} KiB", used >> 10);
    assert!(used < MOST, "{used} bytes");
    stage.model.release("all");
    for (n, thread) in threads.into_iter().enumerate() {
        stage.answer(thread, &format!("answer {n}")).await;
    }
}

#[tokio::test]
async fn commands_of_many_conversations_in_one_project_do_not_get_in_each_others_way() {
    let stage = crowded(8).await;
    // Nothing is there that a sandbox would put its marks on, so that each makes them and takes them away.
    assert_eq!(std::fs::read_dir(stage.project()).unwrap().count(), 0);
    let commands: Vec<String> = (0..4)
        .map(|n| format!("echo x >> $TMPDIR/made; cat $TMPDIR/made >> all; : {n}"))
        .collect();
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    let mut threads = Vec::new();
    for n in 0..8 {
        threads.push(
            stage
                .ask(&format!("person{n}"), &runs(&commands, "over"))
                .await,
        );
    }
    for thread in threads {
        stage.answer(thread, "over").await;
    }
    let all = std::fs::read_to_string(stage.project().join("all")).unwrap();
    assert_eq!(
        all.lines().count(),
        8 * (1 + 2 + 3 + 4),
        "{:#?}",
        outputs(&stage)
    );
}
