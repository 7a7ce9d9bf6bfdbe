//! Buttons, forms and lists behind which something waits for a decision.

use baton::words::{Guests, Tier};
use discord_sim::InteractionRef;
use serde_json::json;

use super::{
    cast::{Scene, Spot, players},
    controls::found,
    matrix::{Entry, outcome},
};
use crate::{
    approvals::{control, owners_decide, runs},
    stage::Settings,
};

/// Has an agent ask owners about a command where everybody is, so that what it is about is veiled; everybody
/// opens a form while he is an owner, and is something else when he sends it.
async fn everybody_decides_for_owners(guests: Guests) {
    let settings = Settings {
        more: "[approvals]\nroute = \"thread\"\n".to_owned(),
        ..owners_decide()
    };
    let scene = Scene::set_with(guests, settings).await;
    let stage = &scene.stage;
    let ann = stage.sim.user("ann");
    let text = runs(&["touch it"], "the end");
    let _ = ann.says(text).in_(scene.thread).await;
    let veil = stage.question(scene.thread, "has to allow first").await;
    let show = control(&veil, "Show details");

    scene.everybody_is(Tier::Owner).await;
    let mut forms: Vec<InteractionRef> = Vec::new();
    for player in players() {
        let actor = scene.actor(&player);
        let looks = async || actor.clicks(veil.at(), &show).await;
        let shown = stage.used(looks).await.answer().await;
        let id = control(&shown, "Always in this project…");
        let opens = async || actor.clicks(shown.at(), &id).await;
        forms.push(stage.used(opens).await);
    }
    scene.everybody_is_nobody().await;
    scene.appoint_all().await;
    for (player, form) in players().into_iter().zip(forms) {
        let wanted = |entry| outcome(entry, player.tier(Spot::Thread), guests);
        let actor = scene.actor(&player);
        let presses = async || actor.clicks(veil.at(), &show).await;
        assert_eq!(
            found(&player.name, &stage.used(presses).await).await,
            wanted(Entry::LiveButton),
            "{} presses",
            player.name
        );
        // No rule, so that the question stays for the next one.
        let sends = async || form.submits([("rule", "Bash("), ("for", "1h")]);
        assert_eq!(
            found(&player.name, &stage.used(sends).await).await,
            wanted(Entry::LiveForm),
            "{} sends the form",
            player.name
        );
    }
    assert_eq!(stage.pending().await.len(), 1);
    assert!(!stage.has("it"));
}

/// Has an agent ask two things, of which nobody answers the second.
async fn everybody_answers_the_agent(guests: Guests) {
    let scene = Scene::set_with(guests, owners_decide()).await;
    let stage = &scene.stage;
    let which = |question: &str| {
        json!({"question": question, "header": "Colour", "multiSelect": false, "options": [
            {"label": "Red", "description": "like a rose"},
            {"label": "Blue", "description": "like the sea"}]})
    };
    let input = json!({"questions": [which("Which one?"), which("Which other?")]});
    let script = json!([{"tool": "AskUserQuestion", "input": input}, {"text": "the end"}]);
    let ann = stage.sim.user("ann");
    let _ = ann.says(format!("STUB:{script}")).in_(scene.thread).await;
    let question = stage.question(scene.thread, "Which one?").await;
    let list = control(&question, "Which one?");
    scene.appoint_all().await;
    for player in players() {
        let actor = scene.actor(&player);
        let chooses = async || actor.selects(question.at(), &list, ["Red"]).await;
        assert_eq!(
            found(&player.name, &stage.used(chooses).await).await,
            outcome(Entry::LiveList, player.tier(Spot::Thread), guests),
            "{} chooses",
            player.name
        );
    }
    assert_eq!(stage.pending().await.len(), 1);
}

#[tokio::test]
async fn each_button_and_form_of_an_open_question_is_decided_as_the_table_says() {
    everybody_decides_for_owners(Guests::None).await;
}

#[tokio::test]
async fn each_button_and_form_of_an_open_question_is_decided_as_the_table_says_where_guests_may_ask()
 {
    everybody_decides_for_owners(Guests::Ask).await;
}

#[tokio::test]
async fn each_list_of_a_question_of_the_agent_is_decided_as_the_table_says() {
    everybody_answers_the_agent(Guests::None).await;
}

#[tokio::test]
async fn each_list_of_a_question_of_the_agent_is_decided_as_the_table_says_where_guests_may_ask() {
    everybody_answers_the_agent(Guests::Ask).await;
}
