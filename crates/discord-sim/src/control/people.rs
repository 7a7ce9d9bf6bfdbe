//! Making users, roles, channels and threads.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use crate::ids::MessageId;
use crate::permission::Permission;
use crate::shared::Shared;
use crate::world::{ChannelDraft, ChannelKind, ThreadDraft, UserKind};

use super::named;
use super::reply::{Answer, Refusal, ok};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    name: String,
    #[serde(default)]
    bot: bool,
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRole {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChannel {
    name: String,
    kind: Option<ChannelKind>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewThread {
    user: String,
    channel: String,
    name: String,
    message: Option<MessageId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Denial {
    channel: String,
    permissions: BTreeSet<Permission>,
}

pub(super) async fn user(State(shared): State<Arc<Shared>>, Json(body): Json<NewUser>) -> Answer {
    let kind = if body.bot {
        UserKind::Bot
    } else {
        UserKind::Person
    };
    let id = shared.act(|core| {
        let user = core.world.user_or_new(&body.name, kind);
        for role in &body.roles {
            let role = core.world.role_or_new(core.world.home, role);
            core.world.give_role(core.world.home, user, role);
        }
        user
    });
    ok(&json!({"id": id}))
}

pub(super) async fn role(State(shared): State<Arc<Shared>>, Json(body): Json<NewRole>) -> Answer {
    ok(&json!({"id": shared.act(|core| core.world.role_or_new(core.world.home, &body.name))}))
}

pub(super) async fn channel(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<NewChannel>,
) -> Answer {
    let kind = body.kind.unwrap_or(ChannelKind::Text);
    let id = shared.act(|core| {
        core.world
            .add_channel(core.world.home, ChannelDraft::new(&body.name, kind))
    });
    ok(&json!({"id": id}))
}

pub(super) async fn thread(
    State(shared): State<Arc<Shared>>,
    Json(body): Json<NewThread>,
) -> Answer {
    let id = shared.act(|core| {
        let channel = named::channel(&core.world, &body.channel)?;
        let user = named::user(core, &body.user);
        let draft = ThreadDraft::public(&body.name);
        let made = match body.message {
            Some(message) => core.world.thread_from(user, channel, message, &draft),
            None => core.world.thread_without(user, channel, &draft),
        };
        Ok::<_, Refusal>(made?)
    });
    ok(&json!({"id": id?}))
}

pub(super) async fn deny(State(shared): State<Arc<Shared>>, Json(body): Json<Denial>) -> Answer {
    shared.act(|core| {
        let channel = named::channel(&core.world, &body.channel)?;
        Ok::<_, Refusal>(
            core.world
                .deny_bot(channel, body.permissions.into_iter().collect())?,
        )
    })?;
    ok(&json!({}))
}
