//! `/session start`, `stop` and `clear`: conversations that commands begin and end; `/wait`.

mod ending;
mod opening;
mod sight;

use baton::words::{RequestState, Scope, Tier};
use discord_sim::{ChannelId, MessageRef, Permission, Rule};

use crate::stage::{Program, Stage};

/// A model that holds its answer until `working` is released.
const HELD: &str = r#"STUB:[{"text":"done at last","hold":"working"}]"#;

fn said(text: &str) -> String {
    format!(r#"STUB:[{{"text":"{text}"}}]"#)
}

/// Somebody starts a session in the project's channel; its thread.
async fn started(stage: &Stage, who: &str, name: &str) -> ChannelId {
    let answer = stage
        .command_with(who, "session start", [("name", name)], stage.channel())
        .await;
    assert!(answer.starts_with("It begins: "), "{answer}");
    opened(stage, name).await
}

/// The thread of a session once it is open and Baton knows it.
async fn opened(stage: &Stage, name: &str) -> ChannelId {
    let title = format!("**{name}**");
    let announced = stage.says(stage.channel(), &title).await;
    let (channel, thread) = (stage.channel(), ChannelId::new(announced.id.get()));
    stage
        .sim
        .wait_for(|world| world.threads(channel).contains(&thread))
        .await;
    stage.until_settled().await;
    thread
}

async fn say(stage: &Stage, who: &str, text: &str, place: ChannelId) -> MessageRef {
    stage.sim.user(who).says(text).in_(place).await
}

both!(start_opens_a_thread_whose_messages_are_for_the_agent);

async fn start_opens_a_thread_whose_messages_are_for_the_agent(program: Program) {
    let mut stage = Stage::of(program).await;
    stage.until_commands().await;
    let thread = started(&stage, "ann", "fix the build").await;
    let announced = stage.says(stage.channel(), "fix the build").await;
    let ann = stage.sim.user("ann").id();
    assert_eq!(
        announced.content,
        format!(
            "🧵 <@{ann}> began **fix the build** with the agent of `play`. Write to it in this thread."
        )
    );
    assert_eq!(announced.pinged, discord_sim::Pinged::default());
    // No mention is needed there, also after a restart.
    say(
        &stage,
        "ann",
        &format!("hello {}", said("first answer")),
        thread,
    )
    .await;
    stage.answer(thread, "first answer").await;
    stage.restart_after_kill().await;
    say(&stage, "ann", r#"again STUB:[{"recall":true}]"#, thread).await;
    stage.answer(thread, "hello").await;
    assert_eq!(stage.sim.threads(stage.channel()), [thread]);
    stage.sim.assert_clean();
}

#[tokio::test]
async fn what_cannot_be_started_is_said_in_a_sentence() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let thread = started(&stage, "ann", "Plans").await;
    let general = stage.sim.channel("general");
    let mut said = Vec::new();
    for (who, place, options) in [
        ("ann", stage.channel(), vec![("name", "plans")]),
        ("ann", thread, vec![("name", "other")]),
        (
            "ann",
            stage.channel(),
            vec![("name", "a"), ("runtime", "codex")],
        ),
        (
            "ann",
            stage.channel(),
            vec![("name", "a"), ("model", "--help")],
        ),
        ("ann", general, vec![("name", "a")]),
        ("ann", general, vec![("name", "a"), ("project", "play")]),
        (
            "ann",
            stage.channel(),
            vec![("name", "a"), ("project", "nope")],
        ),
        ("owner", general, vec![("name", "a"), ("project", "nope")]),
        (
            "ann",
            stage.channel(),
            vec![("name", "a"), ("here", "true")],
        ),
        ("stranger", stage.channel(), vec![("name", "a")]),
    ] {
        let shown: Vec<String> = options.iter().map(|(k, v)| format!("{k}:{v}")).collect();
        let answer = stage
            .command_with(who, "session start", options, place)
            .await;
        said.push(format!("{who}, {}\n    {answer}", shown.join(" ")));
    }
    insta::assert_snapshot!(said.join("\n"));
    stage.until_settled().await;
    assert_eq!(
        stage.sim.threads(stage.channel()),
        [thread],
        "nothing else began"
    );
    stage.sim.assert_clean();
}

#[tokio::test]
async fn an_owner_starts_a_project_outside_its_channels() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let general = stage.sim.channel("general");
    let thread = stage.sim.create_thread_in(general, "elsewhere");
    let options = [
        ("name", "guest work"),
        ("project", "play"),
        ("model", "haiku"),
    ];
    let answer = stage
        .command_with("owner", "session start", options, thread)
        .await;
    insta::assert_snapshot!(answer, @"It begins here. Write what you want done; every message in this thread is for the agent.");
    say(
        &stage,
        "ann",
        &format!("hello {}", said("as far as here")),
        thread,
    )
    .await;
    stage.answer(thread, "as far as here").await;
    let request = stage.model.requests().pop().unwrap();
    assert!(
        request.body["model"].as_str().unwrap().contains("haiku"),
        "{}",
        request.body["model"]
    );
    stage.sim.assert_clean();
}

