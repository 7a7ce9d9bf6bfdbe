//! `/session busy`: what a message does that comes while the agent works.

use super::{
    super::{CommandError, Context, answer::say, introduced, offers},
    meant, none,
};
use crate::{access::Action, words::Busy};

/// What it may do, as it is offered.
#[derive(Clone, Copy, Debug, poise::ChoiceParameter)]
enum Does {
    #[name = "queue"]
    Queue,
    #[name = "steer"]
    Steer,
    #[name = "interrupt"]
    Interrupt,
    #[name = "project"]
    AsTheProject,
}

/// Choose what a message does that is written while the agent works
#[poise::command(slash_command, guild_only)]
pub(super) async fn busy(
    context: Context<'_>,
    #[description = "`queue`: wait; `steer`: join the turn; `interrupt`: end the turn; `project`: as set there"]
    does: Does,
    #[description = "Which conversation of this channel; without it, the one here"]
    #[autocomplete = "offers::sessions"]
    #[max_length = 100]
    name: Option<String>,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let name = name.as_deref();
    let Some(permit) = meant(context, &caller, name, Action::TuneSession).await? else {
        return say(context, none(name)).await;
    };
    let busy = match does {
        Does::Queue => Some(Busy::Queue),
        Does::Steer => Some(Busy::Steer),
        Does::Interrupt => Some(Busy::Interrupt),
        Does::AsTheProject => None,
    };
    let text = match context.data().house.set_busy(&permit, busy).await? {
        None => none(name),
        Some(Busy::Queue) => {
            "Done: a message there that comes while the agent works waits for its turn."
        }
        Some(Busy::Steer) => {
            "Done: a message there that comes while the agent works joins the turn, if its author may as much \
             as those for whom the agent works."
        }
        Some(Busy::Interrupt) => {
            "Done: a message there that comes while the agent works ends the turn and begins the next, if its \
             author may as much as those for whom the agent works."
        }
    };
    say(context, text).await
}
