//! What an agent says arrives: once, whole, pinging nobody, wherever it can.

use std::time::Duration;

use baton::{
    store::Subject,
    words::{self, RoleId, RunState, Scope, Tier},
};
use discord_sim::{Fact, Fault, Permission, Pinged, Rule};
use serde_json::json;

use crate::stage::{Program, Stage, thread_of};

/// A model that says this when `working` is released.
fn held(text: &str) -> String {
    format!("STUB:{}", json!([{"text": text, "hold": "working"}]))
}

/// A model that says this at once.
fn said(text: &str) -> String {
    format!("STUB:{}", json!([{"text": text}]))
}

/// Waits for something in the database, which announces nothing to other processes.
async fn stored<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let waiting = async {
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        loop {
            pause.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(90), waiting).await;
    found.unwrap_or_else(|_| panic!("waited in vain until {what}"))
}

both!(an_answer_with_mentions_pings_nobody);

async fn an_answer_with_mentions_pings_nobody(program: Program) {
    let stage = Stage::of(program).await;
    let bob = stage.sim.user("bob").id();
    let role = stage.sim.role("crew");
    let text = format!("@everyone @here <@{bob}> <@!{bob}> <@&{role}>, it is done");
    let play = json!([{"text": text, "chunks": 2, "hold_after": 1, "hold": "middle"}]);
    // Written so that Baton does not find the mentions in the question and name them.
    let play = play.to_string().replace('<', r"\u003c");
    let thread = stage.ask("ann", &format!("hello STUB:{play}")).await;
    stage.model.wait_for_hold("middle").await;
    stage.live(thread, "@everyone").await;
    stage.model.release("middle");
    let answer = stage.answer(thread, "it is done").await;
    assert!(answer.content.starts_with(&text), "{}", answer.content);

    let bot = stage.sim.bot_id();
    let journal = stage.sim.journal();
    let created = journal.iter().filter_map(|entry| {
        if let Fact::MessageCreated { author, pinged, .. } = &entry.fact {
            return (*author == bot).then_some(pinged);
        }
        None
    });
    let pinged: Vec<&Pinged> = created.collect();
    assert!(
        pinged.len() >= 2,
        "the live message and the answer: {pinged:?}"
    );
    assert!(
        pinged.iter().all(|pinged| **pinged == Pinged::default()),
        "{pinged:?}"
    );
    // Nor may an edit or a title be allowed to.
    for call in journal.iter().filter_map(|entry| entry.rest()) {
        if call.body.get("content").is_some() {
            let allowed = &call.body["allowed_mentions"];
            assert_eq!(allowed["parse"], json!([]), "{} {}", call.method, call.path);
        }
    }
}

both!(a_long_answer_comes_in_parts_with_its_code_block_closed_and_reopened);

async fn a_long_answer_comes_in_parts_with_its_code_block_closed_and_reopened(program: Program) {
    let stage = Stage::of(program).await;
    let lines: Vec<String> = (0..120)
        .map(|n| format!("let line_{n} = {n} + {n} * {n};"))
        .collect();
    let text = format!(
        "Here it is.\n\n```rust\n{}\n```\n\nThat was all.",
        lines.join("\n")
    );
    let thread = stage.ask("ann", &format!("hello {}", said(&text))).await;
    stage.answer(thread, "That was all.").await;

    let messages: Vec<String> = stage
        .sim
        .messages(thread)
        .into_iter()
        .filter(|message| message.author == "bot" && message.content.contains("line_"))
        .map(|message| message.content)
        // The live message may not have gone yet.
        .filter(|content| {
            !content
                .lines()
                .last()
                .unwrap_or_default()
                .starts_with("-# ⏳")
        })
        .collect();
    assert!((2..=5).contains(&messages.len()), "{messages:#?}");
    for part in &messages {
        assert!(part.chars().count() <= 2_000);
        assert_eq!(part.matches("```").count(), 2, "{part}");
        assert_eq!(part.matches("```rust\n").count(), 1, "{part}");
    }
    let code: Vec<&str> = messages
        .iter()
        .flat_map(|part| part.lines())
        .filter(|line| line.starts_with("let line_"))
        .collect();
    assert_eq!(code, lines);
    // The account of the run stands below the last part only.
    assert_eq!(stage.answers(thread, ""), 1);
}

both!(an_answer_of_more_than_five_parts_comes_as_a_file_with_its_beginning);

