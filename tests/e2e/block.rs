//! A person who is blocked in the middle of everything reaches nothing further.

use baton::words::{ChannelId as Channel, RunState, Scope, Tier};
use discord_sim::{ChannelId, Rule};
use serde_json::json;

use crate::{
    approvals::{control, owners_decide_on, runs},
    cancel::{asleep, unheard_of},
    stage::{Program, Settings, Stage},
};

/// A model that holds its answer until `name` is released.
fn held(name: &str) -> String {
    format!("STUB:{}", json!([{"text": "never said", "hold": name}]))
}

const STOPPED: &str = "🚫 The agent was stopped: somebody whom it worked for here is blocked now.";

async fn stage_with_bob(program: Program, settings: &[(&str, &str)]) -> Stage {
    let env = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let stage = Stage::with(Settings {
        env: env.collect(),
        ..Settings::of(program)
    })
    .await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    stage
}

/// Has the agent of a thread say everything that it knows: whatever came before has been decided.
async fn assert_unknown(stage: &Stage, text: &str) {
    let fence = stage
        .ask("ann", r#"what do you know? STUB:[{"text":"a fence"}]"#)
        .await;
    stage.answer(fence, "a fence").await;
    assert!(!stage.model_saw(text), "the model saw {text:?}");
}

async fn says_in(stage: &Stage, name: &str, text: &str, place: ChannelId) {
    let said = stage.sim.user(name).says(text).in_(place).await;
    stage.sign(said, "👀").await;
}

both!(an_agent_at_work_for_somebody_who_is_blocked_is_stopped_where_everybody_sees_it);

async fn an_agent_at_work_for_somebody_who_is_blocked_is_stopped_where_everybody_sees_it(
    program: Program,
) {
    let stage = stage_with_bob(program, &[]).await;
    let thread = stage.ask("bob", &format!("work {}", held("working"))).await;
    stage.model.wait_for_hold("working").await;
    let run = stage.open_run(thread).await;
    // As the operator's command line does it: the server is not told.
    stage.grant("bob", Scope::Global, Tier::Blocked).await;
    let told = stage.says(thread, "🚫").await;
    assert_eq!(told.content, STOPPED);
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    stage.model.release("working");
    assert_unknown(&stage, "no such words").await;
    assert_eq!(stage.count(thread, "never said"), 0);
    assert_eq!(stage.count(thread, "🚫"), 1);
}

both!(a_block_by_command_stops_the_agent_and_its_processes);

async fn a_block_by_command_stops_the_agent_and_its_processes(program: Program) {
    let stage = stage_with_bob(program, &[]).await;
    stage.until_commands().await;
    let sleep = unheard_of();
    let began = stage.project().join("began");
    let script = json!([
        {"do": {"run": format!("touch began && sleep {sleep} && touch ended")}},
        {"text": "never said"},
    ]);
    let thread = stage.ask("bob", &format!("work STUB:{script}")).await;
    crate::stage::until("the tool runs", || began.exists()).await;
    let options = [
        ("user", "bob"),
        ("tier", "blocked"),
        ("scope", "this channel"),
        ("for", "an hour"),
    ];
    let place = stage.channel();
    let answer = stage
        .command_with("owner", "permission set", options, place)
        .await;
    let bob = stage.sim.user("bob").id();
    assert_eq!(
        answer,
        format!(
            "<@{bob}> is blocked in <#{place}> for an hour now. `/permission revoke` lifts that."
        )
    );
    assert_eq!(stage.says(thread, "🚫").await.content, STOPPED);
    stage.until_settled().await;
    crate::stage::until("no tool runs", || asleep(&sleep) == 0).await;
}

both!(who_is_blocked_while_his_agent_waits_for_a_yes_gets_nothing_of_it);

async fn who_is_blocked_while_his_agent_waits_for_a_yes_gets_nothing_of_it(program: Program) {
    let stage = Stage::with(owners_decide_on(program)).await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    let thread = stage.ask("bob", &runs(&["touch it"], "never said")).await;
    let owners = stage.owners_messages();
    let question = stage.question(owners, "touch it").await;
    let run = stage.open_run(thread).await;
    assert_eq!(stage.state(run).await, RunState::Waiting);
    let yes = control(&question, "Always in this project…");
    let form = stage.sim.user("owner").clicks(question.at(), &yes).await;
    form.acknowledged().await;

    stage.grant("bob", Scope::Global, Tier::Blocked).await;
    assert_eq!(stage.says(thread, "🚫").await.content, STOPPED);
    stage
        .closed(question.at(), "🛑 This does not matter any more.")
        .await;
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    assert_eq!(stage.pending().await, []);
    // The owner has just filled the form in.
    let late = form.submits([("rule", "Bash(touch:*)"), ("for", "1h")]);
    let told = late.answer().await;
    assert_eq!(told.only_for.as_deref(), Some("owner"));
    assert_eq!(
        told.content,
        "Nothing is to be decided here any more: it is cancelled."
    );
    stage.until_settled().await;
    assert_unknown(&stage, "no such words").await;
    assert!(!stage.has("it"));
    assert_eq!(stage.count(thread, "never said"), 0);
}

both!(who_is_blocked_while_his_turn_is_prepared_does_not_reach_the_agent);

async fn who_is_blocked_while_his_turn_is_prepared_does_not_reach_the_agent(program: Program) {
    let stage = stage_with_bob(program, &[]).await;
    let bob = stage.sim.user("bob");
    let thread = bob.creates_thread("a place").in_(stage.channel()).await;
    // A conversation that begins in the middle of a thread reads what was said there before.
    let hold = stage.sim.hold(Rule::list_messages().in_channel(thread));
    let _ = bob.says("@bot forbidden word").in_(thread).await;
    hold.arrived().await;
    let run = stage.open_run(thread).await;
    stage.grant("bob", Scope::Global, Tier::Blocked).await;
    assert_eq!(stage.says(thread, "🚫").await.content, STOPPED);
    drop(hold);
    stage.until_settled().await;
    assert_eq!(stage.state(run).await, RunState::Cancelled);
    let journals = stage.data().join("run");
    assert!(!said_anywhere(&journals, "forbidden word"));
    assert_unknown(&stage, "forbidden word").await;
}

/// Whether any file below a directory has this in it.
fn said_anywhere(directory: &std::path::Path, text: &str) -> bool {
    let entries = std::fs::read_dir(directory).unwrap().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            said_anywhere(&path, text)
        } else {
            let content = std::fs::read(&path).unwrap_or_default();
            String::from_utf8_lossy(&content).contains(text)
        }
    })
}

