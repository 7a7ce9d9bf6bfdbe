//! What was written while Baton was away, and what waited when people became something else.

use baton::words::{Guests, Tier};
use discord_sim::MessageRef;

use super::{
    cast::{Scene, Spot, players},
    matrix::{Entry, Outcome, outcome},
    messages::found,
};
use crate::stage::{thread_of, until};

async fn everybody_was_missed(guests: Guests) {
    let mut scene = Scene::set(guests).await;
    scene.appoint_all().await;
    scene.stage.kill().await;
    let mut missed = Vec::new();
    for player in players() {
        for (entry, spot, place) in [
            (Entry::Missed, Spot::Thread, scene.thread),
            (Entry::MissedMention, Spot::Channel, scene.stage.channel()),
        ] {
            let said = scene.actor(&player).says("@bot hello").in_(place).await;
            let wanted = outcome(entry, player.tier(spot), scene.guests);
            missed.push((player.name.clone(), wanted, said));
        }
    }
    scene.stage.start().await;
    let (refused, taken): (Vec<_>, Vec<_>) = missed
        .into_iter()
        .partition(|(_, wanted, _)| *wanted == Outcome::Sign);
    for (name, wanted, message) in taken {
        let place = match wanted {
            Outcome::Looks => thread_of(message),
            _ => scene.thread,
        };
        assert_eq!(found(&scene, message, place).await, wanted, "{name}");
        assert_eq!(reactions(&scene, message).len(), 1, "{name}");
    }
    // Once for each of the two servers.
    until("all that was missed is looked at", || {
        let over = "the look at what was written meanwhile is over";
        scene.stage.log().matches(over).count() == 2
    })
    .await;
    scene.stage.until_settled().await;
    for (name, _, message) in refused {
        // While much waits for Discord nobody is shown any more that he may not.
        let shown = reactions(&scene, message);
        assert!(shown.len() <= 1, "{name}: {shown:?}");
        assert!(!shown.iter().any(|sign| sign == "👀"), "{name}: {shown:?}");
    }
}

/// The signs that a message has.
fn reactions(scene: &Scene, message: MessageRef) -> Vec<String> {
    let message = scene.stage.sim.message(message).unwrap();
    let all = message.reactions.into_iter();
    all.map(|reaction| reaction.emoji).collect()
}

#[tokio::test]
async fn each_message_that_is_read_back_is_decided_as_the_table_says() {
    everybody_was_missed(Guests::None).await;
}

#[tokio::test]
async fn each_message_that_is_read_back_is_decided_as_the_table_says_where_guests_may_ask() {
    everybody_was_missed(Guests::Ask).await;
}

/// Everybody speaks to an agent at work that is steered.
async fn everybody_steers(guests: Guests) {
    let scene = Scene::set(guests).await;
    let stage = &scene.stage;
    let held = r#"hold on STUB:[{"text":"done at last","hold":"working"}]"#;
    let _ = stage.sim.user("ann").says(held).in_(scene.thread).await;
    stage.model.wait_for_hold("working").await;
    stage.until_commands().await;
    let ann = stage.sim.user("ann");
    let steers = async || {
        let used = ann.slash("session busy", [("does", "steer")]);
        used.in_(scene.thread).await
    };
    stage.used(steers).await.answer().await;
    scene.appoint_all().await;
    let mut heard = Vec::new();
    for player in players() {
        let said = scene
            .actor(&player)
            .says(format!("words of {}.", player.name));
        let said = said.in_(scene.thread).await;
        let wanted = outcome(Entry::Steered, player.tier(Spot::Thread), guests);
        let decided = found(&scene, said, scene.thread).await;
        assert_eq!(decided, wanted, "{}", player.name);
        heard.push((player.name, wanted == Outcome::Done));
    }
    stage.model.release("working");
    stage.until_settled().await;
    for (name, is_heard) in heard {
        let saw = stage.model_saw(&format!("words of {name}."));
        assert_eq!(saw, is_heard, "{name}");
    }
}

#[tokio::test]
async fn each_message_that_joins_a_turn_is_decided_as_the_table_says() {
    everybody_steers(Guests::None).await;
}

#[tokio::test]
async fn each_message_that_joins_a_turn_is_decided_as_the_table_says_where_guests_may_ask() {
    everybody_steers(Guests::Ask).await;
}

/// Everybody asks as a member, and is something else when his turn comes.
async fn everybody_waits(guests: Guests) {
    let scene = Scene::set(guests).await;
    let stage = &scene.stage;
    let held = scene.occupy().await;
    let mut waiting: Vec<(_, MessageRef)> = Vec::new();
    scene.everybody_is(Tier::Member).await;
    for player in players() {
        let text = r#"@bot hello STUB:[{"text":"at your service"}]"#;
        let said = scene.actor(&player).says(text).in_(stage.channel()).await;
        stage.sign(said, "👀").await;
        waiting.push((player, said));
    }
    scene.everybody_is_nobody().await;
    scene.appoint_all().await;
    stage.model.release("working");
    stage.answer(held, "done at last").await;
    for (player, said) in waiting {
        let thread = thread_of(said);
        match outcome(Entry::Queued, player.tier(Spot::Channel), guests) {
            Outcome::Done => drop(stage.answer(thread, "at your service").await),
            Outcome::Told => {
                // The gate says it, or the look at changed memberships if that comes in between.
                stage.says(thread, "🚫").await;
                assert_eq!(stage.count(thread, "at your service"), 0, "{}", player.name);
            }
            other => panic!("the table says {other:?} of what waits"),
        }
    }
}

#[tokio::test]
async fn each_request_that_waited_is_decided_as_the_table_says() {
    everybody_waits(Guests::None).await;
}

#[tokio::test]
async fn each_request_that_waited_is_decided_as_the_table_says_where_guests_may_ask() {
    everybody_waits(Guests::Ask).await;
}
