//! A conversation that has a whole channel: who may speak to it, what it hears, what it tells.

use baton::{
    store::Subject,
    words::{ChannelId as Channel, RoleId, Scope, Tier},
};
use discord_sim::{ChannelId, MessageRef, MessageView};

use crate::stage::{Settings, Stage};

fn said(text: &str) -> String {
    format!(r#"STUB:[{{"text":"{text}"}}]"#)
}

fn at(message: &MessageView) -> MessageRef {
    MessageRef {
        channel: message.channel,
        id: message.id,
    }
}

async fn stage(more: &str) -> Stage {
    let stage = Stage::with(Settings {
        more: more.to_owned(),
        ..Settings::default()
    })
    .await;
    stage.until_commands().await;
    stage
}

/// The owner gives the project's channel to a conversation.
async fn bind(stage: &Stage, name: &str) -> ChannelId {
    let options = [("name", name), ("here", "true")];
    let answer = stage
        .command_with("owner", "session start", options, stage.channel())
        .await;
    assert_eq!(
        answer,
        "This channel is its place now. Mention me or reply to me, and say what you want done."
    );
    stage.says(stage.channel(), &format!("**{name}**")).await;
    stage.until_settled().await;
    stage.channel()
}

/// What the project's channel was told of what is sent to the model. An agent may repeat it.
fn notices(stage: &Stage) -> Vec<String> {
    let said = stage.sim.messages(stage.channel()).into_iter();
    said.map(|message| message.content)
        .filter(|content| content.starts_with("-# 🔎"))
        .collect()
}

async fn say(stage: &Stage, who: &str, text: &str) -> MessageRef {
    stage.sim.user(who).says(text).in_(stage.channel()).await
}

/// Waits until Baton has decided on everything that was said in a channel: it takes events in their
/// order. Everybody is told the way once, so each marker has a name of its own.
async fn settled(stage: &Stage, marker: &str) {
    let (who, marker) = (stage.sim.user(marker), stage.sim.create_channel(marker));
    let asked = who.says("@bot ?").in_(marker).await;
    stage
        .sim
        .wait_for_message(marker, |message| message.reply_to == Some(asked.id))
        .await;
    stage.until_settled().await;
}

#[tokio::test]
async fn a_channel_is_bound_with_a_notice_and_answers_mentions_and_replies_in_place() {
    let mut stage = stage("").await;
    let channel = bind(&stage, "ops").await;
    let owner = stage.sim.user("owner").id();
    let told: Vec<String> = stage
        .sim
        .messages(channel)
        .into_iter()
        .filter(|message| message.only_for.is_none())
        .map(|message| message.content.replace(&owner.to_string(), "owner"))
        .collect();
    insta::assert_snapshot!(told.join("\n\n"));

    say(
        &stage,
        "owner",
        &format!("@bot remember apricot {}", said("one")),
    )
    .await;
    let one = stage.answer(channel, "one").await;
    assert_eq!(stage.sim.threads(channel), [] as [ChannelId; 0]);
    stage.restart_after_kill().await;
    let reply = r#"which word? STUB:[{"recall":true}]"#;
    stage.sim.user("owner").replies_to(at(&one), reply).await;
    stage.answer(channel, "apricot").await;
    // What speaks to nobody is for nobody.
    let talk = say(&stage, "owner", "just talking").await;
    settled(&stage, "marker-1").await;
    assert!(stage.sim.message(talk).unwrap().reactions.is_empty());
    assert_eq!(notices(&stage).len(), 1, "{:?}", notices(&stage));
    stage.sim.assert_clean();
}

#[tokio::test]
async fn only_owners_speak_to_the_agent_of_a_channel_and_end_it() {
    let stage = stage("").await;
    let channel = bind(&stage, "ops").await;
    let asked = say(&stage, "ann", &format!("@bot hello {}", said("pineapple"))).await;
    stage.sign(asked, "🚫").await;
    let why = stage
        .sim
        .wait_for_message(channel, |message| message.reply_to == Some(asked.id))
        .await;
    insta::assert_snapshot!(why.content, @"In this channel the agent works for owners only. Use `/session start` for a conversation of your own.");
    let mut told = Vec::new();
    for (who, line) in [
        ("ann", "session stop"),
        ("ann", "session clear"),
        ("ann", "cancel"),
        ("stranger", "session stop"),
    ] {
        let answer = stage.command(who, line, channel).await;
        told.push(format!("{who} /{line}: {answer}"));
    }
    insta::assert_snapshot!(told.join("\n"));
    // A conversation of his own a member may have.
    let answer = stage
        .command_with("ann", "session start", [("name", "mine")], channel)
        .await;
    assert!(answer.starts_with("It begins: "), "{answer}");
    stage.says(channel, "**mine**").await;
    let answer = stage.command("owner", "session stop", channel).await;
    assert!(answer.starts_with("It is ended."), "{answer}");
    // From now on a mention begins a thread again.
    stage.says(channel, "ended this").await;
    let thread = stage.ask("ann", &said("in a thread")).await;
    stage.answer(thread, "in a thread").await;
    assert!(!stage.model_saw("pineapple"));
    stage.sim.assert_clean();
}

#[tokio::test]
async fn with_owner_only_off_members_speak_to_it_and_guests_do_not() {
    let stage = stage("[channel_mode]\nowner_only = false").await;
    let options = [("name", "all hands"), ("here", "true")];
    stage
        .command_with("ann", "session start", options, stage.channel())
        .await;
    say(
        &stage,
        "ann",
        &format!("@bot hello {}", said("for members")),
    )
    .await;
    stage.answer(stage.channel(), "for members").await;
    let guest = say(&stage, "guest", "@bot hello").await;
    stage.sign(guest, "🚫").await;
    stage.sim.assert_clean();
}

#[tokio::test]
async fn the_agent_is_given_what_speaks_to_baton_and_no_more() {
    let stage = stage("[channel_mode]\nhistory = 50").await;
    let channel = stage.channel();
    stage.grant("bad", Scope::Global, Tier::Blocked).await;
    say(&stage, "ann", "before the beginning").await;
    bind(&stage, "ops").await;
    for (who, text) in [
        ("ann", "bystander one"),
        ("ann", "@bot mention by a member"),
        ("guest", "@bot mention by a guest"),
        ("bad", "@bot mention by a villain"),
    ] {
        say(&stage, who, text).await;
    }
    let ann_said = say(&stage, "ann", "bystander two").await;
    stage
        .sim
        .user("cid")
        .replies_to(ann_said, "bystander three")
        .await;
    let bound = stage.says(channel, "📌").await;
    stage
        .sim
        .user("cid")
        .replies_to(at(&bound), "reply to Baton")
        .await;
    stage
        .sim
        .bot_user("robot")
        .says("@bot beep")
        .in_(channel)
        .await;
    settled(&stage, "marker-2").await;

    say(
        &stage,
        "owner",
        &format!("@bot first question {}", said("one")),
    )
    .await;
    stage.answer(channel, "one").await;
    let (_, turn) = stage.turn_with("first question").await;
    for given in [
        "mention by a member",
        "mention by a guest",
        "reply to Baton",
        "📌",
    ] {
        assert!(turn.contains(given), "{given}: {turn}");
    }
    for left_out in ["before the", "bystander", "villain", "beep"] {
        assert!(!stage.model_saw(left_out), "{left_out}");
    }

    // The next turn is given what came since, and not the agent's own words again.
    say(&stage, "ann", "@bot in between").await;
    settled(&stage, "marker-3").await;
    say(
        &stage,
        "owner",
        &format!("@bot second question {}", said("two")),
    )
    .await;
    stage.answer(channel, "two").await;
    let (_, turn) = stage.turn_with("second question").await;
    assert!(turn.contains("in between"), "{turn}");
    for known in ["first question", "mention by", "reply to Baton", "one"] {
        assert!(!turn.contains(known), "{known}: {turn}");
    }
    stage.sim.assert_clean();
}

#[tokio::test]
async fn what_somebody_said_who_has_left_is_given_only_while_no_role_is_blocked() {
    let mut stage = stage("[channel_mode]\nhistory = 50").await;
    let channel = bind(&stage, "ops").await;
    let turns = [
        ("early", "first question", "one", true),
        ("late", "second question", "two", false),
    ];
    for (who, question, answer, is_given) in turns {
        if !is_given {
            let banned = RoleId::new(stage.sim.role("banned").get());
            let (whom, tier) = (Subject::Role(banned), Tier::Blocked);
            stage.appoint(whom, Scope::Global, tier).await;
        }
        let text = format!("@bot words of {who}");
        say(&stage, who, &text).await;
        settled(&stage, &format!("marker-{who}")).await;
        // Another server does not remember what he was when he said it.
        stage.sim.user(who).leaves();
        stage.restart_after_kill().await;
        let asked = format!("@bot {question} {}", said(answer));
        say(&stage, "owner", &asked).await;
        stage.answer(channel, answer).await;
        let (_, turn) = stage.turn_with(question).await;
        let given = turn.contains(&format!("words of {who}"));
        assert_eq!(given, is_given, "{who}: {turn}");
    }
    stage.sim.assert_clean();
}

#[tokio::test]
async fn the_settings_let_bystanders_in_or_give_the_agent_nothing() {
    let more = "[channel_mode]\ninclude_bystanders = true\nhistory = 2";
    let stage = stage(more).await;
    let channel = bind(&stage, "ops").await;
    let notice = stage.says(channel, "🔎").await;
    insta::assert_snapshot!(notice.content, @"-# 🔎 What is sent to the model from this channel: messages to me, and with each of them the last 2 messages before it, **whoever wrote them and to whom**. Write elsewhere what the model should not see.");
    for text in ["talk one", "talk two", "talk three"] {
        say(&stage, "guest", text).await;
    }
    say(&stage, "owner", &format!("@bot a question {}", said("one"))).await;
    stage.answer(channel, "one").await;
    let (_, turn) = stage.turn_with("a question").await;
    assert!(
        turn.contains("talk two") && turn.contains("talk three"),
        "{turn}"
    );
    assert!(!turn.contains("talk one"), "{turn}");
    stage.sim.assert_clean();
}

#[tokio::test]
async fn the_notice_comes_again_when_the_rule_has_changed() {
    let mut stage = stage("").await;
    let channel = bind(&stage, "ops").await;
    stage.stop().await;
    stage.set_env("BATON_CHANNEL_MODE__HISTORY", "0");
    stage.start().await;
    for text in ["one", "two"] {
        say(&stage, "owner", &format!("@bot hello {}", said(text))).await;
        stage.answer(channel, text).await;
    }
    stage.until_settled().await;
    let notices = notices(&stage);
    assert_eq!(notices.len(), 2, "{notices:?}");
    insta::assert_snapshot!(notices[1], @"-# 🔎 What is sent to the model from this channel: only messages to me, that is mentions of me and replies to me, from people who may ask here. Nothing else that is written here leaves it.");
    stage.sim.assert_clean();
}

#[tokio::test]
async fn the_notice_comes_again_whenever_another_number_of_messages_is_sent() {
    let mut stage = stage("").await;
    let channel = bind(&stage, "ops").await;
    for history in ["100", "10"] {
        stage.stop().await;
        stage.set_env("BATON_CHANNEL_MODE__HISTORY", history);
        stage.start().await;
        for n in ["one", "two"] {
            let text = format!("{n} of {history}.");
            say(&stage, "owner", &format!("@bot {}", said(&text))).await;
            stage.answer(channel, &text).await;
        }
    }
    stage.until_settled().await;
    let told = notices(&stage).into_iter();
    let numbers: Vec<String> = told
        .map(|notice| notice.chars().filter(char::is_ascii_digit).collect())
        .collect();
    assert_eq!(numbers, ["10", "100", "10"]);
    stage.sim.assert_clean();
}

#[tokio::test]
async fn clear_in_a_channel_forgets_and_gives_nothing_from_before() {
    let stage = stage("").await;
    let channel = bind(&stage, "ops").await;
    say(
        &stage,
        "owner",
        &format!("@bot remember apricot {}", said("one")),
    )
    .await;
    stage.answer(channel, "one").await;
    stage.until_settled().await;
    stage.command("owner", "session clear", channel).await;
    stage.says(channel, "🧹").await;
    say(
        &stage,
        "owner",
        &format!("@bot which word? {}", said("two")),
    )
    .await;
    stage.answer(channel, "two").await;
    let last = stage.model.requests().pop().unwrap().body.to_string();
    assert!(!last.contains("apricot"), "{last}");
    assert_eq!(notices(&stage).len(), 1, "{:?}", notices(&stage));
    stage.sim.assert_clean();
}

#[tokio::test]
async fn a_bound_channel_outside_every_project_is_heard_also_when_the_server_was_away() {
    let mut stage = stage("").await;
    let general = stage.sim.channel("general");
    let options = [("name", "far"), ("here", "true"), ("project", "play")];
    stage
        .command_with("owner", "session start", options, general)
        .await;
    stage.says(general, "📌").await;
    stage.until_settled().await;
    stage.kill().await;
    let owner = stage.sim.user("owner");
    let text = format!("@bot hello {}", said("read back"));
    owner.says(text).in_(general).await;
    stage.start().await;
    stage.answer(general, "read back").await;
    let store = stage.store().await;
    let place = Channel::new(general.get());
    assert!(store.session_in(place).await.unwrap().is_some());
    store.close().await;
}

#[tokio::test]
async fn where_no_project_is_a_mention_is_told_the_way_once_in_a_while() {
    let stage = stage("").await;
    stage.grant("bad", Scope::Global, Tier::Blocked).await;
    let general = stage.sim.channel("general");
    let other = stage.sim.create_channel("other");
    let talk = stage.sim.user("ann").says("hello all").in_(general).await;
    stage.sim.user("bad").says("@bot hello").in_(general).await;
    let asked = stage.sim.user("ann").says("@bot hello").in_(general).await;
    let told = stage.says(general, "").await;
    assert_eq!(
        told.reply_to,
        Some(asked.id),
        "the blocked one is told nothing"
    );
    let project = stage.channel().to_string();
    insta::assert_snapshot!(told.content.replace(&project, "project"), @"No project belongs to this channel. Mention me in <#project>, or ask an owner to use `/session start` here.");
    // Neither again to her, nor again there.
    for (who, place) in [("ann", general), ("ann", other), ("bob", general)] {
        stage.sim.user(who).says("@bot hello").in_(place).await;
    }
    settled(&stage, "marker-4").await;
    assert_eq!(stage.count(general, ""), 1);
    assert_eq!(stage.count(other, ""), 0);
    assert!(stage.sim.message(talk).unwrap().reactions.is_empty());
    stage.sim.assert_clean();
}