async fn an_answer_of_more_than_five_parts_comes_as_a_file_with_its_beginning(program: Program) {
    let stage = Stage::of(program).await;
    let text = format!(
        "# The long story\n\n{}\n\nThe end.",
        "And then it went on. ".repeat(800)
    );
    let thread = stage.ask("ann", &format!("hello {}", said(&text))).await;
    let answer = stage.answer(thread, "The long story").await;
    assert!(
        answer.content.contains("is in the attached file."),
        "{}",
        answer.content
    );
    let [file] = answer.attachments.as_slice() else {
        panic!("{:?}", answer.attachments)
    };
    assert_eq!(file.filename, "answer.md");
    assert_eq!(String::from_utf8(file.bytes.clone()).unwrap(), text);
    assert_eq!(stage.answers(thread, ""), 1);
}

both!(below_an_answer_stand_its_tokens_and_its_time);

async fn below_an_answer_stand_its_tokens_and_its_time(program: Program) {
    let stage = Stage::of(program).await;
    let play = json!([{"text": "short", "usage": {"input_tokens": 1200, "output_tokens": 34}}]);
    let thread = stage.ask("ann", &format!("hello STUB:{play}")).await;
    let answer = stage.answer(thread, "short").await;
    let (text, footer) = answer.content.rsplit_once('\n').unwrap();
    assert_eq!(text, "short");
    assert!(footer.starts_with("-# 1,234 tokens · "), "{footer}");
    assert!(footer.ends_with(" s"), "{footer}");
}

both!(a_mention_in_another_thread_begins_a_conversation_that_knows_what_was_said_there);

async fn a_mention_in_another_thread_begins_a_conversation_that_knows_what_was_said_there(
    program: Program,
) {
    let stage = Stage::of(program).await;
    stage.grant("bad", Scope::Global, Tier::Blocked).await;
    stage.grant("cid", Scope::Global, Tier::Member).await;
    let crew = Subject::Role(RoleId::new(stage.sim.role("crew").get()));
    let here = Scope::Channel(words::ChannelId::new(stage.channel().get()));
    stage.appoint(crew, here, Tier::Blocked).await;
    let thread = stage.sim.create_thread_in(stage.channel(), "an old talk");
    for number in 0..24 {
        stage
            .sim
            .user("cid")
            .says(format!("remark {number:02}."))
            .in_(thread)
            .await;
    }
    for villain in [
        stage.sim.user("bad"),
        stage.sim.user("worse").with_role("crew"),
    ] {
        villain.says("forbidden word").in_(thread).await;
    }
    // Nor may a guest, who is refused here, or another bot.
    for outsider in [stage.sim.user("guest"), stage.sim.bot_user("robot")] {
        outsider.says("bystanding word").in_(thread).await;
    }
    let guest = stage.sim.user("guest");
    guest.says("@bot may I?").in_(thread).await;
    let ask = format!("@bot what do you think? {}", said("I think so"));
    stage.sim.user("ann").says(ask).in_(thread).await;
    stage.answer(thread, "I think so").await;

    let (_, turn) = stage.turn_with("what do you think?").await;
    let remarks: Vec<String> = turn
        .lines()
        .filter(|line| line.contains("remark"))
        .map(str::to_owned)
        .collect();
    // Twenty messages are read; five of them must not reach the agent. Names may be anybody's, so that
    // each stands with its number.
    let cid = stage.sim.user("cid").id();
    let wanted: Vec<String> = (9..24)
        .map(|number| format!("cid, Discord user {cid}: remark {number:02}."))
        .collect();
    assert_eq!(remarks, wanted, "{turn}");
    assert!(
        !stage.model_saw("forbidden word"),
        "a blocked person reached the agent"
    );
    assert!(
        !stage.model_saw("bystanding word"),
        "a bystander reached the agent"
    );
    assert!(
        !stage.model_saw("may I?"),
        "who is refused reached the agent"
    );

    // From now on it is a conversation, and what was said before is not told again.
    stage
        .sim
        .user("ann")
        .says(format!("and now? {}", said("still so")))
        .in_(thread)
        .await;
    stage.answer(thread, "still so").await;
    let (_, turn) = stage.turn_with("and now?").await;
    assert!(!turn.contains("remark"), "{turn}");
}

#[tokio::test]
async fn without_the_permission_for_threads_the_answer_comes_to_the_channel_with_a_hint() {
    let stage = Stage::open().await;
    stage
        .sim
        .deny(stage.channel(), [Permission::CreatePublicThreads]);
    let asked = format!("@bot hello {}", said("the answer"));
    let asked = stage.sim.user("ann").says(asked).in_(stage.channel()).await;
    let answer = stage.answer(stage.channel(), "the answer").await;
    let hint = stage.says(stage.channel(), "Create Public Threads").await;
    assert_eq!(hint.reply_to, Some(asked.id));
    assert!(hint.id < answer.id, "the hint comes first");
    assert_eq!(stage.sim.message(asked).unwrap().thread, None);
}