#[tokio::test]
async fn the_first_sign_of_a_command_comes_before_its_work() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let store = stage.store().await;
    // Nobody can write into the database as long as this stands.
    let held = store.write().await.unwrap();
    let ann = stage.sim.user("ann");
    let command = ann.slash("session start", [("name", "patience")]);
    let used = command.in_(stage.channel()).await;
    used.acknowledged().await;
    assert_eq!(stage.count(stage.channel(), "patience"), 0);
    drop(held);
    store.close().await;
    let answer = used.answer().await;
    assert_eq!(answer.only_for.as_deref(), Some("ann"));
    assert!(
        answer.content.starts_with("It begins: "),
        "{}",
        answer.content
    );
    opened(&stage, "patience").await;
    stage.sim.assert_clean();
}

#[tokio::test]
async fn a_start_is_announced_once_whenever_the_server_dies() {
    let mut stage = Stage::open().await;
    stage.until_commands().await;
    for (name, rule) in [
        ("before", Rule::post_message().containing("before")),
        (
            "after",
            Rule::post_message().containing("after").after_commit(),
        ),
        ("between", Rule::create_thread()),
    ] {
        let hold = stage.sim.hold(rule);
        stage
            .command_with("ann", "session start", [("name", name)], stage.channel())
            .await;
        hold.arrived().await;
        stage.kill().await;
        drop(hold);
        stage.start().await;
        let thread = opened(&stage, name).await;
        assert_eq!(stage.count(stage.channel(), &format!("**{name}**")), 1);
        let text = format!("still {name}");
        say(&stage, "ann", &said(&text), thread).await;
        stage.answer(thread, &text).await;
    }
}

#[tokio::test]
async fn a_start_whose_thread_is_refused_goes_on_in_the_channel_until_it_is_stopped() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let (sim, channel) = (&stage.sim, stage.channel());
    sim.deny(channel, [Permission::CreatePublicThreads]);
    stage
        .command_with("ann", "session start", [("name", "narrow")], channel)
        .await;
    let hint = stage.says(channel, "Create Public Threads").await;
    insta::assert_snapshot!(hint.content, @"I could not start a thread here, so this conversation goes on in the channel: mention me or reply to me. `/session stop` ends it. Give me the permissions *Create Public Threads* and *Send Messages in Threads*, and the next one gets a thread.");
    say(
        &stage,
        "ann",
        &format!("@bot hello {}", said("one")),
        channel,
    )
    .await;
    let one = stage.answer(channel, "one").await;
    let one = MessageRef {
        channel,
        id: one.id,
    };
    sim.user("ann")
        .replies_to(one, r#"STUB:[{"recall":true}]"#)
        .await;
    stage.answer(channel, "hello").await;
    let talk = say(&stage, "ann", "we talk about something else", channel).await;
    // It is cancelled and ended from the channel.
    say(&stage, "ann", &format!("@bot work {HELD}"), channel).await;
    stage.model.wait_for_hold("working").await;
    let answer = stage.command("ann", "cancel", channel).await;
    assert_eq!(
        answer,
        "Stopping it. The conversation can go on with your next message."
    );
    stage.says(channel, "🛑 Cancelled.").await;
    stage.command("ann", "session stop", channel).await;
    stage.says(channel, "ended this conversation").await;
    // The next one is tried with a thread again.
    sim.deny(channel, []);
    let thread = stage.ask("ann", &said("two")).await;
    stage.answer(thread, "two").await;
    assert!(sim.message(talk).unwrap().reactions.is_empty());
    sim.assert_clean();
}