both!(what_others_asked_in_a_turn_that_is_stopped_is_taken_up_again_without_the_blocked);

async fn what_others_asked_in_a_turn_that_is_stopped_is_taken_up_again_without_the_blocked(
    program: Program,
) {
    let stage = stage_with_bob(program, &[]).await;
    let thread = stage.ask("ann", &format!("begin {}", held("first"))).await;
    stage.model.wait_for_hold("first").await;
    // Of a turn the model obeys the last script that it is given.
    let anns = r#"ann's part STUB:[{"text":"for ann alone"}]"#;
    says_in(&stage, "ann", anns, thread).await;
    let bobs = format!("bob's part {}", held("second"));
    says_in(&stage, "bob", &bobs, thread).await;
    stage.model.release("first");
    stage.model.wait_for_hold("second").await;
    let (before, both) = stage.turn_with("ann's part").await;
    assert!(both.contains("bob's part"), "{both}");

    stage.grant("bob", Scope::Global, Tier::Blocked).await;
    let told = stage.says(thread, "🚫").await;
    let again = "What others asked with him is taken up again.";
    assert_eq!(told.content, format!("{STOPPED} {again}"));
    stage.answer(thread, "for ann alone").await;
    let alone = stage
        .model
        .wait_for_request(|one| {
            let text = one.user_text.as_deref().unwrap_or_default();
            one.number > before && text.contains("ann's part")
        })
        .await;
    let alone = alone.user_text.unwrap_or_default();
    assert!(!alone.contains("bob's part"), "{alone}");
    stage.model.release("second");
}

both!(who_is_blocked_in_the_middle_of_everything_reaches_nothing_further);

async fn who_is_blocked_in_the_middle_of_everything_reaches_nothing_further(program: Program) {
    let mut stage = stage_with_bob(program, &[("BATON_ADMISSION__MAX_ACTIVE", "2")]).await;
    // At work, in a mailbox, queued.
    let at_work = stage.ask("bob", &format!("work {}", held("bobs"))).await;
    stage.model.wait_for_hold("bobs").await;
    let anns = r#"STUB:[{"text":"done at last","hold":"anns"}]"#;
    let mailbox = stage.ask("ann", &format!("begin {anns}")).await;
    stage.model.wait_for_hold("anns").await;
    says_in(&stage, "bob", "forbidden word", mailbox).await;
    let queued = stage.ask("bob", "forbidden word").await;
    stage.says(queued, "⏳").await;
    // Written while nobody listens.
    stage.kill().await;
    let bob = stage.sim.user("bob");
    let missed = [
        bob.says("@bot forbidden word").in_(stage.channel()).await,
        bob.says("forbidden word").in_(at_work).await,
        bob.says("forbidden word").in_(mailbox).await,
    ];
    let channel = Scope::Channel(Channel::new(stage.channel().get()));
    stage.grant("bob", channel, Tier::Blocked).await;
    stage.start().await;
    stage.until_commands().await;

    assert_eq!(stage.says(at_work, "🚫").await.content, STOPPED);
    for message in missed {
        stage.sign(message, "🚫").await;
    }
    stage.model.release("anns");
    stage.answer(mailbox, "done at last").await;
    let refused = "🚫 A message that waited here was not worked on. You are blocked here.";
    stage.says(mailbox, refused).await;
    stage.says(queued, refused).await;
    // And whatever he tries now.
    let blocked = "You are blocked here. An owner of this server can lift that.";
    for command in [
        "wait",
        "cancel",
        "health",
        "session list",
        "permission show",
    ] {
        assert_eq!(stage.command("bob", command, at_work).await, blocked);
    }
    for place in [at_work, mailbox, queued] {
        let said = bob.says("@bot forbidden word").in_(place).await;
        stage.sign(said, "🚫").await;
    }
    stage.model.release("bobs");
    assert_unknown(&stage, "forbidden word").await;
    stage.until_settled().await;
    for place in [at_work, mailbox, queued] {
        assert_eq!(stage.count(place, "never said"), 0);
    }
}