#[tokio::test]
async fn a_thread_that_somebody_else_began_from_the_message_is_as_good_as_ours() {
    let stage = Stage::open().await;
    let hold = stage.sim.hold(Rule::create_thread());
    let asked = format!("@bot hello {}", said("the answer"));
    let asked = stage.sim.user("ann").says(asked).in_(stage.channel()).await;
    hold.arrived().await;
    let thread = stage
        .sim
        .user("bob")
        .creates_thread("bob was faster")
        .from(asked)
        .await;
    hold.release();
    assert_eq!(thread, thread_of(asked));
    stage.answer(thread, "the answer").await;
    let store = stage.store().await;
    assert_eq!(store.alerts(10).await.unwrap(), []);
    store.close().await;
    assert_eq!(stage.count(stage.channel(), ""), 0);
}

#[tokio::test]
async fn a_place_that_discord_closed_is_marked_and_the_run_ends_as_if_it_were_open() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let thread = stage
        .ask("ann", &format!("hello {}", held("never seen")))
        .await;
    stage.model.wait_for_hold("working").await;
    let run = stage.open_run(thread).await;
    stage.sim.deny(thread, [Permission::SendMessagesInThreads]);
    stage.model.release("working");

    let store = stage.store().await;
    let refused = "Discord refused a delivery (answer): ";
    let alert = stored("there is an alert", async || {
        let alerts = store.alerts(10).await.unwrap();
        alerts
            .into_iter()
            .find(|alert| alert.text.starts_with(refused))
    })
    .await;
    assert_eq!(
        (alert.kind, alert.place),
        ("delivery_refused".to_owned(), format!("channel {thread}"))
    );
    assert_eq!(store.run(run).await.unwrap().state, RunState::Completed);
    let list = stage.command("ann", "session list", stage.channel()).await;
    assert!(
        list.contains("⚠️ Discord takes no messages there"),
        "{list}"
    );

    // Once it is open again the conversation goes on, and is not called closed any more.
    stage.sim.deny(thread, []);
    stage
        .sim
        .user("ann")
        .says(format!("again {}", said("now seen")))
        .in_(thread)
        .await;
    stage.answer(thread, "now seen").await;
    stored("the place is open again", async || {
        let place = words::ChannelId::new(thread.get());
        let session = store.session_in(place).await.unwrap().unwrap();
        session.unreachable.is_none().then_some(())
    })
    .await;
    let list = stage.command("ann", "session list", stage.channel()).await;
    assert!(!list.contains("⚠️"), "{list}");
    store.close().await;
}

#[tokio::test]
async fn an_answer_that_discord_took_without_saying_so_is_there_once() {
    for fault in [Fault::status(502), Fault::DropConnection] {
        let stage = Stage::open().await;
        // The message that shows the run at work may say the same, and has no account below it.
        let answer = Rule::post_message().containing(" tokens · ").after_commit();
        stage.sim.fault(answer, fault);
        let thread = stage
            .ask("ann", &format!("hello {}", said("posted once")))
            .await;
        // It was sent a second time, and Discord knew it by its nonce.
        stage
            .sim
            .wait_for(|world| {
                let repeated = |fact: &Fact| matches!(fact, Fact::NonceRepeated { .. });
                world.journal().iter().any(|entry| repeated(&entry.fact))
            })
            .await;
        stage
            .sim
            .user("ann")
            .says(format!("again {}", said("the next")))
            .in_(thread)
            .await;
        stage.answer(thread, "the next").await;
        assert_eq!(stage.answers(thread, "posted once"), 1);
    }
}

#[tokio::test]
async fn an_answer_that_discord_could_not_take_at_first_comes_once() {
    let stage = Stage::open().await;
    let fault = Rule::post_message().containing(" tokens · ").times(2);
    stage.sim.fault(fault, Fault::status(503));
    let thread = stage
        .ask("ann", &format!("hello {}", said("posted once")))
        .await;
    stage.answer(thread, "posted once").await;
    stage
        .sim
        .user("ann")
        .says(format!("again {}", said("the next")))
        .in_(thread)
        .await;
    stage.answer(thread, "the next").await;
    assert_eq!(stage.answers(thread, "posted once"), 1);
}
