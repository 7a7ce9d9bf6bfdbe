//! What Discord answers when it refuses a request, in Discord's numbers and words
//! (Discord: topics/opcodes-and-status-codes).

use serde_json::{Value, json};
use thiserror::Error;

use crate::journal::ViolationKind;

macro_rules! refusals {
    ($($name:ident $status:literal $code:literal $text:literal;)*) => {
        /// A refusal, as the client of the REST API sees it: HTTP status, JSON error code and words.
        #[derive(Clone, Debug, PartialEq, Error)]
        pub(crate) enum ApiError {
            #[error("Invalid Form Body")]
            Form(FormErrors),
            $(#[error($text)] $name,)*
        }

        impl ApiError {
            /// The HTTP status.
            pub(crate) const fn status(&self) -> u16 {
                match self { Self::Form(_) => 400, $(Self::$name => $status),* }
            }

            /// The JSON error code.
            pub(crate) const fn code(&self) -> u32 {
                match self { Self::Form(_) => 50_035, $(Self::$name => $code),* }
            }
        }
    };
}

refusals! {
    Unauthorized 401 0 "401: Unauthorized";
    UnknownRoute 404 0 "404: Not Found";
    NoSuchFile 404 0 "This content is no longer available.";
    UnknownChannel 404 10_003 "Unknown Channel";
    UnknownGuild 404 10_004 "Unknown Guild";
    UnknownMember 404 10_007 "Unknown Member";
    UnknownMessage 404 10_008 "Unknown Message";
    UnknownOverwrite 404 10_009 "Unknown permission overwrite";
    UnknownRole 404 10_011 "Unknown Role";
    UnknownUser 404 10_013 "Unknown User";
    UnknownEmoji 400 10_014 "Unknown Emoji";
    UnknownWebhook 404 10_015 "Unknown Webhook";
    UnknownTag 404 10_087 "Unknown tag";
    UnknownInteraction 404 10_062 "Unknown interaction";
    UnknownCommandPermissions 404 10_066 "Unknown application command permissions";
    UnknownCommand 404 10_063 "Unknown application command";
    TooManyReactions 400 30_010 "Maximum number of reactions reached (20)";
    TooManyPins 400 30_003 "Maximum number of pins reached for the channel (250)";
    TooManyCommands 400 30_032 "Maximum number of application commands reached (100)";
    TooManyThreadMembers 400 30_033 "Maximum number of thread participants has been reached (1000)";
    TooManyCreates 429 30_034 "Max number of daily application command creates has been reached (200)";
    TooManyOldEdits 429 30_046 "Maximum number of edits to messages older than 1 hour reached. Try again later";
    TooLarge 413 40_005 "Request entity too large";
    TooManyFollowUps 400 40_094 "This interaction has hit the maximum number of follow ups";
    AlreadyAcknowledged 400 40_060 "Interaction has already been acknowledged.";
    TagRequired 400 40_067 "A tag is required to create a forum post in this channel";
    MissingAccess 403 50_001 "Missing Access";
    ForeignMessage 403 50_005 "Cannot edit a message authored by another user";
    EmptyMessage 400 50_006 "Cannot send an empty message";
    NoDirectMessages 403 50_007 "Cannot send messages to this user";
    NotATextChannel 400 50_008 "Cannot send messages in a non-text channel";
    MissingPermissions 403 50_013 "Missing Permissions";
    SystemMessage 403 50_021 "Cannot execute action on a system message";
    WrongChannelType 400 50_024 "Cannot execute action on this channel type";
    InvalidWebhookToken 401 50_027 "Invalid Webhook Token";
    InvalidRole 400 50_028 "Invalid Role";
    TooOldToBulkDelete 400 50_034 "You can only bulk delete messages that are under 14 days old.";
    ArchivedThread 400 50_083 "Thread is archived";
    InvalidJson 400 50_109 "The request body contains invalid JSON.";
    ReplyWithoutHistory 403 160_002 "Cannot reply without permission to read message history";
    ThreadExists 400 160_004 "A thread has already been created for this message";
    LockedThread 400 160_005 "Thread is locked";
    TooManyThreads 400 160_006 "Maximum number of active threads reached";
}

impl ApiError {
    /// The rule that a well-behaved bot breaks with such a request; `None` for what can happen to
    /// every bot, because the world changes behind its back.
    pub(crate) const fn violation(&self) -> Option<ViolationKind> {
        if matches!(self, Self::UnknownRoute) {
            Some(ViolationKind::UnknownRoute)
        } else if matches!(
            self,
            Self::Form(_)
                | Self::TooLarge
                | Self::TooManyReactions
                | Self::TooManyCommands
                | Self::TooManyCreates
                | Self::TooManyFollowUps
                | Self::TooManyOldEdits
        ) {
            Some(ViolationKind::OverLimit)
        } else if matches!(self, Self::ForeignMessage) {
            Some(ViolationKind::ForeignEdit)
        } else {
            None
        }
    }

    /// The body that goes with the status.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({"message": self.to_string(), "code": self.code()});
        if let Self::Form(errors) = self {
            body["errors"] = errors.tree();
        }
        if self.status() == 429 {
            // These are counts and no rate limits; Discord tells them as if they were.
            body["retry_after"] = json!(60.0);
            body["global"] = json!(false);
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
