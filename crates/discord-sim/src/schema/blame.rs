//! What is wrong, in words that name the place. A value that fits no branch of a union is wrong in as
//! many ways as the union has branches; the branch that was meant is the one worth telling.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

/// How much of a message of the validator is told: some carry the whole value.
const MOST: usize = 300;

/// `data/embeds/0/title: 7 is not of type "string"`.
pub(super) fn words(error: &ValidationError<'_>) -> String {
    let error = meant(error);
    let place = error.instance_path().to_string();
    let place = if place.is_empty() { "the body" } else { &place };
    let words: String = error.to_string().chars().take(MOST).collect();
    format!("{place}: {words}")
}

/// The error inside the branch that the value was most likely meant for.
fn meant<'a>(error: &'a ValidationError<'a>) -> &'a ValidationError<'a> {
    let ValidationErrorKind::AnyOf { context: branches } = error.kind() else {
        return error;
    };
    let here = error.instance_path().to_string();
    let best = branches
        .iter()
        .filter(|branch| !branch.iter().any(|inner| is_elsewhere(inner, &here)))
        .min_by_key(|branch| branch.len());
    match best.and_then(|branch| branch.first()) {
        Some(inner) => meant(inner),
        None => error,
    }
}

/// Whether an error says that the branch is for another kind of value: another JSON type, or another
/// `type` field.
fn is_elsewhere(error: &ValidationError<'_>, here: &str) -> bool {
    let place = error.instance_path().to_string();
    let kind = error.kind();
    if let ValidationErrorKind::AnyOf { context } = kind {
        let elsewhere = |branch: &Vec<ValidationError<'_>>| {
            branch.iter().any(|inner| is_elsewhere(inner, here))
        };
        return place == format!("{here}/type") || place == here && context.iter().all(elsewhere);
    }
    let of_type = matches!(
        kind,
        ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. }
    );
    matches!(kind, ValidationErrorKind::Type { .. }) && place == here
        || of_type && place == format!("{here}/type")
}
