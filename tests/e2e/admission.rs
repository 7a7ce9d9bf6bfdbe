//! The queue and the mailbox, as people meet them.

use std::time::Duration;

use baton::clock::Clock;

use crate::stage::{Program, Settings, Stage, until};

/// A model that holds its answer until `working` is released.
const HELD: &str = r#"STUB:[{"text":"done at last","hold":"working"}]"#;

/// A stage with these settings of `[admission]`, and the members ann, bob, cid and dan.
async fn stage_with(program: Program, settings: &[(&str, &str)]) -> Stage {
    let mut stage = dark_with(program, settings).await;
    stage.start().await;
    stage
}

/// The same without a Baton.
async fn dark_with(program: Program, settings: &[(&str, &str)]) -> Stage {
    let env = settings
        .iter()
        .map(|(name, value)| (format!("BATON_ADMISSION__{name}"), (*value).to_owned()))
        .collect();
    let stage = Stage::dark(Settings {
        env,
        ..Settings::of(program)
    })
    .await;
    for name in ["bob", "cid", "dan"] {
        stage
            .grant(
                name,
                baton::words::Scope::Global,
                baton::words::Tier::Member,
            )
            .await;
    }
    stage
}

/// A clock on which no time passes by itself.
fn held() -> Clock {
    Clock::held_at(Clock::system().now())
}

both!(who_came_first_is_first_and_the_others_are_told_where_they_stand);

