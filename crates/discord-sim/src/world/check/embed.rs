//! Embeds (Discord: resources/message, "Embed Limits").

use crate::body::Embed;
use crate::error::FormErrors;
use crate::limits;

use super::{required, too_long, too_many};

pub(super) fn check(embeds: &[Embed], errors: &mut FormErrors) {
    if embeds.len() > limits::EMBEDS {
        too_many(errors, "embeds", limits::EMBEDS);
    }
    let mut sum = 0;
    for (index, embed) in embeds.iter().enumerate() {
        for text in embed.texts() {
            let path = format!("embeds.{index}.{}", text.field);
            sum += text.text.chars().count();
            if text.text.is_empty() && text.required {
                required(errors, &path);
            }
            too_long(errors, &path, text.text, text.limit);
        }
        if embed.fields.as_ref().map_or(0, Vec::len) > limits::EMBED_FIELDS {
            too_many(
                errors,
                &format!("embeds.{index}.fields"),
                limits::EMBED_FIELDS,
            );
        }
    }
    if sum > limits::EMBED_CHARS {
        let message = format!("Embed size exceeds maximum size of {}", limits::EMBED_CHARS);
        errors.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", message);
    }
}
