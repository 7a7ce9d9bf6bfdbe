//! How a command answers.

use std::sync::atomic::Ordering;

use serenity::all::EditInteractionResponse;

use super::{CommandError, Context};
use crate::{
    delivery::Post,
    discord::{chat::nobody, controls, render::MESSAGE_LIMIT, replies::Ticket},
};

/// Gives the first sign.
pub(super) async fn think(context: Context<'_>) -> Result<(), CommandError> {
    let thinks = ticket(context).think(&context.data().arrivals).await;
    thinks.map_err(CommandError::Untold)?;
    context
        .has_sent_initial_response
        .store(true, Ordering::SeqCst);
    Ok(())
}

/// Says something to the caller alone, after the first sign.
pub(super) async fn say(context: Context<'_>, text: &str) -> Result<(), CommandError> {
    let told = EditInteractionResponse::new()
        .content(context.data().arrivals.secrets.redact(text))
        .allowed_mentions(nobody());
    let told = ticket(context).tell(told).await;
    told.map_err(CommandError::Untold)
}

/// The same with buttons.
pub(super) async fn show(context: Context<'_>, post: Post) -> Result<(), CommandError> {
    let post = post.without(&context.data().arrivals.secrets);
    let told = ticket(context).tell(controls::edited(post)).await;
    told.map_err(CommandError::Untold)
}

/// Where the answers to a command go.
pub(super) fn ticket(context: Context<'_>) -> Ticket<'_> {
    Ticket {
        http: &context.serenity_context().http,
        id: context.interaction.id,
        token: &context.interaction.token,
    }
}

/// As many lines as one message holds, and how many are left out.
pub(super) fn fitting(lines: &[String]) -> String {
    // Room for the line about the rest.
    const REST: usize = 40;
    let mut text = String::new();
    let mut length = 0;
    for (at, line) in lines.iter().enumerate() {
        length += line.chars().count() + 1;
        if length > MESSAGE_LIMIT - REST {
            let rest = format!("… and {} more.", lines.len() - at);
            return text + &rest;
        }
        text.push_str(line);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let lines: Vec<String> = (0..30).map(|n| format!("{n:099}")).collect();
        let text = fitting(&lines);
        assert!(text.chars().count() <= MESSAGE_LIMIT);
        assert!(text.ends_with("… and 11 more."), "{text}");
        assert_eq!(fitting(&lines[..2]), lines[..2].join("\n"));
    }
}