async fn who_came_first_is_first_and_the_others_are_told_where_they_stand(program: Program) {
    let stage = stage_with(program, &[("MAX_ACTIVE", "1")]).await;
    let anns = stage.ask("ann", &format!("ann's {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let bobs = stage.ask("bob", r#"bob's STUB:[{"text":"for bob"}]"#).await;
    let next = stage.says(bobs, "⏳ Everybody").await;
    let cids = stage.ask("cid", r#"cid's STUB:[{"text":"for cid"}]"#).await;
    let after = stage.says(cids, "⏳ Everybody").await;
    assert_eq!(
        [next.content, after.content],
        [
            "⏳ Everybody is at work; yours is next.",
            "⏳ Everybody is at work; one other is before yours.",
        ]
    );
    assert!(!stage.model_saw("bob's") && !stage.model_saw("cid's"));

    stage.model.release("working");
    stage.answer(anns, "done at last").await;
    stage.answer(bobs, "for bob").await;
    stage.answer(cids, "for cid").await;
    let (bobs, _) = stage.turn_with("bob's").await;
    let (cids, _) = stage.turn_with("cid's").await;
    assert!(bobs < cids, "{bobs} {cids}");
}

#[tokio::test]
async fn who_waits_is_told_each_change_of_his_place_and_that_his_turn_has_come() {
    let (stage, clock) = (
        dark_with(Program::Claude, &[("MAX_ACTIVE", "1")]).await,
        held(),
    );
    let _server = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    let anns = stage.ask("ann", &format!("ann's {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let held = r#"bob's STUB:[{"text":"for bob","hold":"then"}]"#;
    let bobs = stage.ask("bob", held).await;
    stage.says(bobs, "yours is next").await;
    let cids = stage.ask("cid", r#"cid's STUB:[{"text":"for cid"}]"#).await;
    let told = stage.says(cids, "one other is before yours").await;
    stage.until_commands().await;
    let wait = stage.command("cid", "wait", stage.channel()).await;
    assert!(wait.ends_with("· number 2 in the queue"), "{wait}");

    clock.advance(Duration::from_mins(3));
    stage.model.release("working");
    stage.answer(anns, "done at last").await;
    stage.model.wait_for_hold("then").await;
    let begun = "▶️ The agent has begun with this, after 3 min in the queue.";
    assert_eq!(stage.says(bobs, "▶️").await.content, begun);
    let nearer = stage.says(cids, "yours is next").await;
    assert_eq!(nearer.id, told.id, "the same message");

    stage.model.release("then");
    stage.answer(cids, "for cid").await;
    stage.until_settled().await;
    assert_eq!(stage.count(cids, "⏳"), 0);
    assert_eq!(stage.says(cids, begun).await.id, told.id);
}

#[tokio::test]
async fn who_waits_is_told_when_it_should_begin_by_what_runs_took_also_by_the_next_server() {
    let (stage, clock) = (
        dark_with(Program::Claude, &[("MAX_ACTIVE", "1")]).await,
        held(),
    );
    let here = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    for (n, took) in (0..).zip([3, 4, 4, 4, 9]) {
        let hold = format!("run {n}");
        let held = format!(r#"STUB:[{{"text":"done at last","hold":"{hold}"}}]"#);
        let asked = stage.ask("ann", &held).await;
        stage.model.wait_for_hold(&hold).await;
        clock.advance(Duration::from_mins(took));
        stage.model.release(&hold);
        stage.answer(asked, "done at last").await;
        stage.until_settled().await;
    }
    stage.ask("ann", &format!("ann's {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let bobs = stage.ask("bob", r#"bob's STUB:[{"text":"for bob"}]"#).await;
    let next = "⏳ Everybody is at work; yours is next. It should begin in about 4 min.";
    assert_eq!(stage.says(bobs, "⏳").await.content, next);
    let cids = stage.ask("cid", r#"cid's STUB:[{"text":"for cid"}]"#).await;
    let after =
        "⏳ Everybody is at work; one other is before yours. It should begin in about 8 min.";
    assert_eq!(stage.says(cids, "⏳").await.content, after);
    here.stop(async || tokio::task::yield_now().await).await;

    let _server = stage.serve_here(clock);
    stage.until_it_listens().await;
    let dans = stage.ask("dan", r#"dan's STUB:[{"text":"for dan"}]"#).await;
    let last =
        "⏳ Everybody is at work; 2 others are before yours. It should begin in about 12 min.";
    assert_eq!(stage.says(dans, "⏳").await.content, last);
    stage.model.release("working");
    stage.answer(dans, "for dan").await;
}

#[tokio::test]
async fn a_wait_that_was_no_wait_leaves_no_word() {
    let (stage, clock) = (
        dark_with(Program::Claude, &[("MAX_ACTIVE", "1")]).await,
        held(),
    );
    let _server = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    stage.ask("ann", &format!("ann's {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let bobs = stage.ask("bob", r#"bob's STUB:[{"text":"for bob"}]"#).await;
    stage.says(bobs, "yours is next").await;
    stage.model.release("working");
    stage.answer(bobs, "for bob").await;
    stage.until_settled().await;
    assert_eq!(stage.count(bobs, "in the queue"), 0);
    assert_eq!(stage.count(bobs, "⏳"), 0);
}

#[tokio::test]
async fn who_takes_back_what_waits_leaves_nothing_about_his_place() {
    let stage = stage_with(Program::Claude, &[("MAX_ACTIVE", "1")]).await;
    stage.ask("ann", &format!("ann's {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let bobs = stage.ask("bob", "bob's").await;
    stage.says(bobs, "⏳").await;
    stage.until_commands().await;
    stage.command("bob", "cancel", bobs).await;
    stage.says(bobs, "🛑 Cancelled before it began.").await;
    until("nothing is said of the queue", || {
        stage.count(bobs, "⏳") == 0
    })
    .await;
}

both!(who_asks_for_much_lets_others_in_between);

async fn who_asks_for_much_lets_others_in_between(program: Program) {
    let stage = stage_with(program, &[("MAX_ACTIVE", "1")]).await;
    let mut places = vec![stage.ask("ann", &format!("begin {HELD}")).await];
    stage.model.wait_for_hold("working").await;
    for (name, what) in [
        ("ann", "hers 1."),
        ("ann", "hers 2."),
        ("ann", "hers 3."),
        ("bob", "his 1."),
        ("bob", "his 2."),
    ] {
        let said = format!(r#"{what} STUB:[{{"text":"answer {what}"}}]"#);
        let place = stage.ask(name, &said).await;
        stage.says(place, "⏳").await;
        places.push(place);
    }
    stage.model.release("working");
    for place in places {
        stage.answer(place, "").await;
    }
    let mut turns = Vec::new();
    for what in ["hers 1.", "hers 2.", "hers 3.", "his 1.", "his 2."] {
        turns.push((stage.turn_with(what).await.0, what));
    }
    turns.sort_unstable();
    let order: Vec<&str> = turns.into_iter().map(|(_, what)| what).collect();
    assert_eq!(order, ["hers 1.", "his 1.", "hers 2.", "his 2.", "hers 3."]);
    stage.until_settled().await;
}

both!(two_conversations_work_at_the_same_time);

async fn two_conversations_work_at_the_same_time(program: Program) {
    let stage = stage_with(program, &[("MAX_ACTIVE", "2")]).await;
    let anns = stage.ask("ann", &format!("ann's {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let bobs = stage.ask("bob", r#"bob's STUB:[{"text":"for bob"}]"#).await;
    stage.answer(bobs, "for bob").await;
    assert_eq!(stage.count(anns, "done at last"), 0);
    assert_eq!(stage.count(bobs, "⏳ Everybody"), 0);
    stage.model.release("working");
    stage.answer(anns, "done at last").await;
}

both!(a_full_queue_says_so_and_accepts_nothing);

async fn a_full_queue_says_so_and_accepts_nothing(program: Program) {
    let stage = stage_with(program, &[("MAX_ACTIVE", "1"), ("MAX_QUEUED", "1")]).await;
    let anns = stage.ask("ann", &format!("ann's {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let bobs = stage.ask("bob", r#"bob's STUB:[{"text":"for bob"}]"#).await;
    stage.says(bobs, "⏳ Everybody").await;
    let cids = stage
        .sim
        .user("cid")
        .says("@bot cid's")
        .in_(stage.channel())
        .await;
    let full = stage.says(stage.channel(), "queue").await;
    assert_eq!(
        (full.content.as_str(), full.reply_to),
        (
            "The queue is full: 1 at work and 1 waiting. Try again in a few minutes.",
            Some(cids.id)
        )
    );

    stage.model.release("working");
    stage.answer(anns, "done at last").await;
    stage.answer(bobs, "for bob").await;
    let refused = stage.sim.message(cids).unwrap();
    assert_eq!((refused.reactions, refused.thread), (Vec::new(), None));
    assert!(!stage.model_saw("cid's"));
    // There is room again.
    let again = stage
        .ask("cid", r#"once more STUB:[{"text":"for cid"}]"#)
        .await;
    stage.answer(again, "for cid").await;
}

both!(what_is_said_during_a_run_is_answered_together_in_the_next_turn);

async fn what_is_said_during_a_run_is_answered_together_in_the_next_turn(program: Program) {
    let stage = stage_with(program, &[]).await;
    let thread = stage.ask("ann", &format!("begin {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    for (name, text) in [
        ("ann", "the first thing"),
        ("bob", "the second thing"),
        ("ann", r#"the third thing STUB:[{"text":"all three"}]"#),
    ] {
        let said = stage.sim.user(name).says(text).in_(thread).await;
        stage.sign(said, "👀").await;
    }
    stage.model.release("working");
    stage.answer(thread, "done at last").await;
    stage.answer(thread, "all three").await;

    let (_, turn) = stage.turn_with("the third thing").await;
    let ids = [stage.sim.user("ann").id(), stage.sim.user("bob").id()];
    let wanted = format!(
        "[message from ann, Discord user {ann}]\nthe first thing\n\n\
         [message from bob, Discord user {bob}]\nthe second thing\n\n\
         [message from ann, Discord user {ann}]\nthe third thing",
        ann = ids[0],
        bob = ids[1],
    );
    assert!(turn.starts_with(&wanted), "{turn}");
    assert_eq!(stage.answers(thread, ""), 2);
}

both!(a_full_mailbox_says_so_and_keeps_what_it_has);

async fn a_full_mailbox_says_so_and_keeps_what_it_has(program: Program) {
    let stage = stage_with(program, &[("MAILBOX", "1")]).await;
    let thread = stage.ask("ann", &format!("begin {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let fits = stage
        .sim
        .user("ann")
        .says(r#"fits STUB:[{"text":"the next"}]"#)
        .in_(thread)
        .await;
    stage.sign(fits, "👀").await;
    let too_many = stage.sim.user("ann").says("one too many").in_(thread).await;
    let full = stage.says(thread, "in this thread already").await;
    assert_eq!(
        (full.content.as_str(), full.reply_to),
        (
            "1 message waits in this thread already. Let the agent answer it first, or use \
             `/cancel`.",
            Some(too_many.id)
        )
    );
    stage.model.release("working");
    stage.answer(thread, "the next").await;
    assert!(!stage.model_saw("one too many"));
}

both!(a_request_that_waited_too_long_is_given_up_and_says_so);

async fn a_request_that_waited_too_long_is_given_up_and_says_so(program: Program) {
    let settings = [("MAX_ACTIVE", "1"), ("EXPIRY", "300ms")];
    let (stage, clock) = (dark_with(program, &settings).await, held());
    let _server = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    let anns = stage.ask("ann", &format!("ann's {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let bobs = stage.ask("bob", r#"bob's STUB:[{"text":"for bob"}]"#).await;
    stage.says(bobs, "⏳ Everybody").await;
    clock.advance(Duration::from_secs(1));
    let given_up = stage.says(bobs, "⌛").await;
    assert_eq!(
        given_up.content,
        "⌛ This waited too long for a free agent and was given up. Send it again when it is \
         quieter."
    );
    stage.model.release("working");
    stage.answer(anns, "done at last").await;
    assert!(!stage.model_saw("bob's"));
    // The conversation is not spoilt by it, and what it says now may have to wait for the slot as long as it takes.
    stage
        .sim
        .user("bob")
        .says(r#"again STUB:[{"text":"now for bob"}]"#)
        .in_(bobs)
        .await;
    stage.answer(bobs, "now for bob").await;
    assert_eq!(stage.count(bobs, "⌛"), 1);
}
