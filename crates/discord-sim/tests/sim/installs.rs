//! People who have the bot's application for themselves, where the bot is not.

use discord_sim::{ChannelKind, NO_OPTIONS, Permission, Sim, SlashError, ViolationKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call};
use crate::scene::{Heard, sim};

/// A simulator with a command for users and one for guilds, a guild without the bot, and its channel.
async fn abroad() -> (Sim, Gateway, discord_sim::ChannelId) {
    let sim = sim().await;
    let path = format!("/applications/{}/commands", sim.bot_id());
    let commands = json!([
        {"name": "mine", "description": "d", "integration_types": [0, 1], "contexts": [0, 1]},
        {"name": "ours", "description": "d"},
    ]);
    let (status, answer) = call(&sim, Method::PUT, &path, &commands).await;
    assert_eq!(status, 200, "{answer}");
    let (gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let guild = sim.create_guild("abroad");
    let far = sim.create_channel_of(guild, "far", ChannelKind::Text);
    sim.remove_bot(guild);
    // Comes into the guild.
    sim.user("ann").says("hello").in_(far).await;
    (sim, gateway, far)
}

async fn follow_up(sim: &Sim, heard: &Heard) -> (u16, u64) {
    let body = json!({"content": "more"});
    let (status, answer) = call(sim, Method::POST, &heard.webhook(sim), &body).await;
    (status, answer["code"].as_u64().unwrap_or(0))
}

#[tokio::test]
async fn where_the_bot_is_not_its_commands_are_offered_to_who_has_installed_it() {
    let (sim, mut gateway, far) = abroad().await;
    let ann = sim.user("ann");
    let offered = |command: &str, place| ann.slash(command, NO_OPTIONS).in_(place).send();
    assert!(matches!(
        offered("mine", far),
        Err(SlashError::NotRegistered { .. })
    ));
    ann.installs_the_bot();
    let _used = offered("mine", far).unwrap();
    assert!(matches!(
        offered("ours", far),
        Err(SlashError::NotRegistered { .. })
    ));
    let heard = Heard::next(&mut gateway).await.event;
    assert_eq!(
        heard["authorizing_integration_owners"],
        json!({"1": ann.id()})
    );
    // At home it is there for both.
    let _used = offered("mine", sim.channel("general")).unwrap();
    let heard = Heard::next(&mut gateway).await.event;
    let both = json!({"0": sim.guild_id(), "1": ann.id()});
    assert_eq!(heard["authorizing_integration_owners"], both);
}

#[tokio::test]
async fn there_an_interaction_has_five_follow_ups_and_where_the_bot_is_more() {
    let (sim, mut gateway, far) = abroad().await;
    let ann = sim.user("ann");
    ann.installs_the_bot();
    for (place, sixth) in [(sim.channel("general"), (200, 0)), (far, (400, 40_094))] {
        let used = ann.slash("mine", NO_OPTIONS).in_(place).await;
        let heard = Heard::next(&mut gateway).await;
        let taken = heard.answer(&sim, json!({"type": 5})).await;
        assert_eq!(taken, 0);
        // The first one fills the deferred answer.
        for _ in 0..6 {
            assert_eq!(follow_up(&sim, &heard).await, (200, 0));
        }
        assert_eq!(follow_up(&sim, &heard).await, sixth);
        let count = if sixth.0 == 200 { 6 } else { 5 };
        assert_eq!(used.follow_ups().len(), count);
    }
    let broken: Vec<ViolationKind> = sim.violations().iter().map(|one| one.kind).collect();
    assert_eq!(broken, [ViolationKind::OverLimit]);
}

#[tokio::test]
async fn what_it_answers_there_is_for_its_person_alone_unless_he_may_show_it() {
    let (sim, mut gateway, far) = abroad().await;
    let ann = sim.user("ann");
    ann.installs_the_bot();
    let mut seen = Vec::new();
    for permissions in [vec![], vec![Permission::UseExternalApps]] {
        let nothing: [Permission; 0] = [];
        let permissions: discord_sim::Permissions = permissions.into_iter().collect();
        sim.overwrite(far, ann.id(), permissions, nothing);
        let used = ann.slash("mine", NO_OPTIONS).in_(far).await;
        let heard = Heard::next(&mut gateway).await;
        let said = json!({"type": 4, "data": {"content": "hello"}});
        assert_eq!(heard.answer(&sim, said).await, 0);
        seen.push(used.answer().await.only_for);
    }
    assert_eq!(seen, [Some("ann".to_owned()), None]);
    let (_, shown) = call(&sim, Method::GET, "/users/@me/guilds", &Value::Null).await;
    assert_eq!(
        shown.as_array().unwrap().len(),
        1,
        "the bot is still not there"
    );
}
