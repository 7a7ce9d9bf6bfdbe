//! `/session model`: has another model work in a conversation.

use super::{
    super::{CommandError, Context, offers},
    tune,
};
use crate::session::TuningWish;

/// Have another model work in a conversation, from its next turn on
#[poise::command(slash_command, guild_only)]
pub(super) async fn model(
    context: Context<'_>,
    #[description = "The model; without it, the project's"]
    #[autocomplete = "offers::models_of_session"]
    #[max_length = 100]
    model: Option<String>,
    #[description = "Which conversation of this channel; without it, the one here"]
    #[autocomplete = "offers::sessions"]
    #[max_length = 100]
    name: Option<String>,
) -> Result<(), CommandError> {
    let model = model.map(|model| model.trim().to_owned());
    let model = model.filter(|model| !model.is_empty());
    tune(context, name.as_deref(), TuningWish::Model(model)).await
}
