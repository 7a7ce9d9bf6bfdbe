//! What people do.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::ids::{ChannelId, MessageId, UserId};
use crate::language::{MessageRef, Say, mention_bot};
use crate::shared::{Core, Shared};
use crate::world::Patch;

use super::named::{self, MessageAt};
use super::reply::{Answer, Refusal, ok};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    user: String,
    channel: String,
    content: String,
    reply_to: Option<MessageId>,
    /// Text files by name.
    #[serde(default)]
    files: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Used {
    user: String,
    channel: String,
    command: String,
    #[serde(default)]
    options: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typing {
    user: String,
    channel: String,
}

pub(super) async fn say(State(shared): State<Arc<Shared>>, Json(body): Json<Said>) -> Answer {
    let (user, channel) = place(&shared, &body.user, &body.channel)?;
    let mut say = Say::new(Arc::clone(&shared), user, body.content).in_(channel);
    if let Some(id) = body.reply_to {
        say = say.replying_to(MessageRef { channel, id });
    }
    for (name, text) in &body.files {
        say = say.with_file(name, text.as_str().unwrap_or_default());
    }
    ok(&say.send()?)
}

pub(super) async fn slash(State(shared): State<Arc<Shared>>, Json(body): Json<Used>) -> Answer {
    let (user, channel) = place(&shared, &body.user, &body.channel)?;
    let options: Vec<(String, Value)> = body.options.into_iter().collect();
    let id = shared.act(|core| core.world.slash(user, channel, &body.command, &options))?;
    ok(&json!({"interaction": id}))
}

pub(super) async fn click(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<MessageAt>,
) -> Answer {
    let clicked = on(&shared, &body, |core, user, channel| {
        let at = (channel, body.message);
        Ok(core
            .world
            .use_component(user, at, &body.with, &body.values)?)
    });
    ok(&json!({"interaction": clicked?}))
}

pub(super) async fn edit(State(shared): State<Arc<Shared>>, Json(body): Json<MessageAt>) -> Answer {
    on(&shared, &body, |core, _, channel| {
        let content = Some(mention_bot(core, &body.with));
        Ok(core.world.edit(
            channel,
            body.message,
            Patch {
                content,
                ..Patch::default()
            },
        )?)
    })?;
    ok(&json!({}))
}

pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<MessageAt>,
) -> Answer {
    on(&shared, &body, |core, _, channel| {
        Ok(core.world.delete(channel, body.message)?)
    })?;
    ok(&json!({}))
}

pub(super) async fn react(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<MessageAt>,
) -> Answer {
    on(&shared, &body, |core, user, channel| {
        Ok(core.world.react(user, channel, body.message, &body.with)?)
    })?;
    ok(&json!({}))
}

pub(super) async fn typing(State(shared): State<Arc<Shared>>, Json(body): Json<Typing>) -> Answer {
    let (user, channel) = place(&shared, &body.user, &body.channel)?;
    shared.act(|core| core.world.typing(user, channel));
    ok(&json!({}))
}

/// Who acts, and where.
fn place(shared: &Shared, user: &str, channel: &str) -> Result<(UserId, ChannelId), Refusal> {
    shared.act(|core| {
        let channel = named::channel(&core.world, channel)?;
        Ok((named::user(core, user), channel))
    })
}

fn on<T>(
    shared: &Shared,
    body: &MessageAt,
    act: impl FnOnce(&mut Core, UserId, ChannelId) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    shared.act(|core| {
        let channel = named::channel(&core.world, &body.channel)?;
        let user = named::user(core, &body.user);
        act(core, user, channel)
    })
}
