//! Components V2: messages that are components and nothing else (Discord: components/reference).

use crate::body::{Component, ComponentKind, MessageBody};
use crate::error::FormErrors;
use crate::limits;

use super::component::{check_button, check_row};
use super::{CHOICES, count, length, required};

/// What a message with the flag cannot have.
pub(super) fn check_legacy_fields(body: &MessageBody, errors: &mut FormErrors) {
    let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let stickers = body.sticker_ids.as_ref().is_some_and(|ids| !ids.is_empty());
    let embeds = body
        .embeds
        .as_ref()
        .is_some_and(|embeds| !embeds.is_empty());
    let legacy = [
        ("content", filled(&body.content)),
        ("embeds", embeds),
        ("poll", body.poll.is_some()),
        ("sticker_ids", stickers),
    ];
    for (field, _) in legacy.into_iter().filter(|(_, used)| *used) {
        let message = format!("The '{field}' field cannot be used with IS_COMPONENTS_V2");
        errors.add(
            field,
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            message,
        );
    }
}

/// The components of a message with the flag.
pub(super) fn check(components: &[Component], errors: &mut FormErrors) {
    let all: Vec<&Component> = components.iter().flat_map(Component::all).collect();
    count(errors, "components", all.len(), 1, limits::V2_COMPONENTS);
    let texts = all
        .iter()
        .filter(|part| part.known() == Some(ComponentKind::TextDisplay))
        .filter_map(|part| part.content.as_ref());
    let sum: usize = texts.map(|text| text.chars().count()).sum();
    if sum > limits::V2_TEXT_CHARS {
        let message = format!(
            "Text size exceeds maximum size of {}",
            limits::V2_TEXT_CHARS
        );
        errors.add(
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            message,
        );
    }
    for (index, part) in components.iter().enumerate() {
        let path = format!("components.{index}");
        if part.known() == Some(ComponentKind::Container) {
            check_container(part, &path, errors);
        } else {
            check_part(part, &path, errors);
        }
    }
}

fn check_container(container: &Component, path: &str, errors: &mut FormErrors) {
    let parts = container.components.as_deref().unwrap_or_default();
    let list = format!("{path}.components");
    count(errors, &list, parts.len(), 1, limits::V2_COMPONENTS);
    for (index, part) in parts.iter().enumerate() {
        check_part(part, &format!("{list}.{index}"), errors);
    }
}

/// A part of a message or of a container.
fn check_part(part: &Component, path: &str, errors: &mut FormErrors) {
    match part.known() {
        Some(ComponentKind::ActionRow) => check_row(part, path, errors),
        Some(ComponentKind::Section) => check_section(part, path, errors),
        Some(ComponentKind::TextDisplay) => check_text(part, path, errors),
        Some(ComponentKind::MediaGallery) => {
            let items = part.items.as_ref().map_or(0, Vec::len);
            count(
                errors,
                &format!("{path}.items"),
                items,
                1,
                limits::GALLERY_ITEMS,
            );
        }
        Some(ComponentKind::File) => check_file(part, path, errors),
        Some(ComponentKind::Separator) => {}
        Some(_) | None => {
            let message = "Value must be one of (1, 9, 10, 12, 13, 14, 17).";
            errors.add(&format!("{path}.type"), CHOICES, message);
        }
    }
}

/// One to three texts beside a button or a picture.
fn check_section(section: &Component, path: &str, errors: &mut FormErrors) {
    let texts = section.components.as_deref().unwrap_or_default();
    let list = format!("{path}.components");
    count(errors, &list, texts.len(), 1, limits::SECTION_TEXTS);
    for (index, text) in texts.iter().enumerate() {
        let path = format!("{list}.{index}");
        if text.known() == Some(ComponentKind::TextDisplay) {
            check_text(text, &path, errors);
        } else {
            errors.add(
                &format!("{path}.type"),
                CHOICES,
                "Value must be one of (10,).",
            );
        }
    }
    let path = format!("{path}.accessory");
    match section.accessory.as_deref() {
        None => required(errors, &path),
        Some(button) if button.known() == Some(ComponentKind::Button) => {
            check_button(button, &path, errors);
        }
        Some(picture) if picture.known() == Some(ComponentKind::Thumbnail) => {
            if picture.media.is_none() {
                required(errors, &format!("{path}.media"));
            }
        }
        Some(_) => errors.add(
            &format!("{path}.type"),
            CHOICES,
            "Value must be one of (2, 11).",
        ),
    }
}

pub(super) fn check_text(text: &Component, path: &str, errors: &mut FormErrors) {
    let content = text.content.as_deref().unwrap_or_default();
    length(
        errors,
        &format!("{path}.content"),
        content,
        1,
        limits::V2_TEXT_CHARS,
    );
}

/// Only files of the same message can be shown.
fn check_file(file: &Component, path: &str, errors: &mut FormErrors) {
    let url = file.file.as_ref().and_then(|file| file["url"].as_str());
    if !url.is_some_and(|url| url.starts_with("attachment://")) {
        let path = format!("{path}.file.url");
        errors.add(
            &path,
            "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
            "Not an attachment",
        );
    }
}
