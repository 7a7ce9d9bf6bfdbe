//! Commands, buttons, lists, forms and what is offered while one types.

use std::collections::BTreeSet;

use baton::words::Guests;
use discord_sim::{ChannelId, InteractionRef, MessageId, MessageRef};
use serde_json::{Value, json};

use super::{
    cast::{Scene, Spot, players},
    matrix::{Entry, Outcome, commands, outcome},
};
use crate::stage::Stage;

/// What a person is told who may not.
const REFUSALS: [&str; 6] = [
    "You are blocked here. An owner of this server can lift that.",
    "Only members can work with the agents here. Ask an owner of this server to add you.",
    "Only owners may do that here. Ask an owner of this server to do it for you.",
    "That is for owners of the whole server. Ask one of them to do it for you.",
    "Only an owner can decide on this.",
    "Only people who could have asked for this themselves can answer the agent here.",
];

const NOT_IN_USE: &str =
    "This is not in use any more. Write to me what you want, or use one of my commands.";

/// What somebody alone was told.
pub(super) async fn found(name: &str, used: &InteractionRef) -> Outcome {
    let answer = used.answer().await;
    assert_eq!(answer.only_for.as_deref(), Some(name), "{}", answer.content);
    match answer.content.as_str() {
        refusal if REFUSALS.contains(&refusal) => Outcome::Alone,
        NOT_IN_USE => Outcome::Useless,
        _ => Outcome::Done,
    }
}

/// Acts as another program that has the bot's token.
async fn as_bot(scene: &Scene, path: &str, body: &Value) -> Value {
    let sim = &scene.stage.sim;
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v10{path}", sim.base_url()))
        .header("Authorization", format!("Bot {}", sim.token()))
        .json(body)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_default()
}

/// A message of the bot with a button and a list.
async fn controls_in(scene: &Scene, place: ChannelId) -> MessageRef {
    let message = json!({
        "content": "an older version's",
        "nonce": "controls",
        "enforce_nonce": true,
        "allowed_mentions": {"parse": []},
        "components": [
            {"type": 1, "components": [
                {"type": 2, "style": 1, "label": "press", "custom_id": "v0:press"}]},
            {"type": 1, "components": [
                {"type": 3, "custom_id": "v0:choose", "options": [{"label": "a", "value": "a"}]}]},
        ],
    });
    let posted = as_bot(scene, &format!("/channels/{place}/messages"), &message).await;
    let id = posted["id"].as_str().unwrap().parse().unwrap();
    MessageRef {
        channel: place,
        id: MessageId::new(id),
    }
}

/// The lines of all commands with which they are used: those with subcommands have one each.
fn lines_of(commands: &Value) -> BTreeSet<String> {
    let all = commands.as_array().unwrap().iter();
    all.flat_map(|command| {
        let name = command["name"].as_str().unwrap();
        let options = command["options"].as_array().map_or(&[][..], Vec::as_slice);
        // 1 and 2 are subcommands and their groups (interactions/application-commands).
        let below: Vec<&str> = options
            .iter()
            .filter(|option| option["type"] == 1 || option["type"] == 2)
            .map(|option| option["name"].as_str().unwrap())
            .collect();
        if below.is_empty() {
            return vec![name.to_owned()];
        }
        below.iter().map(|sub| format!("{name} {sub}")).collect()
    })
    .collect()
}

#[tokio::test]
async fn every_command_is_in_the_table() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let registered = stage.sim.look(|world| world.command_bodies());
    let in_table = commands().filter_map(|entry| match entry {
        Entry::Command(line, _) => Some(line.to_owned()),
        _ => None,
    });
    let in_table: BTreeSet<String> = in_table.collect();
    assert_eq!(lines_of(&registered), in_table);
}

