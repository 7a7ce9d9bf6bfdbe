//! The limits of a message, checked before it is stored.

use std::collections::BTreeSet;

use crate::body::{Component, Embed, MessageBody};
use crate::error::{ApiError, FormErrors};
use crate::limits;

use super::{Upload, flag};

const TOO_LONG: &str = "BASE_TYPE_MAX_LENGTH";
const BAD_LENGTH: &str = "BASE_TYPE_BAD_LENGTH";

/// Checks a new message or what an edit leaves of it.
pub(crate) fn check_message(body: &MessageBody, uploads: &[Upload]) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    if let Some(content) = &body.content {
        too_long(&mut errors, "content", content, limits::CONTENT_CHARS);
    }
    if let Some(nonce) = &body.nonce {
        too_long(&mut errors, "nonce", &nonce.text(), limits::NONCE_CHARS);
    }
    check_embeds(body.embeds.as_deref().unwrap_or_default(), &mut errors);
    let v2 = body.flags.unwrap_or(0) & flag::COMPONENTS_V2 != 0;
    let components = body.components.as_deref().unwrap_or_default();
    if v2 {
        check_v2(body, components, &mut errors);
    } else {
        check_rows(components, &mut errors);
    }
    check_custom_ids(components, &mut errors);
    check_files(uploads, &mut errors)?;
    errors.into_result()
}

/// Checks the name of a channel or thread.
pub(crate) fn check_channel_name(name: &str) -> Result<(), ApiError> {
    if (1..=limits::CHANNEL_NAME_CHARS).contains(&name.chars().count()) {
        return Ok(());
    }
    let message = format!(
        "Must be between 1 and {} in length.",
        limits::CHANNEL_NAME_CHARS
    );
    Err(ApiError::field("name", BAD_LENGTH, message))
}

fn too_long(errors: &mut FormErrors, path: &str, text: &str, limit: usize) {
    if text.chars().count() > limit {
        errors.add(
            path,
            TOO_LONG,
            format!("Must be {limit} or fewer in length."),
        );
    }
}

fn check_embeds(embeds: &[Embed], errors: &mut FormErrors) {
    if embeds.len() > limits::EMBEDS {
        errors.add(
            "embeds",
            TOO_LONG,
            format!("Must be {} or fewer in length.", limits::EMBEDS),
        );
    }
    let mut sum = 0;
    for (index, embed) in embeds.iter().enumerate() {
        for text in embed.texts() {
            sum += text.text.chars().count();
            too_long(
                errors,
                &format!("embeds.{index}.{}", text.field),
                text.text,
                text.limit,
            );
        }
        if embed
            .fields
            .as_ref()
            .is_some_and(|fields| fields.len() > limits::OPTIONS)
        {
            let message = format!("Must be {} or fewer in length.", limits::OPTIONS);
            errors.add(&format!("embeds.{index}.fields"), TOO_LONG, message);
        }
    }
    if sum > limits::EMBED_CHARS {
        let message = format!("Embed size exceeds maximum size of {}", limits::EMBED_CHARS);
        errors.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", message);
    }
}

fn check_v2(body: &MessageBody, components: &[Component], errors: &mut FormErrors) {
    let legacy = [
        (
            "content",
            body.content
                .as_ref()
                .is_some_and(|content| !content.is_empty()),
        ),
        (
            "embeds",
            body.embeds
                .as_ref()
                .is_some_and(|embeds| !embeds.is_empty()),
        ),
        ("poll", body.poll.is_some()),
        (
            "sticker_ids",
            body.sticker_ids.as_ref().is_some_and(|ids| !ids.is_empty()),
        ),
    ];
    for (field, used) in legacy {
        if used {
            let message = format!("The '{field}' field cannot be used with IS_COMPONENTS_V2");
            errors.add(
                field,
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                message,
            );
        }
    }
    let count: usize = components
        .iter()
        .map(|component| component.all().len())
        .sum();
    if !(1..=limits::V2_COMPONENTS).contains(&count) {
        let message = format!("Must be between 1 and {} in length.", limits::V2_COMPONENTS);
        errors.add("components", BAD_LENGTH, message);
    }
}

fn check_rows(rows: &[Component], errors: &mut FormErrors) {
    if rows.len() > limits::ROWS {
        let message = format!("Must be {} or fewer in length.", limits::ROWS);
        errors.add("components", TOO_LONG, message);
    }
    for (index, row) in rows.iter().enumerate() {
        if row.kind != Component::ROW {
            let path = format!("components.{index}.type");
            errors.add(&path, "BASE_TYPE_CHOICES", "Value must be one of (1,).");
        }
        let width = row.components.as_ref().map_or(0, Vec::len);
        if !(1..=limits::ROWS).contains(&width) {
            let message = format!("Must be between 1 and {} in length.", limits::ROWS);
            errors.add(
                &format!("components.{index}.components"),
                BAD_LENGTH,
                message,
            );
        }
    }
}

fn check_custom_ids(components: &[Component], errors: &mut FormErrors) {
    let mut seen = BTreeSet::new();
    for component in components.iter().flat_map(Component::all) {
        let Some(custom_id) = &component.custom_id else {
            continue;
        };
        too_long(
            errors,
            "components.custom_id",
            custom_id,
            limits::CUSTOM_ID_CHARS,
        );
        if !seen.insert(custom_id) {
            let message = "Component custom id cannot be duplicated";
            errors.add("components", "COMPONENT_CUSTOM_ID_DUPLICATED", message);
        }
    }
}

fn check_files(uploads: &[Upload], errors: &mut FormErrors) -> Result<(), ApiError> {
    if uploads.len() > limits::FILES {
        errors.add(
            "files",
            TOO_LONG,
            format!("Must be {} or fewer in length.", limits::FILES),
        );
    }
    if uploads
        .iter()
        .any(|upload| upload.bytes.len() > limits::FILE_BYTES)
    {
        return Err(ApiError::TooLarge);
    }
    Ok(())
}
