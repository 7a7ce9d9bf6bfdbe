//! Who reaches the agent: promise 4, "blocked means blocked on every path".

use baton::words::{ChannelId, Scope, Tier};
use discord_sim::{ChannelKind, MessageView};

use crate::stage::{Program, Settings, Stage, thread_of};

/// A model that holds its answer until `working` is released.
const HELD: &str = r#"STUB:[{"text":"done at last","hold":"working"}]"#;

/// Has the agent say everything that it knows, as a fence: whatever came before has been decided.
async fn assert_unknown(stage: &Stage, place: discord_sim::ChannelId, text: &str) {
    let answers = |messages: Vec<MessageView>| {
        let answers = messages.iter();
        answers
            .filter(|one| one.content.contains(" tokens · "))
            .count()
    };
    let before = answers(stage.sim.messages(place));
    stage
        .sim
        .user("ann")
        .says(r#"what do you know? STUB:[{"recall":true}]"#)
        .in_(place)
        .await;
    stage
        .sim
        .wait_for(|world| answers(world.messages(place)) > before)
        .await;
    assert!(!stage.model_saw(text), "the model saw {text:?}");
}

#[tokio::test]
async fn a_blocked_person_reaches_the_agent_neither_by_mention_nor_in_a_thread_nor_by_reply() {
    let stage = Stage::open().await;
    stage.grant("bob", Scope::Global, Tier::Blocked).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    let answer = stage.answer(thread, "answer one").await;
    let bob = stage.sim.user("bob");

    let mention = bob.says("@bot forbidden word").in_(stage.channel()).await;
    let plain = bob.says("forbidden word").in_(thread).await;
    let mention_below = bob.says("@bot forbidden word").in_(thread).await;
    let reply = bob.replies_to(answer.at(), "forbidden word").await;

    for message in [mention, plain, mention_below, reply] {
        stage.sign(message, "🚫").await;
        assert!(!stage.sim.message(message).unwrap().has_reaction("👀"));
    }
    assert_unknown(&stage, thread, "forbidden word").await;
    assert_eq!(stage.sim.message(mention).unwrap().thread, None);
    // He is shown that he may not, and gets no words to play with.
    assert_eq!(stage.count(thread, "blocked"), 0);
    assert_eq!(stage.sim.messages(stage.channel()).len(), 2);
}

#[tokio::test]
async fn a_blocked_person_does_not_reach_the_agent_by_writing_while_the_server_is_down() {
    let mut stage = Stage::open().await;
    stage.grant("bob", Scope::Global, Tier::Blocked).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;

    stage.kill().await;
    let bob = stage.sim.user("bob");
    let mention = bob.says("@bot forbidden word").in_(stage.channel()).await;
    let plain = bob.says("forbidden word").in_(thread).await;
    stage.start().await;

    stage.sign(mention, "🚫").await;
    stage.sign(plain, "🚫").await;
    assert_unknown(&stage, thread, "forbidden word").await;
}

both!(a_block_that_comes_while_a_request_waits_refuses_it_where_everybody_sees_it);

async fn a_block_that_comes_while_a_request_waits_refuses_it_where_everybody_sees_it(
    program: Program,
) {
    let env = vec![("BATON_ADMISSION__MAX_ACTIVE".to_owned(), "1".to_owned())];
    let stage = Stage::with(Settings {
        env,
        ..Settings::of(program)
    })
    .await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    let first = stage.ask("ann", &format!("first {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let second = stage
        .ask("bob", r#"forbidden word STUB:[{"text":"never said"}]"#)
        .await;
    stage.says(second, "⏳ Everybody").await;

    stage
        .grant(
            "bob",
            Scope::Channel(ChannelId::new(stage.channel().get())),
            Tier::Blocked,
        )
        .await;
    stage.model.release("working");

    stage.answer(first, "done at last").await;
    let refusal = stage.says(second, "🚫").await;
    // If the look at changed memberships comes in the moment between its turn and the gate, that says it.
    let ways = [
        "🚫 A message that waited here was not worked on. You are blocked here. An owner of this \
         server can lift that.",
        "🚫 The agent was stopped: somebody whom it worked for here is blocked now.",
    ];
    assert!(
        ways.contains(&refusal.content.as_str()),
        "{}",
        refusal.content
    );
    assert_unknown(&stage, first, "forbidden word").await;
    assert_eq!(stage.count(second, "never said"), 0);
}

both!(a_block_that_comes_while_a_message_waits_in_the_mailbox_leaves_the_others_answers);

async fn a_block_that_comes_while_a_message_waits_in_the_mailbox_leaves_the_others_answers(
    program: Program,
) {
    let stage = Stage::of(program).await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    let thread = stage.ask("ann", &format!("first {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let bobs = stage
        .sim
        .user("bob")
        .says("forbidden word")
        .in_(thread)
        .await;
    stage.sign(bobs, "👀").await;
    let anns = stage
        .sim
        .user("ann")
        .says(r#"and mine STUB:[{"text":"for ann"}]"#)
        .in_(thread)
        .await;
    stage.sign(anns, "👀").await;

    stage
        .grant(
            "bob",
            Scope::Thread(ChannelId::new(thread.get())),
            Tier::Blocked,
        )
        .await;
    stage.model.release("working");

    stage.answer(thread, "for ann").await;
    assert_eq!(
        stage.count(thread, "🚫 A message that waited here was not worked on."),
        1
    );
    assert!(!stage.model_saw("forbidden word"));
}

#[tokio::test]
async fn a_block_of_the_channel_or_of_everything_holds_in_the_threads_below() {
    let stage = Stage::open().await;
    let channel = Scope::Channel(ChannelId::new(stage.channel().get()));
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let here = Scope::Thread(ChannelId::new(thread.get()));
    for (name, block) in [("bob", channel), ("cid", Scope::Global)] {
        stage.grant(name, here, Tier::Owner).await;
        stage.grant(name, block, Tier::Blocked).await;
        let said = stage
            .sim
            .user(name)
            .says("forbidden word")
            .in_(thread)
            .await;
        stage.sign(said, "🚫").await;
    }
    assert_unknown(&stage, thread, "forbidden word").await;
}

#[tokio::test]
async fn a_guest_is_told_why_once_and_later_only_by_a_sign() {
    let stage = Stage::open().await;
    let guest = stage.sim.user("gus");
    let first = guest.says("@bot forbidden word").in_(stage.channel()).await;
    stage.sign(first, "🚫").await;
    let told = stage.says(stage.channel(), "Only members").await;
    assert_eq!(told.reply_to, Some(first.id));
    assert_eq!(
        told.content,
        "Only members can work with the agents here. Ask an owner of this server to add you."
    );

    let second = guest.says("@bot forbidden word").in_(stage.channel()).await;
    stage.sign(second, "🚫").await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    assert_eq!(stage.count(stage.channel(), "Only members"), 1);
    assert!(!stage.model_saw("forbidden word"));
    assert_eq!(stage.sim.message(first).unwrap().thread, None);
}

#[tokio::test]
async fn an_owner_is_one_by_his_id_or_by_his_role() {
    let mut stage = Stage::dark(Settings::default()).await;
    let role = stage.sim.role("crew");
    stage.set_env("BATON_DISCORD__OWNER_ROLE", &role.to_string());
    let _ = stage.sim.user("cid").with_role("crew");
    stage.start().await;
    for name in ["owner", "cid"] {
        let thread = stage
            .ask(name, r#"hello STUB:[{"text":"at your service"}]"#)
            .await;
        stage.answer(thread, "at your service").await;
    }
}

#[tokio::test]
async fn other_bots_discord_itself_direct_messages_and_other_guilds_are_ignored() {
    let stage = Stage::open().await;
    let sim = &stage.sim;
    let other = sim.create_guild("elsewhere");
    let elsewhere = sim.create_channel_of(other, "elsewhere", ChannelKind::Text);
    let ann = sim.user("ann");

    let ignored = [
        sim.bot_user("beep")
            .says("@bot forbidden word")
            .in_(stage.channel())
            .await,
        ann.says("@bot forbidden word").in_dm().await,
        ann.says("@bot forbidden word").in_(elsewhere).await,
    ];
    sim.user("new").joins_in(stage.channel());
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    assert_unknown(&stage, thread, "forbidden word").await;

    for message in ignored {
        let message = sim.message(message).unwrap();
        assert_eq!((message.reactions, message.thread), (Vec::new(), None));
        let said = sim.messages(message.channel);
        assert!(said.iter().all(|said| said.author != "bot"), "{said:?}");
    }
}

#[tokio::test]
async fn commands_ask_the_same_gate_as_messages() {
    let stage = Stage::open().await;
    stage
        .grant(
            "bob",
            Scope::Channel(ChannelId::new(stage.channel().get())),
            Tier::Blocked,
        )
        .await;
    stage.until_commands().await;
    let said = stage
        .sim
        .user("ann")
        .says(format!("@bot work {HELD}"))
        .in_(stage.channel())
        .await;
    let thread = thread_of(said);
    stage.model.wait_for_hold("working").await;

    let not_a_member =
        "Only members can work with the agents here. Ask an owner of this server to add you.";
    let blocked = "You are blocked here. An owner of this server can lift that.";
    for (name, command, refusal) in [
        ("gus", "cancel", not_a_member),
        ("gus", "session list", not_a_member),
        ("bob", "cancel", blocked),
        ("bob", "session list", blocked),
        ("bob", "health", blocked),
    ] {
        assert_eq!(
            stage.command(name, command, thread).await,
            refusal,
            "/{command}"
        );
    }
    let health = stage.command("gus", "health", thread).await;
    assert!(health.contains("Runs: 1 of 6 active"), "{health}");

    stage.model.release("working");
    stage.answer(thread, "done at last").await;
}