async fn everybody_uses_everything(guests: Guests) {
    let scene = Scene::set(guests).await;
    let stage = &scene.stage;
    stage.until_commands().await;
    scene.appoint_all().await;
    let controls = controls_in(&scene, scene.thread).await;
    for player in players() {
        let (actor, name) = (scene.actor(&player), &player.name);
        for (spot, place) in [
            (Spot::Thread, scene.thread),
            (Spot::Channel, stage.channel()),
        ] {
            let wanted = |entry| outcome(entry, player.tier(spot), guests).of(player.owns());
            for entry in commands() {
                let Entry::Command(line, options) = entry else {
                    continue;
                };
                let mut options: Vec<(&str, &str)> = options.to_vec();
                // A thread cannot be bound; a channel would be, and another place for all who come after him.
                let binds = options.contains(&("here", "true"));
                if binds && (spot == Spot::Thread || wanted(entry) == Outcome::Done) {
                    continue;
                }
                let threads = stage.sim.threads(place).len();
                let is_plain_start = line == "session start" && options.len() == 1;
                if is_plain_start {
                    // In the channel it begins a conversation, so each has its own name.
                    options = vec![("name", name)];
                }
                let uses = async || actor.slash(line, options.iter().copied()).in_(place).await;
                let found = found(name, &stage.used(uses).await).await;
                assert_eq!(found, wanted(entry), "{name} uses /{line} at {spot:?}");
                let begins = is_plain_start && spot == Spot::Channel && found == Outcome::Done;
                let wanted = threads + usize::from(begins);
                stage
                    .sim
                    .wait_for(|world| world.threads(place).len() >= wanted)
                    .await;
                assert_eq!(
                    stage.sim.threads(place).len(),
                    wanted,
                    "{name} uses /{line} at {spot:?}"
                );
            }
            let none: [(&str, &str); 0] = [];
            let types = async || {
                let typing = actor.completes(place, "session start", none, ("project", "pl"));
                typing.await
            };
            let offered = stage.used(types).await.data().unwrap_or_default();
            let found = match offered.as_array().map_or(0, Vec::len) {
                0 => Outcome::Withheld,
                _ => Outcome::Offered,
            };
            assert_eq!(
                found,
                wanted(Entry::Typing),
                "{name} types at {spot:?}: {offered}"
            );
        }
        let wanted = |entry| outcome(entry, player.tier(Spot::Thread), guests);
        let presses = async || actor.clicks(controls, "v0:press").await;
        assert_eq!(
            found(name, &stage.used(presses).await).await,
            wanted(Entry::Button),
            "{name} presses"
        );
        let chooses = async || actor.selects(controls, "v0:choose", ["a"]).await;
        assert_eq!(
            found(name, &stage.used(chooses).await).await,
            wanted(Entry::List),
            "{name} chooses"
        );
    }
}

#[tokio::test]
async fn each_command_button_and_list_is_decided_as_the_table_says() {
    everybody_uses_everything(Guests::None).await;
}

#[tokio::test]
async fn each_command_button_and_list_is_decided_as_the_table_says_where_guests_may_ask() {
    everybody_uses_everything(Guests::Ask).await;
}

async fn everybody_sends_a_form(guests: Guests) {
    let mut scene = Scene::set(guests).await;
    scene.appoint_all().await;
    let controls = controls_in(&scene, scene.thread).await;
    // Baton shows no form, so another program does while it is away.
    scene.stage.kill().await;
    let mut shown = Vec::new();
    for player in players() {
        let pressed = scene.actor(&player).clicks(controls, "v0:press").await;
        let id = pressed.id();
        let form = json!({"type": 9, "data": {
            "custom_id": "v0:form", "title": "a form", "components": [
                {"type": 1, "components": [
                    {"type": 4, "custom_id": "text", "style": 1, "label": "say"}]}]}});
        let path = format!("/interactions/{id}/sim-interaction-token-{id}/callback");
        as_bot(&scene, &path, &form).await;
        shown.push((player, pressed));
    }
    scene.stage.start().await;
    for (player, form) in shown {
        let sent = form.submits([("text", "forbidden word")]);
        let wanted = outcome(Entry::Form, player.tier(Spot::Thread), scene.guests);
        assert_eq!(
            found(&player.name, &sent).await,
            wanted,
            "{} sends a form",
            player.name
        );
    }
}

#[tokio::test]
async fn each_form_is_decided_as_the_table_says() {
    everybody_sends_a_form(Guests::None).await;
}

#[tokio::test]
async fn each_form_is_decided_as_the_table_says_where_guests_may_ask() {
    everybody_sends_a_form(Guests::Ask).await;
}
