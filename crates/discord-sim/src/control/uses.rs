//! People use commands in menus, options that complete, and modals.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::ids::{InteractionId, MessageId};
use crate::shared::{Core, Shared};

use super::named;
use super::reply::{Answer, Refusal, ok};

/// One use.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Use {
    /// Types into an option that the bot completes.
    Autocomplete {
        user: String,
        channel: String,
        command: String,
        #[serde(default)]
        options: Map<String, Value>,
        focused: String,
        typed: String,
    },
    /// Fills in the modal that an interaction was answered with.
    Submit {
        interaction: InteractionId,
        #[serde(default)]
        fields: Map<String, Value>,
    },
    /// A command from a user's menu.
    OnUser {
        user: String,
        channel: String,
        command: String,
        target: String,
    },
    /// A command from a message's menu.
    OnMessage {
        user: String,
        channel: String,
        command: String,
        message: MessageId,
    },
}

pub(super) async fn uses(State(shared): State<Arc<Shared>>, Json(body): Json<Use>) -> Answer {
    let id = shared.act(|core| carry_out(core, body))?;
    ok(&json!({"interaction": id}))
}

fn carry_out(core: &mut Core, body: Use) -> Result<InteractionId, Refusal> {
    Ok(match body {
        Use::Autocomplete {
            user,
            channel,
            command,
            options,
            focused,
            typed,
        } => {
            let channel = named::channel(&core.world, &channel)?;
            let user = named::user(core, &user);
            let options: Vec<(String, Value)> = options.into_iter().collect();
            let at = (focused.as_str(), typed.as_str());
            core.world
                .autocomplete(user, channel, &command, &options, at)?
        }
        Use::Submit {
            interaction,
            fields,
        } => {
            let fields: Vec<(String, Value)> = fields.into_iter().collect();
            core.world.submit(interaction, &fields)?
        }
        Use::OnUser {
            user,
            channel,
            command,
            target,
        } => {
            let channel = named::channel(&core.world, &channel)?;
            let (user, target) = (named::user(core, &user), named::user(core, &target));
            core.world.use_on_user(user, channel, &command, target)?
        }
        Use::OnMessage {
            user,
            channel,
            command,
            message,
        } => {
            let channel = named::channel(&core.world, &channel)?;
            let user = named::user(core, &user);
            core.world
                .use_on_message(user, channel, &command, message)?
        }
    })
}
