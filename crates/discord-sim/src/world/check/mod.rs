//! Discord's limits of messages, modals and names, checked before anything is stored.

mod command;
mod component;
mod embed;
mod layout;
mod modal;

use crate::body::MessageBody;
use crate::error::{ApiError, FormErrors};
use crate::limits;

use super::{Upload, flag};

pub(crate) use command::{check_command, check_list, check_localized, most};
pub(crate) use modal::check_modal;

const TOO_LONG: &str = "BASE_TYPE_MAX_LENGTH";
const BAD_LENGTH: &str = "BASE_TYPE_BAD_LENGTH";
const CHOICES: &str = "BASE_TYPE_CHOICES";
const REQUIRED: &str = "BASE_TYPE_REQUIRED";

/// Checks a new message.
pub(crate) fn check_message(body: &MessageBody, uploads: &[Upload]) -> Result<(), ApiError> {
    check_edit(body, uploads, 0)
}

/// Checks what an edit sets in a message; `kept` of its files stay.
pub(crate) fn check_edit(
    body: &MessageBody,
    uploads: &[Upload],
    kept: usize,
) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    if let Some(content) = &body.content {
        too_long(&mut errors, "content", content, limits::CONTENT_CHARS);
    }
    if let Some(nonce) = &body.nonce {
        too_long(&mut errors, "nonce", &nonce.text(), limits::NONCE_CHARS);
    }
    embed::check(body.embeds.as_deref().unwrap_or_default(), &mut errors);
    if let Some(components) = &body.components {
        if body.flags.unwrap_or(0) & flag::COMPONENTS_V2 != 0 {
            layout::check(components, &mut errors);
        } else {
            component::check_rows(components, &mut errors);
        }
        component::check_custom_ids(components, &mut errors);
    }
    if body.flags.unwrap_or(0) & flag::COMPONENTS_V2 != 0 {
        layout::check_legacy_fields(body, &mut errors);
    }
    if let Some(allowed) = &body.allowed_mentions {
        check_allowed(allowed, &mut errors);
    }
    if uploads.len() + kept > limits::FILES {
        too_many(&mut errors, "attachments", limits::FILES);
    }
    if uploads
        .iter()
        .any(|upload| upload.bytes.len() > limits::FILE_BYTES)
    {
        return Err(ApiError::TooLarge);
    }
    errors.into_result()
}

/// Checks the name of a channel or thread.
pub(crate) fn check_channel_name(name: &str) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    length(&mut errors, "name", name, 1, limits::CHANNEL_NAME_CHARS);
    errors.into_result()
}

/// What is parsed from the text cannot be listed too, and lists have an end
/// (Discord: resources/message, "Allowed Mentions Object").
fn check_allowed(allowed: &crate::body::AllowedMentions, errors: &mut FormErrors) {
    use crate::body::ParseKind;
    let parses = |kind| allowed.parse.iter().flatten().any(|parsed| *parsed == kind);
    let users = allowed.users.as_ref().map_or(0, Vec::len);
    let roles = allowed.roles.as_ref().map_or(0, Vec::len);
    for (field, count, kind) in [
        ("users", users, ParseKind::Users),
        ("roles", roles, ParseKind::Roles),
    ] {
        if count > 0 && parses(kind) {
            let message =
                format!("parse:[\"{field}\"] and {field}: [ids...] are mutually exclusive.");
            errors.add(
                "allowed_mentions",
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                message,
            );
        }
        if count > limits::ALLOWED_MENTIONS {
            let path = format!("allowed_mentions.{field}");
            too_many(errors, &path, limits::ALLOWED_MENTIONS);
        }
    }
}

fn too_long(errors: &mut FormErrors, path: &str, text: &str, limit: usize) {
    if text.chars().count() > limit {
        too_many(errors, path, limit);
    }
}

fn too_many(errors: &mut FormErrors, path: &str, limit: usize) {
    let message = format!("Must be {limit} or fewer in length.");
    errors.add(path, TOO_LONG, message);
}

/// Characters of a text from `least` to `most`.
fn length(errors: &mut FormErrors, path: &str, text: &str, least: usize, most: usize) {
    count(errors, path, text.chars().count(), least, most);
}

fn count(errors: &mut FormErrors, path: &str, count: usize, least: usize, most: usize) {
    if !(least..=most).contains(&count) {
        let message = format!("Must be between {least} and {most} in length.");
        errors.add(path, BAD_LENGTH, message);
    }
}

fn required(errors: &mut FormErrors, path: &str) {
    errors.add(path, REQUIRED, "This field is required");
}
