//! Commands (Discord: interactions/application-commands).

use std::collections::{BTreeMap, BTreeSet};

use crate::body::{CommandBody, OptionBody};
use crate::error::{ApiError, FormErrors};
use crate::limits;
use crate::locale::Locale;

use super::{CHOICES, length, too_long, too_many};

/// How many commands of a kind one scope takes.
pub(crate) const fn most(kind: u8) -> usize {
    if kind == 1 {
        limits::COMMANDS
    } else {
        limits::MENU_COMMANDS
    }
}

/// Checks all commands of a scope together.
pub(crate) fn check_list(bodies: &[CommandBody]) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    let mut names = BTreeSet::new();
    for (index, body) in bodies.iter().enumerate() {
        let kind = body.kind.unwrap_or(1);
        if !names.insert((kind, &body.name)) {
            let path = format!("{index}.name");
            let message = "Application command names must be unique";
            errors.add(&path, "APPLICATION_COMMANDS_DUPLICATE_NAME", message);
        }
    }
    for kind in 1..=3 {
        let count = bodies.iter().filter(|body| body.kind.unwrap_or(1) == kind);
        if count.count() > most(kind) {
            too_many(&mut errors, "", most(kind));
        }
    }
    errors.into_result()?;
    bodies.iter().try_for_each(check_command)
}

/// Checks one command: names, descriptions, counts and 8,000 characters in all.
pub(crate) fn check_command(body: &CommandBody) -> Result<(), ApiError> {
    let mut errors = FormErrors::default();
    let kind = body.kind.unwrap_or(1);
    if !(1..=3).contains(&kind) {
        errors.add("type", CHOICES, "Value must be one of (1, 2, 3).");
    }
    let described = body.description.as_deref();
    if kind == 1 {
        check_words("", &body.name, described, &mut errors);
    } else {
        length(
            &mut errors,
            "name",
            &body.name,
            1,
            limits::COMMAND_NAME_CHARS,
        );
        if described.is_some_and(|text| !text.is_empty()) {
            let message = "Context menu commands cannot have description";
            errors.add(
                "description",
                "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION",
                message,
            );
        }
        if body
            .options
            .as_ref()
            .is_some_and(|options| !options.is_empty())
        {
            let message = "Context menu commands cannot have options";
            errors.add(
                "options",
                "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS",
                message,
            );
        }
    }
    let options = body.options.as_deref().unwrap_or_default();
    check_options("options", options, &mut errors);
    check_localized(
        "name_localizations",
        body.name_localizations.as_ref(),
        32,
        &mut errors,
    );
    check_localized(
        "description_localizations",
        body.description_localizations.as_ref(),
        100,
        &mut errors,
    );
    check_places(body, &mut errors);
    let size = longest(&body.name, body.name_localizations.as_ref())
        + longest(
            described.unwrap_or_default(),
            body.description_localizations.as_ref(),
        );
    if size + options.iter().map(size_of).sum::<usize>() > limits::COMMAND_CHARS {
        let message = format!("Command exceeds maximum size ({})", limits::COMMAND_CHARS);
        errors.add("", "APPLICATION_COMMAND_TOO_LARGE", message);
    }
    errors.into_result()
}

/// Where it is offered: guilds (0), direct messages with the bot (1), private channels (2), the last of which
/// only who has it for himself can use (Discord: interactions/application-commands, "Contexts").
fn check_places(body: &CommandBody, errors: &mut FormErrors) {
    let contexts = body.contexts.as_deref().unwrap_or_default();
    if contexts.iter().any(|context| *context > 2) {
        errors.add("contexts", CHOICES, "Value must be one of {0, 1, 2}.");
    }
    let installs = body.integration_types.as_deref().unwrap_or(&[0]);
    if installs.iter().any(|install| *install > 1) {
        errors.add("integration_types", CHOICES, "Value must be one of {0, 1}.");
    }
    if contexts.contains(&2) && !installs.contains(&1) {
        let message = "PRIVATE_CHANNEL needs the USER_INSTALL integration type.";
        errors.add("contexts", CHOICES, message);
    }
}

/// The characters of a text that count: those of the longest one of all languages.
fn longest(text: &str, localized: Option<&BTreeMap<String, String>>) -> usize {
    let others = localized
        .into_iter()
        .flatten()
        .map(|(_, other)| other.as_str());
    let all = others.chain([text]).map(|one| one.chars().count());
    all.max().unwrap_or_default()
}

