//! A simulator with commands, and interactions as a bot hears and answers them.

use discord_sim::{ChannelId, Clock, InteractionRef, NO_OPTIONS, Sim, SimConfig};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS, call};

/// A simulator whose clock stands until the test moves it.
pub(crate) async fn sim() -> Sim {
    Sim::start(SimConfig {
        clock: Clock::manual(1_800_000_000_000),
        ..SimConfig::default()
    })
    .await
}

/// A simulator with one command of every sort, and a gateway session.
pub(crate) async fn scene() -> (Sim, Gateway) {
    let sim = sim().await;
    let commands = json!([
        {"name": "all", "description": "All sorts of options", "options": [
            {"type": 3, "name": "text", "description": "x", "min_length": 2, "max_length": 4},
            {"type": 4, "name": "count", "description": "x", "min_value": 1, "max_value": 9},
            {"type": 5, "name": "flag", "description": "x"},
            {"type": 6, "name": "who", "description": "x"},
            {"type": 7, "name": "where", "description": "x", "channel_types": [0]},
            {"type": 8, "name": "role", "description": "x"},
            {"type": 9, "name": "anyone", "description": "x"},
            {"type": 10, "name": "much", "description": "x"},
            {"type": 11, "name": "file", "description": "x"},
            {"type": 3, "name": "color", "description": "x", "choices": [{"name": "Red", "value": "r"}]},
        ]},
        {"name": "find", "description": "Completes", "options": [
            {"type": 3, "name": "kind", "description": "x"},
            {"type": 3, "name": "name", "description": "x", "autocomplete": true},
        ]},
        {"name": "admin", "description": "For few", "default_member_permissions": "8", "contexts": [0]},
        {"type": 2, "name": "Who is it"},
        {"type": 3, "name": "Report it"},
    ]);
    let path = format!("/applications/{}/commands", sim.bot_id());
    let (status, answer) = call(&sim, Method::PUT, &path, &commands).await;
    assert_eq!(status, 200, "{answer}");
    let (gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    (sim, gateway)
}

/// The member uses a command without options in `#general`.
pub(crate) async fn use_it(sim: &Sim, command: &str) -> (ChannelId, InteractionRef) {
    let general = sim.channel("general");
    let member = sim.user("member");
    let used = member.slash(command, NO_OPTIONS).in_(general).await;
    (general, used)
}

/// An interaction as the bot hears it.
pub(crate) struct Heard {
    pub(crate) event: Value,
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Heard {
    pub(crate) async fn next(gateway: &mut Gateway) -> Self {
        let event = gateway.event("INTERACTION_CREATE").await["d"].clone();
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        let (id, token) = (text("id"), text("token"));
        Self { event, id, token }
    }

    /// Gives the first answer; 0 when it was taken, or the error code.
    pub(crate) async fn answer(&self, sim: &Sim, answer: Value) -> u64 {
        let path = format!("/interactions/{}/{}/callback", self.id, self.token);
        let (_, refused) = call(sim, Method::POST, &path, &answer).await;
        refused["code"].as_u64().unwrap_or(0)
    }

    pub(crate) fn webhook(&self, sim: &Sim) -> String {
        format!("/webhooks/{}/{}", sim.bot_id(), self.token)
    }
}
