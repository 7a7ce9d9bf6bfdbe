//! Modals (Discord: interactions/receiving-and-responding, "Modal"; components/reference).

use crate::body::{CallbackData, Component, ComponentKind};
use crate::error::{ApiError, FormErrors};
use crate::limits;

use super::component::{check_custom_id, check_custom_ids, check_select};
use super::layout::check_text;
use super::{CHOICES, count, length, required, too_long};

/// Where a text input stands: with its own label in a row, or below a label component.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InputPlace {
    Row,
    Label,
}

/// Checks a modal: title, `custom_id` and one to five things to fill in.
pub(crate) fn check_modal(data: &CallbackData) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    let title = data.title.as_deref().unwrap_or_default();
    length(&mut errors, "title", title, 1, limits::MODAL_TITLE_CHARS);
    let id = data.custom_id.as_deref().unwrap_or_default();
    length(&mut errors, "custom_id", id, 1, limits::CUSTOM_ID_CHARS);
    let parts = data.components.as_deref().unwrap_or_default();
    count(&mut errors, "components", parts.len(), 1, limits::ROWS);
    for (index, part) in parts.iter().enumerate() {
        let path = format!("components.{index}");
        match part.known() {
            Some(ComponentKind::ActionRow) => check_input_row(part, &path, &mut errors),
            Some(ComponentKind::Label) => check_label(part, &path, &mut errors),
            Some(ComponentKind::TextDisplay) => check_text(part, &path, &mut errors),
            Some(_) | None => {
                let message = "Value must be one of (1, 10, 18).";
                errors.add(&format!("{path}.type"), CHOICES, message);
            }
        }
    }
    check_custom_ids(parts, &mut errors);
    errors.into_result()
}

/// The old way: a row with one text input.
fn check_input_row(row: &Component, path: &str, errors: &mut FormErrors) {
    let list = format!("{path}.components");
    match row.components.as_deref() {
        Some([input]) if input.known() == Some(ComponentKind::TextInput) => {
            check_input(input, &format!("{list}.0"), InputPlace::Row, errors);
        }
        Some([_]) => errors.add(
            &format!("{list}.0.type"),
            CHOICES,
            "Value must be one of (4,).",
        ),
        Some(_) | None => count(errors, &list, 0, 1, 1),
    }
}

fn check_label(label: &Component, path: &str, errors: &mut FormErrors) {
    let at = |field: &str| format!("{path}.{field}");
    let text = label.label.as_deref().unwrap_or_default();
    length(errors, &at("label"), text, 1, limits::LABEL_CHARS);
    let description = label.description.as_deref().unwrap_or_default();
    too_long(
        errors,
        &at("description"),
        description,
        limits::OPTION_CHARS,
    );
    let Some(part) = label.component.as_deref() else {
        return required(errors, &at("component"));
    };
    match part.known() {
        Some(ComponentKind::TextInput) => {
            check_input(part, &at("component"), InputPlace::Label, errors);
        }
        Some(_) if part.is_select() => check_select(part, &at("component"), errors),
        Some(
            ComponentKind::FileUpload
            | ComponentKind::RadioGroup
            | ComponentKind::CheckboxGroup
            | ComponentKind::Checkbox,
        ) => check_custom_id(part, &at("component"), errors),
        Some(_) | None => {
            let message = "Value must be one of (3, 4, 5, 6, 7, 8, 19, 21, 22, 23).";
            errors.add(&at("component.type"), CHOICES, message);
        }
    }
}

fn check_input(input: &Component, path: &str, place: InputPlace, errors: &mut FormErrors) {
    let at = |field: &str| format!("{path}.{field}");
    check_custom_id(input, path, errors);
    if place == InputPlace::Row {
        let label = input.label.as_deref().unwrap_or_default();
        length(errors, &at("label"), label, 1, limits::LABEL_CHARS);
    }
    if !matches!(input.style, Some(1 | 2)) {
        errors.add(&at("style"), CHOICES, "Value must be one of (1, 2).");
    }
    let value = input.value.as_deref().unwrap_or_default();
    too_long(errors, &at("value"), value, limits::INPUT_CHARS);
    let placeholder = input.placeholder.as_deref().unwrap_or_default();
    too_long(
        errors,
        &at("placeholder"),
        placeholder,
        limits::OPTION_CHARS,
    );
    let most = usize::from(input.max_length.unwrap_or(4_000));
    count(errors, &at("max_length"), most, 1, limits::INPUT_CHARS);
    let least = usize::from(input.min_length.unwrap_or(0));
    count(errors, &at("min_length"), least, 0, most);
}
