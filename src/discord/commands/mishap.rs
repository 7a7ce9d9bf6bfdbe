//! What the caller of a command is told when it went wrong.

use std::sync::atomic::Ordering;

use poise::{CommandInteractionType, FrameworkError};
use serenity::all::{CreateInteractionResponse, CreateInteractionResponseMessage};

use super::{
    CommandError, Context, Desk,
    answer::{say, ticket},
};
use crate::{
    discord::{chat::nobody, replies::Ticket},
    observe::Reference,
};

/// Says what happened in a sentence. What nobody could have expected gets a reference, under which
/// the log has the cause.
pub(super) async fn explain(error: FrameworkError<'_, Desk, CommandError>) {
    if let FrameworkError::UnknownInteraction {
        interaction,
        framework,
        ..
    } = &error
    {
        if interaction.data.autocomplete().is_some() {
            // Nothing is offered for what is not known.
            return;
        }
        let ticket = Ticket {
            http: &framework.serenity_context.http,
            id: interaction.id,
            token: &interaction.token,
        };
        let text =
            "I do not know this command. Commands change with an update; try it again in a minute.";
        return first(ticket, framework.user_data, text).await;
    }
    if let FrameworkError::Command {
        error: error @ CommandError::Untold(_),
        ..
    } = &error
    {
        return untold(error);
    }
    let text = sentence(&error);
    let Some(poise::Context::Application(context)) = error.ctx() else {
        return;
    };
    // What is offered while somebody types is left out in silence.
    if context.interaction_type == CommandInteractionType::Command {
        tell(context, &text).await;
    }
}

async fn tell(context: Context<'_>, text: &str) {
    if !context.has_sent_initial_response.load(Ordering::SeqCst) {
        return first(ticket(context), context.data(), text).await;
    }
    if let Err(error) = say(context, text).await {
        untold(&error);
    }
}

/// Tells somebody, and him alone, who has seen no sign yet.
async fn first(ticket: Ticket<'_>, desk: &Desk, text: &str) {
    let message = CreateInteractionResponseMessage::new()
        .content(text)
        .ephemeral(true)
        .allowed_mentions(nobody());
    let answer = CreateInteractionResponse::Message(message);
    if let Err(error) = ticket.answer(&desk.arrivals, &answer).await {
        untold(&CommandError::Untold(error));
    }
}

fn untold(error: &CommandError) {
    tracing::warn!(%error, "a command has gone unanswered");
}

fn sentence(error: &FrameworkError<'_, Desk, CommandError>) -> String {
    match error {
        FrameworkError::Command { error, .. }
        | FrameworkError::CommandCheckFailed {
            error: Some(error), ..
        } => match error {
            CommandError::Refused(_) | CommandError::Elsewhere | CommandError::TooFast(_) => {
                error.to_string()
            }
            CommandError::House(_) | CommandError::Chat(_) | CommandError::Untold(_) => {
                apology(Reference::of(error, "a command failed"))
            }
        },
        FrameworkError::GuildOnly { .. } => CommandError::Elsewhere.to_string(),
        FrameworkError::CooldownHit {
            remaining_cooldown, ..
        } => format!(
            "That was quick. Try it again in {} s.",
            remaining_cooldown.as_secs() + 1
        ),
        FrameworkError::ArgumentParse { error, .. } => {
            format!("This value cannot be used: {error}")
        }
        FrameworkError::MissingUserPermissions { .. } | FrameworkError::NotAnOwner { .. } => {
            "You may not use this command.".to_owned()
        }
        FrameworkError::MissingBotPermissions {
            missing_permissions,
            ..
        } => format!("I lack permissions here: {missing_permissions}. Ask who runs this server."),
        FrameworkError::DmOnly { .. } => "Use this command in a direct message.".to_owned(),
        FrameworkError::NsfwOnly { .. } => "This command does not work in this channel.".to_owned(),
        FrameworkError::SubcommandRequired { .. } => "Choose one of its subcommands.".to_owned(),
        // Nothing that a person could mend.
        other @ (FrameworkError::Setup { .. }
        | FrameworkError::EventHandler { .. }
        | FrameworkError::CommandPanic { .. }
        | FrameworkError::CommandStructureMismatch { .. }
        | FrameworkError::PermissionFetchFailed { .. }
        | FrameworkError::CommandCheckFailed { .. }
        | FrameworkError::DynamicPrefix { .. }
        | FrameworkError::UnknownCommand { .. }
        | FrameworkError::UnknownInteraction { .. }
        | FrameworkError::NonCommandMessage { .. }
        | _) => {
            let reference = Reference::fresh();
            tracing::error!(%reference, error = %other, "a command failed");
            apology(reference)
        }
    }
}

fn apology(reference: Reference) -> String {
    format!(
        "That did not work, and it is not your fault. Try it again, or tell the operator the \
         reference `{reference}`."
    )
}