fn size_of(option: &OptionBody) -> usize {
    let described = option.description.as_deref().unwrap_or_default();
    let choices = option.choices.iter().flatten().map(|choice| {
        let value = choice.value.as_str().unwrap_or_default();
        longest(&choice.name, choice.name_localizations.as_ref()) + value.chars().count()
    });
    let below = option.options.iter().flatten().map(size_of);
    longest(&option.name, option.name_localizations.as_ref())
        + longest(described, option.description_localizations.as_ref())
        + choices.sum::<usize>()
        + below.sum::<usize>()
}

fn check_options(path: &str, options: &[OptionBody], errors: &mut FormErrors) {
    if options.len() > limits::OPTIONS {
        too_many(errors, path, limits::OPTIONS);
    }
    let mut names = BTreeSet::new();
    let mut optional_seen = false;
    let commands = options.iter().filter(|option| option.kind <= 2).count();
    if commands > 0 && commands < options.len() {
        let message = "Sub-command and sub-command group option types are mutually exclusive to all other types";
        errors.add(path, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message);
    }
    for (index, option) in options.iter().enumerate() {
        let path = format!("{path}.{index}");
        let described = option.description.as_deref();
        check_words(&path, &option.name, described, errors);
        check_localized(
            &format!("{path}.name_localizations"),
            option.name_localizations.as_ref(),
            limits::COMMAND_NAME_CHARS,
            errors,
        );
        check_localized(
            &format!("{path}.description_localizations"),
            option.description_localizations.as_ref(),
            limits::OPTION_CHARS,
            errors,
        );
        if !(1..=11).contains(&option.kind) {
            errors.add(
                &format!("{path}.type"),
                CHOICES,
                "Value must be one of 1 to 11.",
            );
        }
        if !names.insert(&option.name) {
            let message = "Option names must be unique";
            errors.add(
                &path,
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                message,
            );
        }
        check_choices(&path, option, errors);
        let required = option.required.unwrap_or(false);
        if required && optional_seen {
            let message = "Required options must be placed before non-required options";
            errors.add(
                &path,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                message,
            );
        }
        optional_seen |= !required;
        let below = option.options.as_deref().unwrap_or_default();
        check_options(&format!("{path}.options"), below, errors);
    }
}

fn check_choices(path: &str, option: &OptionBody, errors: &mut FormErrors) {
    let choices = option.choices.as_deref().unwrap_or_default();
    let list = format!("{path}.choices");
    if choices.len() > limits::OPTIONS {
        too_many(errors, &list, limits::OPTIONS);
    }
    if !choices.is_empty() && option.autocomplete == Some(true) {
        let message = "Autocomplete and choices are mutually exclusive";
        errors.add(path, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", message);
    }
    for (index, choice) in choices.iter().enumerate() {
        let at = |field: &str| format!("{list}.{index}.{field}");
        length(errors, &at("name"), &choice.name, 1, limits::OPTION_CHARS);
        check_localized(
            &at("name_localizations"),
            choice.name_localizations.as_ref(),
            limits::OPTION_CHARS,
            errors,
        );
        let value = choice.value.as_str().unwrap_or_default();
        too_long(errors, &at("value"), value, limits::OPTION_CHARS);
    }
}

/// Checks the words of other languages.
pub(crate) fn check_localized(
    path: &str,
    texts: Option<&BTreeMap<String, String>>,
    most: usize,
    errors: &mut FormErrors,
) {
    for (locale, text) in texts.into_iter().flatten() {
        let at = format!("{path}.{locale}");
        if Locale::named(locale).is_none() {
            errors.add(&at, CHOICES, "Value must be one of the locales.");
        }
        length(errors, &at, text, 1, most);
    }
}

fn check_words(path: &str, name: &str, description: Option<&str>, errors: &mut FormErrors) {
    let at = |field: &str| {
        if path.is_empty() {
            field.into()
        } else {
            format!("{path}.{field}")
        }
    };
    length(errors, &at("name"), name, 1, limits::COMMAND_NAME_CHARS);
    let plain = |c: char| c.is_alphanumeric() && !c.is_uppercase() || c == '-' || c == '_';
    if !name.chars().all(plain) {
        let message = "Command name is invalid";
        errors.add(&at("name"), "APPLICATION_COMMAND_INVALID_NAME", message);
    }
    let described = description.unwrap_or_default();
    length(
        errors,
        &at("description"),
        described,
        1,
        limits::OPTION_CHARS,
    );
}
