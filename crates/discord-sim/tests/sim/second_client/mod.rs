//! The simulator, tested by a client that nobody here wrote: discord.js, driven by `tests/discord-js`.
//! The script does what people ask of it and tells what it understood; the people are played here.

mod answers;
mod mistakes;
mod offers;
mod script;
mod story;

use discord_sim::{Nonces, Sim, SimConfig, Violation, ViolationKind};

/// Keys that discord.js sends where Discord's description has none: those of a new message with every
/// edit and answer, and the kind of a thread that its message decides. Discord ignores them.
const NEEDLESS: [&str; 3] = ["enforce_nonce", "tts", "type"];

#[tokio::test(flavor = "multi_thread")]
async fn discord_js_finds_everything_as_on_discord() {
    let sim = Sim::start(SimConfig {
        // discord.js sends none unless its user makes one for every message.
        nonces: Nonces::Optional,
        ..SimConfig::default()
    })
    .await;
    if let Err(words) = story::tell(&sim).await {
        let journal = sim.journal();
        let end = journal.iter().rev().take(8);
        let end: Vec<String> = end.map(|entry| format!("{entry:?}")).collect();
        panic!("{words}\nbefore that, newest first:\n{}", end.join("\n"));
    }
    assert_eq!(broken_rules(&sim), []);
    sim.assert_clean();
}

/// The rules that were broken, without what discord.js cannot help.
fn broken_rules(sim: &Sim) -> Vec<Violation> {
    let mut broken = sim.take_violations();
    broken.retain(|violation| {
        let key = violation
            .detail
            .rsplit([' ', '.'])
            .next()
            .unwrap_or_default();
        violation.kind != ViolationKind::UnknownKey || !NEEDLESS.contains(&key)
    });
    broken
}