both!(a_run_whose_thread_is_refused_is_shown_at_work_in_the_channel);

async fn a_run_whose_thread_is_refused_is_shown_at_work_in_the_channel(program: Program) {
    let stage = Stage::of(program).await;
    let (sim, channel) = (&stage.sim, stage.channel());
    sim.deny(channel, [Permission::CreatePublicThreads]);
    let hold = sim.hold(Rule::create_thread());
    let play = r#"STUB:[{"text":"one","do":{"run":"true"},"hold":"first"},
        {"text":"two, three","chunks":2,"hold_after":1,"hold":"second"}]"#;
    stage.ask("ann", play).await;
    // The run has begun before Discord refuses its thread.
    hold.arrived().await;
    stage.model.wait_for_hold("first").await;
    drop(hold);
    stage.says(channel, "I could not start a thread here").await;
    stage.model.release("first");
    stage.model.wait_for_hold("second").await;
    stage.live(channel, "two,").await;
    sim.wait_for(|world| typed_in(world.journal(), channel))
        .await;
    stage.model.release("second");
    stage.answer(channel, "three").await;
    sim.assert_clean();
}

/// Whether Baton showed in a channel that it types.
fn typed_in(journal: &[discord_sim::Entry], channel: ChannelId) -> bool {
    let path = format!("/channels/{channel}/typing");
    let calls = journal.iter().filter_map(discord_sim::Entry::rest);
    calls.into_iter().any(|call| call.path.ends_with(&path))
}

#[tokio::test]
async fn a_conversation_that_goes_on_in_a_channel_without_a_project_is_read_back() {
    let mut stage = Stage::open().await;
    stage.until_commands().await;
    let general = stage.sim.channel("general");
    stage.sim.deny(general, [Permission::CreatePublicThreads]);
    let options = [("name", "far"), ("project", "play")];
    stage
        .command_with("owner", "session start", options, general)
        .await;
    stage.says(general, "I could not start a thread here").await;
    stage.until_settled().await;
    stage.kill().await;
    let text = format!("@bot hello {}", said("read back"));
    say(&stage, "ann", &text, general).await;
    stage.start().await;
    stage.answer(general, "read back").await;
}

