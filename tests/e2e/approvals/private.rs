//! What is asked in private stays there: of a call that nobody has allowed yet its place sees the tool's name, and the
//! operators' channel a hash.

use super::*;
use crate::stage::until;

const KEY: &str = "canary-key-of-the-agent";

/// Words for an agent that runs a command which nobody reads in them: they stand in the place, too.
fn secretly(command: &str, then: &str) -> String {
    let veiled = |word: &str| format!("\\u{:04x}{}", u32::from(word.as_bytes()[0]), &word[1..]);
    let mut words = runs(&[command], then);
    for word in PIECES {
        words = words.replace(word, &veiled(word));
    }
    words
}

/// Pieces of the commands of this file.
const PIECES: [&str; 3] = ["pineapple", "cherry", KEY];

/// Whatever Baton has ever said in a channel, edits included, has none of these pieces in it.
fn assert_untold(stage: &Stage, channel: ChannelId, pieces: &[&str]) {
    let at = format!("/channels/{channel}/");
    let journal = stage.sim.journal();
    let calls = journal.iter().filter_map(|entry| entry.rest());
    let said: Vec<String> = calls
        .filter(|call| call.path.contains(&at))
        .map(|call| format!("{} {}", call.body, call.files.join(" ")))
        .collect();
    assert!(!said.is_empty(), "nothing was said in {channel}");
    for piece in pieces {
        let found: Vec<&String> = said.iter().filter(|one| one.contains(piece)).collect();
        assert!(found.is_empty(), "{piece} was told: {found:#?}");
    }
}

both!(of_what_is_asked_in_private_the_place_sees_the_tools_name_also_after_a_restart_and_a_no);

async fn of_what_is_asked_in_private_the_place_sees_the_tools_name_also_after_a_restart_and_a_no(
    program: Program,
) {
    let mut stage = Stage::with(owners_decide_on(program)).await;
    let command = "touch pineapple && echo cherry";
    let thread = stage.ask("ann", &secretly(command, "the end")).await;
    let question = stage.question(stage.owners_messages(), command).await;
    let live = stage.live(thread, "⚙️ Bash").await;
    assert!(live.content.contains("⚙️ Bash · "), "{}", live.content);
    stage.says(thread, "an owner was asked").await;
    stage.restart_after_kill().await;
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    for place in [thread, stage.channel()] {
        assert_untold(&stage, place, &PIECES);
    }
    assert!(!stage.has("pineapple"));
}

both!(what_was_asked_in_private_the_place_does_not_see_after_a_yes_either);

async fn what_was_asked_in_private_the_place_does_not_see_after_a_yes_either(program: Program) {
    let stage = Stage::with(owners_decide_on(program)).await;
    let command = "touch pineapple; until [ -e go ]; do sleep 0.05; done";
    let thread = stage.ask("ann", &secretly(command, "the end")).await;
    let question = stage.question(stage.owners_messages(), "pineapple").await;
    stage.pressed("owner", &question, "Allow once").await;
    until("it is at work", || stage.has("pineapple")).await;
    std::fs::write(stage.project().join("go"), "").unwrap();
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    assert_untold(&stage, thread, &PIECES);
}

both!(what_a_rule_allows_the_place_sees_without_secrets);

async fn what_a_rule_allows_the_place_sees_without_secrets(program: Program) {
    let mut settings = owners_decide_on(program);
    settings.allowed_tools = vec!["Bash(tail:*)"];
    for name in ["ANTHROPIC_API_KEY", "SIM_KEY"] {
        settings.env.push((name.into(), KEY.into()));
    }
    let stage = Stage::with(settings).await;
    std::fs::write(stage.project().join("pineapple"), "").unwrap();
    let command = format!("tail -f pineapple {KEY}");
    let thread = stage.ask("ann", &secretly(&command, "the end")).await;
    let live = stage.live(thread, "pineapple").await;
    let line = r"⚙️ Bash\: tail -f pineapple \[redacted\]";
    assert!(live.content.contains(line), "{}", live.content);
    stage.until_commands().await;
    stage.command("ann", "cancel", thread).await;
    stage.says(thread, "🛑").await;
    stage.until_settled().await;
    assert_untold(&stage, thread, &[KEY]);
}

both!(the_operators_channel_is_told_of_questions_and_grants_by_their_hash);

async fn the_operators_channel_is_told_of_questions_and_grants_by_their_hash(program: Program) {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    let channel = stage.sim.create_channel("audit");
    stage.set_env("BATON_DISCORD__AUDIT_CHANNEL", &channel.to_string());
    stage.start().await;
    let thread = stage
        .ask("ann", &secretly("touch pineapple", "the end"))
        .await;
    let question = stage
        .question(stage.owners_messages(), "touch pineapple")
        .await;
    let hash = format!("sha256 {}", stage.pending().await[0].input_hash);
    stage
        .pressed("owner", &question, "Allow for this session")
        .await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    for told in ["question asked", "question allowed", "grant given"] {
        let line = stage.says(channel, told).await;
        assert!(line.content.contains(&hash), "{}", line.content);
    }
    assert_untold(&stage, channel, &PIECES);
    let store = stage.store().await;
    let trail = store.audit_trail(100).await.unwrap();
    store.close().await;
    for action in ["question_asked", "question_allowed", "grant_given"] {
        let line = trail.iter().find(|line| line.action == action).unwrap();
        let kept = &line.detail;
        assert!(kept.contains("touch pineapple") && kept.contains(&hash));
    }
}
