//! Several accounts of Codex.

use std::time::Duration;

use baton::clock::Clock;
use model_sim::{ForcedError, Usage};

use super::{
    settings,
    trouble::{TOKEN, subscribe, subscribe_at},
};
use crate::stage::{KEPT, Settings, Stage};

#[tokio::test]
async fn a_conversation_with_codex_goes_on_with_another_account_and_remembers() {
    let second = tempfile::tempdir_in(KEPT).unwrap();
    let mut stage = Stage::dark(Settings {
        more: format!(
            "[[accounts]]\nname = \"second\"\nruntime = \"codex\"\ndirectory = {:?}\n\
             [credentials]\nfailover = true\n",
            second.path()
        ),
        ..settings()
    })
    .await;
    subscribe(&mut stage);
    // Nobody checks the signature.
    let other = TOKEN.replace(".c2ln", ".b3Ro");
    subscribe_at(&stage, second.path(), &other);
    stage.start().await;
    let thread = stage
        .ask("ann", r#"the word is apricot STUB:[{"text":"noted"}]"#)
        .await;
    stage.answer(thread, "noted").await;

    let reset = Clock::system().now().after(Duration::from_hours(1));
    let usage = Usage::default().used_up(u64::try_from(reset.get() / 1_000).unwrap());
    stage
        .model
        .force([ForcedError::usage_limit_reached(&usage).bearer(TOKEN)]);
    let says = async |text: &str| {
        stage.sim.user("ann").says(text).in_(thread).await;
    };
    says(r#"which word? STUB:[{"recall":true}]"#).await;
    let said = stage.says(thread, "🔀").await;
    assert_eq!(
        said.content,
        "🔀 The limit of the account `main` is reached, so this conversation goes on with `second`."
    );
    stage.answer(thread, "apricot").await;
    says(r#"and now? STUB:[{"recall":true}]"#).await;
    stage.answer(thread, "which word?").await;
    stage.until_settled().await;
    let transcript = stage.sim.transcript(thread);
    assert_eq!(stage.count(thread, "🔀"), 1, "{transcript}");
    assert_eq!(stage.count(thread, "⏳ The agent's"), 0, "{transcript}");
}
