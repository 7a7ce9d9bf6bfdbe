//! What changes in channels and threads, beside what people say in them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body;
use crate::error::ApiError;
use crate::ids::MessageId;
use crate::language::mention_bot;
use crate::shared::{Core, Shared};
use crate::world::{Draft, ThreadDraft, UserKind, Visibility};

use super::named;
use super::reply::{Answer, Refusal, ok};

/// One change. Channels and users go by name or id.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Change {
    /// As "Modify Channel" takes it: renames, archives, locks …
    EditChannel {
        channel: String,
        patch: Value,
    },
    DeleteChannel {
        channel: String,
    },
    PrivateThread {
        user: String,
        channel: String,
        name: String,
    },
    ForumPost {
        user: String,
        channel: String,
        name: String,
        content: String,
    },
    JoinThread {
        channel: String,
        user: String,
    },
    LeaveThread {
        channel: String,
        user: String,
    },
    Pin {
        user: String,
        channel: String,
        message: MessageId,
    },
}

pub(super) async fn change(State(shared): State<Arc<Shared>>, Json(body): Json<Change>) -> Answer {
    let made = shared.act(|core| carry_out(core, body))?;
    ok(&made)
}

fn carry_out(core: &mut Core, change: Change) -> Result<Value, Refusal> {
    match change {
        Change::EditChannel { channel, patch } => {
            let channel = named::channel(&core.world, &channel)?;
            let read = body::read(&patch)?;
            if let Some(key) = read.unknown.first() {
                return Err(ApiError::field(key, "UNKNOWN_KEY", "no such key").into());
            }
            let owner = core.world.user_or_new("owner", UserKind::Person);
            core.world.patch_channel(channel, &read.body, owner)?;
        }
        Change::DeleteChannel { channel } => {
            let channel = named::channel(&core.world, &channel)?;
            core.world.delete_channel(channel)?;
        }
        Change::PrivateThread {
            user,
            channel,
            name,
        } => {
            let channel = named::channel(&core.world, &channel)?;
            let user = named::user(core, &user);
            let draft = ThreadDraft {
                visibility: Visibility::Private,
                ..ThreadDraft::public(&name)
            };
            let id = core.world.thread_without(user, channel, &draft)?;
            return Ok(json!({"id": id}));
        }
        Change::ForumPost {
            user,
            channel,
            name,
            content,
        } => {
            let channel = named::channel(&core.world, &channel)?;
            let user = named::user(core, &user);
            let first = Draft {
                content: mention_bot(core, &content),
                ..Draft::default()
            };
            let draft = ThreadDraft::public(&name);
            let id = core.world.forum_post(user, channel, &draft, first)?;
            return Ok(json!({"id": id}));
        }
        Change::JoinThread { channel, user } => {
            let channel = named::channel(&core.world, &channel)?;
            let user = named::user(core, &user);
            core.world.join_thread(channel, user)?;
        }
        Change::LeaveThread { channel, user } => {
            let channel = named::channel(&core.world, &channel)?;
            let user = named::user(core, &user);
            core.world.leave_thread(channel, user)?;
        }
        Change::Pin {
            user,
            channel,
            message,
        } => {
            let channel = named::channel(&core.world, &channel)?;
            let user = named::user(core, &user);
            core.world.pin(user, channel, message)?;
        }
    }
    Ok(json!({}))
}
