//! What still counts of an interaction that comes too late to be answered: that somebody wants something to
//! end, or not to happen.
//!
//! Discord has told him that nothing answers. Of everything else he knows then that it was not done, and does it
//! again if he still wants it. But an agent that goes on although somebody has pressed "Deny" or cancelled it does
//! harm meanwhile, and to stop it twice does none.

use serenity::all::{Context, Interaction};

use super::{
    commands::{self, Desk},
    controls,
};

/// Carries it out, if it is of that kind; nobody is told.
pub(super) async fn serve(desk: &Desk, context: &Context, interaction: &Interaction) {
    let id = interaction.id();
    let done = match interaction {
        Interaction::Command(used) => {
            let done = commands::late(desk, &context.cache, used).await;
            done.map_err(|error| error.to_string())
        }
        Interaction::Component(_) | Interaction::Modal(_) => {
            let done = controls::late(desk, context, interaction).await;
            done.map_err(|error| error.to_string())
        }
        Interaction::Ping(_) | Interaction::Autocomplete(_) | _ => return,
    };
    match done {
        Ok(Done::Nothing) => {}
        Ok(Done::Stopped) => {
            tracing::info!(interaction = %id, "it was carried out all the same");
        }
        Err(error) => tracing::warn!(%error, interaction = %id, "nor could it be carried out"),
    }
}

/// What was done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It wants nothing to end.
    Nothing,
    /// What it wants to end has been told to.
    Stopped,
}
