//! How a command answers.

use poise::CreateReply;

use super::{CommandError, Context};
use crate::discord::{chat::nobody, render::MESSAGE_LIMIT};

/// Says something to the caller alone.
pub(super) async fn say(context: Context<'_>, text: &str) -> Result<(), CommandError> {
    context.send(reply(text)).await?;
    Ok(())
}

/// A reply that only the caller sees and that mentions nobody.
pub(super) fn reply(text: &str) -> CreateReply {
    CreateReply::default()
        .content(text)
        .ephemeral(true)
        .allowed_mentions(nobody())
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
