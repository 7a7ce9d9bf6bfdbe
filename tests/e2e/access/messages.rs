//! What people write.

use baton::words::{ChannelId as Channel, Circle, Guests, Tier};
use discord_sim::{ChannelId, MessageRef};

use super::{
    cast::{Scene, Spot, players},
    matrix::{Entry, Outcome, outcome},
};
use crate::stage::thread_of;

/// What comes of a message that is decided on; `conversation` is where it is answered if it is.
pub(super) async fn found(scene: &Scene, message: MessageRef, conversation: ChannelId) -> Outcome {
    let signs = [("👀", true), ("🚫", false)];
    let accepted = scene
        .stage
        .sim
        .wait_for(|world| {
            let message = world.message(message)?;
            let shown = signs.iter().find(|(sign, _)| message.has_reaction(sign));
            shown.map(|(_, accepted)| *accepted)
        })
        .await;
    if !accepted {
        return Outcome::Sign;
    }
    let store = scene.stage.store().await;
    let place = Channel::new(conversation.get());
    let session = store.session_in(place).await.unwrap();
    store.close().await;
    match session.expect("a session").circle {
        Circle::Members => Outcome::Done,
        Circle::Guests => Outcome::Looks,
    }
}

/// Everybody writes in every way that there is.
async fn everybody_writes(guests: Guests) {
    // A guest's conversation stays when guests may ask no more.
    let mut scene = Scene::set(Guests::Ask).await;
    let of_a_guest = scene
        .stage
        .ask("gus", r#"hello STUB:[{"text":"answer two"}]"#)
        .await;
    scene.stage.answer(of_a_guest, "answer two").await;
    scene.stage.until_settled().await;
    if guests != scene.guests {
        scene.let_guests(guests).await;
    }
    let stage = &scene.stage;
    let answers = stage.sim.messages(scene.thread);
    let answer = answers
        .iter()
        .find(|message| message.content.contains(" tokens · "));
    let answer = answer.expect("an answer").at();
    scene.occupy().await;
    scene.appoint_all().await;
    let mut silent = Vec::new();
    for player in players() {
        let (actor, name) = (scene.actor(&player), &player.name);
        let wanted = |entry, spot| outcome(entry, player.tier(spot), guests);

        let direct = actor.says("@bot hello").in_dm().await;
        silent.push((name.clone(), direct));
        let mention = actor.says("@bot hello").in_(stage.channel()).await;
        let decided = found(&scene, mention, thread_of(mention)).await;
        assert_eq!(
            decided,
            wanted(Entry::Mention, Spot::Channel),
            "{name} mentions"
        );

        let plain = actor.says("hello").in_(scene.thread).await;
        let decided = found(&scene, plain, scene.thread).await;
        assert_eq!(
            decided,
            wanted(Entry::Thread, Spot::Thread),
            "{name} writes"
        );
        let reply = actor.replies_to(answer, "hello").await;
        let decided = found(&scene, reply, scene.thread).await;
        assert_eq!(
            decided,
            wanted(Entry::Reply, Spot::Thread),
            "{name} replies"
        );
        let said = actor.says("hello").in_(of_a_guest).await;
        let decided = found(&scene, said, of_a_guest).await;
        assert_eq!(
            decided,
            wanted(Entry::GuestsThread, Spot::Channel),
            "{name} writes in a guest's conversation"
        );

        let before = stage.sim.message(plain).unwrap().reactions;
        actor.edits(plain, "@bot edited words").await;
        actor.edits(mention, "@bot edited words").await;
        silent.push((name.clone(), plain));
        assert_eq!(wanted(Entry::Edited, Spot::Thread), Outcome::Ignored);
        assert_eq!(stage.sim.message(plain).unwrap().reactions, before);
    }
    // Events are taken in their order: whatever was to be made of those has been made.
    let fence = stage
        .sim
        .user("ann")
        .says("a fence")
        .in_(scene.thread)
        .await;
    stage.sign(fence, "👀").await;
    let store = stage.store().await;
    for player in players() {
        let open = store.open_requests_of(scene.user(&player)).await.unwrap();
        let texts: Vec<&str> = open.iter().map(|request| request.text.as_str()).collect();
        let edited = texts.iter().any(|text| text.contains("edited"));
        assert!(!edited, "{} edits: {texts:?}", player.name);
        // Otherwise nothing could be seen here.
        let accepted = matches!(player.tier(Spot::Thread), Tier::Owner | Tier::Member);
        assert!(!accepted || !texts.is_empty(), "{} asked", player.name);
    }
    store.close().await;
    for (name, message) in silent {
        let message = stage.sim.message(message).unwrap();
        let said = stage.sim.messages(message.channel);
        let is_direct = message.channel != scene.thread;
        assert!(
            !is_direct || message.reactions.is_empty(),
            "{name} writes directly"
        );
        // An owner is told of what Baton itself has to say: it was killed above.
        let is_alert = |text: &str| text.starts_with("⚠️ **restart**");
        let answered = (said.iter()).any(|said| said.author == "bot" && !is_alert(&said.content));
        assert!(!is_direct || !answered, "{name} is answered directly");
        assert!(
            message.reactions.len() <= 1,
            "{name} edits: {:?}",
            message.reactions
        );
    }
}

#[tokio::test]
async fn each_message_is_decided_as_the_table_says() {
    everybody_writes(Guests::None).await;
}

#[tokio::test]
async fn each_message_is_decided_as_the_table_says_where_guests_may_ask() {
    everybody_writes(Guests::Ask).await;
}
