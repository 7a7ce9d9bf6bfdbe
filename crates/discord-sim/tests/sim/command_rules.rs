//! Who may use which command, by what people have set in the guild's settings.

use discord_sim::{ChannelId, NO_OPTIONS, Sim};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{call, refused};
use crate::scene::scene;

fn may(sim: &Sim, who: &str, command: &str, channel: ChannelId) -> bool {
    let used = sim.user(who).slash(command, NO_OPTIONS).in_(channel);
    used.send().is_ok()
}

#[tokio::test]
async fn the_channel_decides_then_the_member_then_his_roles_then_everybody() {
    let (sim, _gateway) = scene().await;
    let (general, project) = (sim.channel("general"), sim.channel("project"));
    let everyone = Sim::everyone_in(sim.guild_id());
    let crew = sim.role("crew");
    let crewman = sim.user("crewman").with_role("crew");
    assert!(may(&sim, "guest", "find", general));

    sim.forbid_command("find", everyone);
    assert!(!may(&sim, "guest", "find", general));
    sim.allow_command("find", crew);
    assert!(may(&sim, "crewman", "find", general));
    // Of two roles of which one may, he may.
    let hands = sim.role("hands");
    crewman.gets_role(hands);
    sim.forbid_command("find", hands);
    assert!(may(&sim, "crewman", "find", general));
    sim.forbid_command("find", crewman.id());
    assert!(!may(&sim, "crewman", "find", general));
    sim.forget_command_rule("find", crewman.id());

    sim.forbid_command("find", Sim::all_channels_of(sim.guild_id()));
    sim.allow_command("find", project);
    let thread = sim.create_thread_in(project, "side talk");
    for (place, allowed) in [(general, false), (project, true), (thread, true)] {
        assert_eq!(may(&sim, "crewman", "find", place), allowed, "{place}");
    }
    // Administrators use what they like, and other commands have rules of their own.
    assert!(may(&sim, "owner", "find", general));
    assert!(may(&sim, "guest", "all", general));
}

#[tokio::test]
async fn what_a_command_asks_for_holds_where_nobody_has_set_anything() {
    let (sim, _gateway) = scene().await;
    let general = sim.channel("general");
    assert!(!may(&sim, "guest", "admin", general));
    sim.allow_command("admin", sim.user("guest").id());
    assert!(may(&sim, "guest", "admin", general));
    assert!(!may(&sim, "member", "admin", general));
}

#[tokio::test]
async fn what_is_set_for_all_commands_holds_for_those_with_no_rules_of_their_own() {
    let (sim, _gateway) = scene().await;
    let general = sim.channel("general");
    sim.forbid_commands(sim.user("guest").id());
    sim.forbid_command("find", sim.user("member").id());
    let may = |who: &str, command: &str| may(&sim, who, command, general);
    assert!(!may("guest", "all"));
    assert!(may("guest", "find"));
    assert!(!may("member", "find"));
    assert!(may("member", "all"));
}

#[tokio::test]
async fn the_bot_is_told_of_it_and_can_read_it() {
    let (sim, mut gateway) = scene().await;
    let (bot, guild) = (sim.bot_id(), sim.guild_id());
    let base = format!("/applications/{bot}/guilds/{guild}/commands");
    let (_, none) = call(
        &sim,
        Method::GET,
        &format!("{base}/permissions"),
        &Value::Null,
    )
    .await;
    assert_eq!(none, json!([]));
    let everywhere = format!("/applications/{bot}/commands");
    let (_, commands) = call(&sim, Method::GET, &everywhere, &Value::Null).await;
    let id = commands[1]["id"].as_str().unwrap();
    let of_one = format!("{base}/{id}/permissions");
    assert_eq!(
        refused(&sim, "GET", &of_one, Value::Null).await,
        (404, 10_066)
    );
    let unknown = format!("{base}/1/permissions");
    assert_eq!(
        refused(&sim, "GET", &unknown, Value::Null).await,
        (404, 10_063)
    );

    let (role, general) = (sim.role("crew"), sim.channel("general"));
    sim.allow_command("find", role);
    sim.forbid_command("find", sim.user("guest").id());
    sim.forbid_command("find", general);
    sim.forbid_commands(general);
    let line = |id: String, kind: u8, allowed: bool| json!({"id": id, "type": kind, "permission": allowed});
    let of_find = json!({
        "id": id,
        "application_id": bot,
        "guild_id": guild,
        "permissions": [
            line(role.to_string(), 1, true),
            line(sim.user("guest").id().to_string(), 2, false),
            line(general.to_string(), 3, false),
        ],
    });
    let of_all = json!({
        "id": bot,
        "application_id": bot,
        "guild_id": guild,
        "permissions": [line(general.to_string(), 3, false)],
    });
    let (_, one) = call(&sim, Method::GET, &of_one, &Value::Null).await;
    assert_eq!(one, of_find);
    let (_, all) = call(
        &sim,
        Method::GET,
        &format!("{base}/permissions"),
        &Value::Null,
    )
    .await;
    let all = all.as_array().unwrap();
    assert!(
        all.len() == 2 && all.contains(&of_find) && all.contains(&of_all),
        "{all:?}"
    );
    let mut told = Value::Null;
    for _ in 0..3 {
        let event = gateway
            .event("APPLICATION_COMMAND_PERMISSIONS_UPDATE")
            .await;
        told = event["d"].clone();
    }
    assert_eq!(told, of_find);
    sim.assert_clean();
}
