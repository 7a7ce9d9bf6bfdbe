//! `/session mode`: has the agent plan, or work.

use super::{
    super::{CommandError, Context, offers},
    tune,
};
use crate::{session::TuningWish, words::AgentMode};

/// The modes, as they are offered.
#[derive(Clone, Copy, Debug, poise::ChoiceParameter)]
enum Mode {
    #[name = "default"]
    Default,
    #[name = "plan"]
    Plan,
}

/// Have the agent only look and plan, or work again, from its next turn on
#[poise::command(slash_command, guild_only)]
pub(super) async fn mode(
    context: Context<'_>,
    #[description = "`plan`: it only looks; `default`: it does what is permitted"] mode: Mode,
    #[description = "Which conversation of this channel; without it, the one here"]
    #[autocomplete = "offers::sessions"]
    #[max_length = 100]
    name: Option<String>,
) -> Result<(), CommandError> {
    let mode = match mode {
        Mode::Default => AgentMode::Default,
        Mode::Plan => AgentMode::Plan,
    };
    tune(context, name.as_deref(), TuningWish::Mode(mode)).await
}
