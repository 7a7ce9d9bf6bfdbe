//! `/session start`: begins a conversation.

use super::super::{CommandError, Context, answer::say, introduced, offers, program::Program};
use crate::{
    discord::render,
    session::{StartIn, StartOrder, Started},
    words::{MessageId, RuntimeKind},
};

/// Begin a conversation: in a thread of its own, in this thread, or in the whole channel
#[poise::command(slash_command, guild_only)]
pub(super) async fn start(
    context: Context<'_>,
    #[description = "What it is called"]
    #[min_length = 1]
    #[max_length = 80]
    name: String,
    #[description = "The agent program; without it, the project's"] runtime: Option<Program>,
    #[description = "The project; without it, the one of this channel"]
    #[autocomplete = "offers::projects"]
    project: Option<String>,
    #[description = "The model; without it, the project's or the agent program's own"]
    #[autocomplete = "offers::models_to_start_with"]
    #[max_length = 100]
    model: Option<String>,
    #[description = "Give it this whole channel in place of a thread"] here: Option<bool>,
) -> Result<(), CommandError> {
    let caller = introduced(context).await?;
    let order = StartOrder {
        command: MessageId::new(context.interaction.id.get()),
        name: render::thread_name(&name),
        runtime: runtime.map(RuntimeKind::from),
        project: project.map(|project| project.trim().to_owned()),
        model: model.map(|model| model.trim().to_owned()),
        start_in: if here == Some(true) {
            StartIn::ThisChannel
        } else {
            StartIn::NewThread
        },
    };
    let house = &context.data().house;
    let demanded = house.demanded(caller.place, order.project.as_deref(), order.start_in);
    let permit = caller.permit(context, demanded).await?;
    let text = match house.start_session(&permit, order).await? {
        Ok(started) => sentence(started).to_owned(),
        Err(why) => why.to_string(),
    };
    say(context, &text).await
}

const fn sentence(started: Started) -> &'static str {
    match started {
        Started::Opening => {
            "It begins: its thread opens in this channel. Write there what you want done."
        }
        Started::InThread => {
            "It begins here. Write what you want done; every message in this thread is for the agent."
        }
        Started::InChannel => {
            "This channel is its place now. Mention me or reply to me, and say what you want done."
        }
    }
}