#[tokio::test]
async fn wait_tells_where_ones_own_requests_stand() {
    let env = vec![("BATON_ADMISSION__MAX_ACTIVE".to_owned(), "1".to_owned())];
    let stage = Stage::with(crate::stage::Settings {
        env,
        ..Default::default()
    })
    .await;
    stage.until_commands().await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    let channel = stage.channel();
    insta::assert_snapshot!(
        stage.command("ann", "wait", channel).await,
        @"Nothing of yours waits or is at work. Mention me in a project's channel to ask for something."
    );
    let first = stage.ask("ann", &format!("first {HELD}")).await;
    stage.model.wait_for_hold("working").await;
    let second = stage.ask("bob", &said("of bob")).await;
    stage.says(second, "⏳").await;
    let third = stage.ask("ann", &said("of ann")).await;
    stage.says(third, "⏳").await;
    let fourth = say(&stage, "ann", "and this", first).await;
    stage.sign(fourth, "👀").await;
    let shown = stage.command("ann", "wait", channel).await;
    let lines: Vec<&str> = shown
        .lines()
        .map(|line| line.rsplit(" · ").next().unwrap())
        .collect();
    assert_eq!(
        lines,
        [
            "at work",
            "number 2 in the queue",
            "next in this conversation"
        ],
        "{shown}"
    );
    assert!(shown.starts_with(&format!("<#{first}>")), "{shown}");
    assert!(
        !stage
            .command("bob", "wait", channel)
            .await
            .contains(&format!("<#{third}>"))
    );
    let store = stage.store().await;
    let ann = baton::words::UserId::new(stage.sim.user("ann").id().get());
    let open = store.open_requests_of(ann).await.unwrap();
    let states: Vec<RequestState> = open.iter().map(|request| request.state).collect();
    assert_eq!(
        states,
        [
            RequestState::Taken,
            RequestState::Taken,
            RequestState::Waiting
        ]
    );
    store.close().await;
    stage.model.release("working");
    stage.answer(third, "of ann").await;
    stage.sim.assert_clean();
}

/// What is offered to somebody who has typed so much: what he sees of each choice.
async fn offered(stage: &Stage, who: &str, line: &str, option: &str, typed: &str) -> Vec<String> {
    offered_in(stage, who, stage.channel(), line, option, typed).await
}

/// The same somewhere else than in the project's channel.
async fn offered_in(
    stage: &Stage,
    who: &str,
    place: ChannelId,
    line: &str,
    option: &str,
    typed: &str,
) -> Vec<String> {
    let actor = stage.sim.user(who);
    let none: [(&str, &str); 0] = [];
    let types = async || {
        let typing = actor.completes(place, line, none, (option, typed));
        typing.await
    };
    let used = stage.used(types).await;
    let choices = used.data().expect("choices");
    let choices = choices.as_array().expect("a list of them");
    let name = |choice: &serde_json::Value| choice["name"].as_str().unwrap().to_owned();
    choices.iter().map(name).collect()
}

#[tokio::test]
async fn what_nobody_knows_by_heart_is_offered_to_who_may_use_it() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    started(&stage, "ann", "Plans").await;
    let nothing: [&str; 0] = [];
    let offered = |who, line, option, typed| offered(&stage, who, line, option, typed);
    assert_eq!(
        offered("ann", "session start", "project", "PL").await,
        ["play"]
    );
    assert_eq!(
        offered("ann", "session start", "project", "x").await,
        nothing
    );
    assert_eq!(
        offered("ann", "session start", "model", "so").await,
        ["sonnet"]
    );
    let ann = stage.sim.user("ann");
    let types = async |runtime| {
        let options = [("runtime", runtime)];
        let typing = ann.completes(stage.channel(), "session start", options, ("model", ""));
        typing.await
    };
    // Discord sends choices by their number.
    for (runtime, wanted) in [(0, 3), (1, 0)] {
        let used = stage.used(async || types(runtime).await).await;
        let choices = used.data().expect("choices").as_array().map(Vec::len);
        assert_eq!(
            choices,
            Some(wanted),
            "{runtime}, of which the server has one"
        );
    }
    assert_eq!(
        offered("ann", "session model", "model", "HAI").await,
        ["haiku"]
    );
    assert_eq!(
        offered("ann", "session stop", "name", "").await,
        ["Plans · play"]
    );
    let memberships = offered("owner", "permission revoke", "membership", "").await;
    assert_eq!(memberships, ["@ann · member · global"]);
    // To a stranger nothing is told by it, nor to a member what is for owners.
    for (who, line, option) in [
        ("stranger", "session start", "project"),
        ("stranger", "session start", "model"),
        ("stranger", "session model", "model"),
        ("stranger", "session stop", "name"),
        ("ann", "permission revoke", "membership"),
    ] {
        assert_eq!(
            offered(who, line, option, "").await,
            nothing,
            "{who} /{line}"
        );
    }
    stage.sim.assert_clean();
}
