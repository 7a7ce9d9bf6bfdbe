//! Reading the world.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ids::InteractionId;
use crate::language::{GatewayStatus, MessageView, WorldView};
use crate::shared::Shared;

use super::named;
use super::reply::{Answer, Refusal, ok};

#[derive(Debug, Deserialize)]
pub(super) struct InChannel {
    channel: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Since {
    /// The first entry that is wanted.
    #[serde(default)]
    since: usize,
}

pub(super) async fn world(State(shared): State<Arc<Shared>>) -> Answer {
    let world = shared.look(|core| {
        let world = &core.world;
        let channels = world.channels.values().map(|channel| {
            json!({
                "id": channel.id,
                "name": channel.name,
                "kind": channel.kind,
                "parent": channel.parent,
                "archived": channel.thread.as_ref().map(|thread| thread.archived),
            })
        });
        let users = world
            .users
            .values()
            .map(|user| json!({"id": user.id, "name": user.name}));
        json!({
            "guild": world.home,
            "bot": world.bot,
            "connected": core.hub.connected(),
            "now_ms": world.now_ms(),
            "channels": channels.collect::<Vec<_>>(),
            "users": users.collect::<Vec<_>>(),
        })
    });
    ok(&world)
}

pub(super) async fn messages(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<InChannel>,
) -> Answer {
    let messages: Result<Vec<MessageView>, Refusal> = shared.look(|core| {
        let channel = named::channel(&core.world, &query.channel)?;
        Ok(WorldView::new(core).all_messages(channel))
    });
    ok(&messages?)
}

pub(super) async fn transcript(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<InChannel>,
) -> Answer {
    let text = shared.look(|core| {
        let channel = named::channel(&core.world, &query.channel)?;
        Ok::<_, Refusal>(crate::language::transcript(&core.world, channel))
    });
    Ok(text?.into_response())
}

pub(super) async fn journal(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<Since>,
) -> Answer {
    ok(&shared.look(|core| core.journal.since(query.since).to_vec()))
}

pub(super) async fn violations(State(shared): State<Arc<Shared>>) -> Answer {
    ok(&shared.look(|core| core.journal.violations()))
}

pub(super) async fn take_violations(State(shared): State<Arc<Shared>>) -> Answer {
    ok(&shared.act(|core| core.journal.take_violations()))
}

pub(super) async fn gateway(State(shared): State<Arc<Shared>>) -> Answer {
    ok(&shared.look(GatewayStatus::of))
}

pub(super) async fn counts(State(shared): State<Arc<Shared>>) -> Answer {
    ok(&shared.look(|core| core.journal.counts()))
}

pub(super) async fn limits(State(shared): State<Arc<Shared>>) -> Answer {
    let now = shared.clock.now_ms();
    let invalid = shared.look(|core| core.throttle.invalid_requests(now));
    ok(&json!({"invalid_requests": invalid}))
}

pub(super) async fn commands(State(shared): State<Arc<Shared>>) -> Answer {
    let commands: Vec<Value> = shared.look(|core| {
        let commands = core.world.commands.values();
        commands
            .map(|command| crate::wire::command(&core.world, command))
            .collect()
    });
    ok(&commands)
}

pub(super) async fn interaction(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<InteractionId>,
) -> Answer {
    let found = shared.look(|core| {
        let found = core.world.interactions.get(&id)?;
        let view = |message| {
            let message = core.world.any_message(found.channel, message)?;
            Some(MessageView::of(&core.world, message))
        };
        Some(json!({
            "acknowledged": found.ack.is_some(),
            "choices": core.world.choices(found),
            "answer": found.original.and_then(view),
            "follow_ups": found.follow_ups.iter().map(|id| view(*id)).collect::<Vec<_>>(),
        }))
    });
    let missing = || Refusal::Unknown {
        kind: "interaction",
        name: id.to_string(),
    };
    ok(&found.ok_or_else(missing)?)
}
