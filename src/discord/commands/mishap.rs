//! What the caller of a command is told when it went wrong.

use poise::FrameworkError;
use serenity::all::{CreateInteractionResponse, CreateInteractionResponseMessage};

use super::{CommandError, Desk, answer::reply};
use crate::{discord::chat::nobody, observe::Reference};

/// Says what happened in a sentence. What nobody could have expected gets a reference, under which
/// the log has the cause.
pub(super) async fn explain(error: FrameworkError<'_, Desk, CommandError>) {
    if let FrameworkError::UnknownInteraction {
        interaction,
        framework,
        ..
    } = &error
    {
        let message = CreateInteractionResponseMessage::new()
            .content("I do not know this command. Commands change with an update; try it again in a minute.")
            .ephemeral(true)
            .allowed_mentions(nobody());
        let told = interaction
            .create_response(
                framework.serenity_context,
                CreateInteractionResponse::Message(message),
            )
            .await;
        if let Err(error) = told {
            tracing::warn!(%error, "a caller of an unknown command could not be told");
        }
        return;
    }
    let text = sentence(&error);
    let Some(context) = error.ctx() else {
        return;
    };
    if let Err(error) = context.send(reply(&text)).await {
        tracing::warn!(%error, "the caller of a command could not be told what went wrong");
    }
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
            CommandError::House(_) | CommandError::Chat(_) => {
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
