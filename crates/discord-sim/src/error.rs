//! What Discord answers when it refuses a request, in Discord's numbers and words
//! (Discord: topics/opcodes-and-status-codes).

use serde_json::{Value, json};
use thiserror::Error;

/// A refusal, as the client of the REST API sees it.
#[derive(Clone, Debug, PartialEq, Error)]
pub(crate) enum ApiError {
    #[error("401: Unauthorized")]
    Unauthorized,
    #[error("404: Not Found")]
    UnknownRoute,
    #[error("Unknown Channel")]
    UnknownChannel,
    #[error("Unknown Guild")]
    UnknownGuild,
    #[error("Unknown Member")]
    UnknownMember,
    #[error("Unknown Message")]
    UnknownMessage,
    #[error("Unknown User")]
    UnknownUser,
    #[error("Unknown Emoji")]
    UnknownEmoji,
    #[error("Unknown Webhook")]
    UnknownWebhook,
    #[error("Unknown interaction")]
    UnknownInteraction,
    #[error("Unknown application command")]
    UnknownCommand,
    #[error("Maximum number of reactions reached (20)")]
    TooManyReactions,
    #[error("Request entity too large")]
    TooLarge,
    #[error("Interaction has already been acknowledged.")]
    AlreadyAcknowledged,
    #[error("Missing Access")]
    MissingAccess,
    #[error("Cannot edit a message authored by another user")]
    ForeignMessage,
    #[error("Cannot send an empty message")]
    EmptyMessage,
    #[error("Missing Permissions")]
    MissingPermissions,
    #[error("Cannot execute action on this channel type")]
    WrongChannelType,
    #[error("Cannot execute action on a system message")]
    SystemMessage,
    #[error("Invalid Webhook Token")]
    InvalidWebhookToken,
    #[error("Invalid Form Body")]
    Form(FormErrors),
    #[error("Thread is archived")]
    ArchivedThread,
    #[error("The request body contains invalid JSON.")]
    InvalidJson,
    #[error("A thread has already been created for this message")]
    ThreadExists,
}

impl ApiError {
    /// The HTTP status.
    pub(crate) const fn status(&self) -> u16 {
        match self {
            Self::Unauthorized | Self::InvalidWebhookToken => 401,
            Self::MissingAccess
            | Self::ForeignMessage
            | Self::MissingPermissions
            | Self::SystemMessage => 403,
            Self::UnknownRoute
            | Self::UnknownChannel
            | Self::UnknownGuild
            | Self::UnknownMember
            | Self::UnknownMessage
            | Self::UnknownUser
            | Self::UnknownWebhook
            | Self::UnknownInteraction
            | Self::UnknownCommand => 404,
            Self::TooLarge => 413,
            Self::UnknownEmoji
            | Self::TooManyReactions
            | Self::AlreadyAcknowledged
            | Self::EmptyMessage
            | Self::WrongChannelType
            | Self::Form(_)
            | Self::ArchivedThread
            | Self::InvalidJson
            | Self::ThreadExists => 400,
        }
    }

    /// The JSON error code.
    pub(crate) const fn code(&self) -> u32 {
        match self {
            Self::Unauthorized | Self::UnknownRoute => 0,
            Self::UnknownChannel => 10_003,
            Self::UnknownGuild => 10_004,
            Self::UnknownMember => 10_007,
            Self::UnknownMessage => 10_008,
            Self::UnknownUser => 10_013,
            Self::UnknownEmoji => 10_014,
            Self::UnknownWebhook => 10_015,
            Self::UnknownInteraction => 10_062,
            Self::UnknownCommand => 10_063,
            Self::TooManyReactions => 30_010,
            Self::TooLarge => 40_005,
            Self::AlreadyAcknowledged => 40_060,
            Self::MissingAccess => 50_001,
            Self::ForeignMessage => 50_005,
            Self::EmptyMessage => 50_006,
            Self::MissingPermissions => 50_013,
            Self::SystemMessage => 50_021,
            Self::WrongChannelType => 50_024,
            Self::InvalidWebhookToken => 50_027,
            Self::Form(_) => 50_035,
            Self::ArchivedThread => 50_083,
            Self::InvalidJson => 50_109,
            Self::ThreadExists => 160_004,
        }
    }

    /// The body that goes with the status.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"message": self.to_string(), "code": self.code()});
        if let Self::Form(errors) = self {
            body["errors"] = errors.tree();
        }
        body
    }

    /// One wrong field. `path` is dotted: `embeds.0.title`.
    pub(crate) fn field(path: &str, code: &'static str, message: impl Into<String>) -> Self {
        let mut errors = FormErrors::default();
        errors.add(path, code, message);
        Self::Form(errors)
    }
}

/// What is wrong in a request body, field by field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FormErrors(Vec<FieldError>);

#[derive(Clone, Debug, PartialEq)]
struct FieldError {
    path: String,
    code: &'static str,
    message: String,
}

impl FormErrors {
    pub(crate) fn add(&mut self, path: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError {
            path: path.to_owned(),
            code,
            message: message.into(),
        });
    }

    /// `Ok` when nothing was wrong.
    pub(crate) fn into_result(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Form(self))
        }
    }

    /// Discord nests the errors by field and puts lists under `_errors`.
    fn tree(&self) -> Value {
        let mut root = json!({});
        for error in &self.0 {
            let mut node = &mut root;
            for step in error.path.split('.').filter(|step| !step.is_empty()) {
                node = &mut node[step];
            }
            let entry = json!({"code": error.code, "message": error.message});
            match node.get_mut("_errors").and_then(Value::as_array_mut) {
                Some(list) => list.push(entry),
                None => node["_errors"] = json!([entry]),
            }
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_is_told_in_discords_shape() {
        let error = ApiError::field("embeds.0.title", "BASE_TYPE_MAX_LENGTH", "Must be shorter.");
        assert_eq!(
            error.body(),
            json!({
                "message": "Invalid Form Body",
                "code": 50035,
                "errors": {"embeds": {"0": {"title": {"_errors": [
                    {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be shorter."}
                ]}}}}
            })
        );
    }
}
