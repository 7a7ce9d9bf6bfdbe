//! Action rows, buttons and selects (Discord: components/reference).

use std::collections::BTreeSet;

use crate::body::{Component, ComponentKind};
use crate::error::FormErrors;
use crate::limits;

use super::{CHOICES, count, length, required, too_long};

/// The rows of a message without the Components V2 flag.
pub(super) fn check_rows(rows: &[Component], errors: &mut FormErrors) {
    if rows.len() > limits::ROWS {
        super::too_many(errors, "components", limits::ROWS);
    }
    for (index, row) in rows.iter().enumerate() {
        let path = format!("components.{index}");
        if row.known() == Some(ComponentKind::ActionRow) {
            check_row(row, &path, errors);
        } else {
            errors.add(
                &format!("{path}.type"),
                CHOICES,
                "Value must be one of (1,).",
            );
        }
    }
}

/// A row: up to five buttons, or one select.
pub(super) fn check_row(row: &Component, path: &str, errors: &mut FormErrors) {
    let parts = row.components.as_deref().unwrap_or_default();
    let list = format!("{path}.components");
    count(errors, &list, parts.len(), 1, limits::ROWS);
    let selects = parts.iter().filter(|part| part.is_select()).count();
    if selects > 0 && parts.len() > 1 {
        let message = "The specified component exceeds the maximum width";
        errors.add(path, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message);
    }
    for (index, part) in parts.iter().enumerate() {
        let path = format!("{list}.{index}");
        match part.known() {
            Some(ComponentKind::Button) => check_button(part, &path, errors),
            Some(_) if part.is_select() => check_select(part, &path, errors),
            Some(_) | None => {
                let message = "Value must be one of (2, 3, 5, 6, 7, 8).";
                errors.add(&format!("{path}.type"), CHOICES, message);
            }
        }
    }
}

/// Links have an address and no `custom_id`, premium buttons a SKU, all others a `custom_id`.
pub(super) fn check_button(button: &Component, path: &str, errors: &mut FormErrors) {
    let at = |field: &str| format!("{path}.{field}");
    if let Some(label) = &button.label {
        too_long(errors, &at("label"), label, limits::BUTTON_LABEL_CHARS);
    }
    let shown =
        button.label.as_ref().is_some_and(|label| !label.is_empty()) || button.emoji.is_some();
    match button.style {
        Some(5) => {
            match &button.url {
                Some(url) => too_long(errors, &at("url"), url, limits::BUTTON_URL_CHARS),
                None => required(errors, &at("url")),
            }
            if button.custom_id.is_some() {
                let message = "A custom id and url cannot both be specified";
                errors.add(
                    path,
                    "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                    message,
                );
            }
        }
        Some(6) if button.sku_id.is_none() => required(errors, &at("sku_id")),
        Some(6) => return,
        Some(1..=4) => {
            check_custom_id(button, path, errors);
            if button.url.is_some() {
                let message = "A url cannot be specified for this style";
                errors.add(path, "BUTTON_COMPONENT_URL_STYLE_MISMATCH", message);
            }
        }
        Some(_) | None => {
            let message = "Value must be one of (1, 2, 3, 4, 5, 6).";
            errors.add(&at("style"), CHOICES, message);
        }
    }
    if !shown {
        let message = "A label or emoji is required";
        errors.add(path, "BUTTON_COMPONENT_INVALID_LABEL", message);
    }
}

pub(super) fn check_select(select: &Component, path: &str, errors: &mut FormErrors) {
    let at = |field: &str| format!("{path}.{field}");
    check_custom_id(select, path, errors);
    if let Some(placeholder) = &select.placeholder {
        too_long(
            errors,
            &at("placeholder"),
            placeholder,
            limits::PLACEHOLDER_CHARS,
        );
    }
    let least = usize::from(select.min_values.unwrap_or(1));
    let most = usize::from(select.max_values.unwrap_or(1));
    if least > limits::OPTIONS || !(1..=limits::OPTIONS).contains(&most) || least > most {
        let message = "Must be between 0 and 25, and not more than max_values.";
        errors.add(&at("min_values"), "NUMBER_TYPE_MAX", message);
    }
    let defaults = select.default_values.as_ref().map_or(0, Vec::len);
    if defaults > most {
        super::too_many(errors, &at("default_values"), most);
    }
    if select.known() != Some(ComponentKind::StringSelect) {
        return;
    }
    let options = select.options.as_deref().unwrap_or_default();
    count(errors, &at("options"), options.len(), 1, limits::OPTIONS);
    if most > options.len() {
        let message = "max_values cannot be more than the number of options";
        errors.add(
            &at("max_values"),
            "SELECT_COMPONENT_INVALID_MAX_VALUES",
            message,
        );
    }
    let mut values = BTreeSet::new();
    for (index, option) in options.iter().enumerate() {
        let at = |field: &str| format!("{path}.options.{index}.{field}");
        length(errors, &at("label"), &option.label, 1, limits::OPTION_CHARS);
        length(errors, &at("value"), &option.value, 1, limits::OPTION_CHARS);
        let description = option.description.as_deref().unwrap_or_default();
        too_long(
            errors,
            &at("description"),
            description,
            limits::OPTION_CHARS,
        );
        if !values.insert(&option.value) {
            let message = "The specified option value is already used";
            errors.add(
                &at("value"),
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                message,
            );
        }
    }
}

/// A `custom_id` of 1 to 100 characters.
pub(super) fn check_custom_id(component: &Component, path: &str, errors: &mut FormErrors) {
    let path = format!("{path}.custom_id");
    match &component.custom_id {
        Some(id) => length(errors, &path, id, 1, limits::CUSTOM_ID_CHARS),
        None => required(errors, &path),
    }
}

/// No two components of a message have one `custom_id`.
pub(super) fn check_custom_ids(components: &[Component], errors: &mut FormErrors) {
    let mut seen = BTreeSet::new();
    for custom_id in components
        .iter()
        .flat_map(Component::all)
        .filter_map(|component| component.custom_id.as_ref())
    {
        if !seen.insert(custom_id) {
            let message = "Component custom id cannot be duplicated";
            errors.add("components", "COMPONENT_CUSTOM_ID_DUPLICATED", message);
        }
    }
}
