//! Request bodies, read into types of the simulator's own. A key that no type has is reported (Discord
//! would ignore it, and a misspelt setting would be lost in silence). This module knows neither the
//! world nor HTTP.

mod change;
mod channel;
mod command;
mod component;
mod embed;
mod interaction;
mod message;
mod role;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::ApiError;

pub(crate) use change::Change;
pub(crate) use channel::{ChannelPatch, NewChannel, NewDm, NewThread};
pub(crate) use command::{ChoiceBody, CommandBody, OptionBody};
pub(crate) use component::{Component, ComponentKind};
pub(crate) use embed::Embed;
pub(crate) use interaction::{Callback, CallbackData};
pub(crate) use message::{
    AllowedMentions, AttachmentBody, BulkDelete, MessageBody, MessagePatch, Nonce, ParseKind,
};
pub(crate) use role::{OverwriteBody, OverwritePut, RoleBody};

/// A body and the paths of the keys in it that Discord does not know.
pub(crate) struct Read<T> {
    pub(crate) body: T,
    pub(crate) unknown: Vec<String>,
}

/// Reads `value` as a `T`.
///
/// The types write every field they have, so a key that is in `value` and not in the typed body
/// written back is a key that nobody knows. This works at every depth without a list of names.
pub(crate) fn read<T: DeserializeOwned + Serialize>(value: &Value) -> Result<Read<T>, ApiError> {
    let body: T = serde_json::from_value(value.clone())
        .map_err(|error| ApiError::field("", "BASE_TYPE_BAD_TYPE", error.to_string()))?;
    let known = serde_json::to_value(&body).map_err(|_| ApiError::InvalidJson)?;
    let mut unknown = Vec::new();
    compare(value, &known, "", &mut unknown);
    Ok(Read { body, unknown })
}

fn compare(given: &Value, known: &Value, path: &str, unknown: &mut Vec<String>) {
    if let (Value::Object(given), Value::Object(known)) = (given, known) {
        for (key, value) in given {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            match known.get(key) {
                Some(known) => compare(value, known, &path, unknown),
                None => unknown.push(path),
            }
        }
    } else if let (Value::Array(given), Value::Array(known)) = (given, known) {
        for (index, (given, known)) in given.iter().zip(known).enumerate() {
            compare(given, known, &format!("{path}.{index}"), unknown);
        }
    }
}

/// JSON without the fields that were not given.
pub(crate) fn drop_nulls(mut value: Value) -> Value {
    strip_nulls(&mut value);
    value
}

fn strip_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, field| !field.is_null());
        fields.values_mut().for_each(strip_nulls);
    } else if let Value::Array(list) = value {
        list.iter_mut().for_each(strip_nulls);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn misspelt_keys_are_found_at_every_depth() {
        let read = read::<MessageBody>(&json!({
            "content": "x",
            "allowed_mention": {},
            "embeds": [{"titel": "t", "fields": [{"name": "n", "value": "v", "in_line": true}]}],
        }))
        .unwrap();
        assert_eq!(
            read.unknown,
            [
                "allowed_mention",
                "embeds.0.fields.0.in_line",
                "embeds.0.titel"
            ]
        );
    }

    #[test]
    fn a_body_of_the_wrong_type_is_refused() {
        let refused = read::<MessageBody>(&json!({"content": 1})).map(|_| ());
        assert_eq!(refused.unwrap_err().code(), 50_035);
    }
}
