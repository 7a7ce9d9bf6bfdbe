//! Twenty sessions with twenty turns at once, in one process.

use super::crowded;
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
        .wait_for(|_| stage.model.requests().len() >= SESSIONS)
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
