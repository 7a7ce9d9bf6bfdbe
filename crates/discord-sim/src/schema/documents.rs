//! Where Discord's description and Discord's documents say different things: the documents win (the
//! description says so itself). Everything here has been seen to work with Discord.

use serde_json::{Value, json};

/// Where requests carry permissions.
const PERMISSIONS: [&str; 4] = ["default_member_permissions", "permissions", "allow", "deny"];

/// A request in the words of the description: ids of attachments (resources/message) are numbers in
/// the documents and strings in the description, permissions (topics/permissions)
/// the other way round.
pub(super) fn request(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let mut value = request(value);
                match (key.as_str(), &mut value) {
                    ("attachments", Value::Array(list)) => list.iter_mut().for_each(id_to_text),
                    (key, Value::String(bits)) if PERMISSIONS.contains(&key) => {
                        if let Ok(bits) = bits.parse::<u64>() {
                            value = json!(bits);
                        }
                    }
                    _ => {}
                }
                (key.clone(), value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(request).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => body.clone(),
    }
}

fn id_to_text(attachment: &mut Value) {
    if let Some(id) = attachment.get("id").and_then(Value::as_u64) {
        attachment["id"] = json!(id.to_string());
    }
}

/// A refusal in the words of the description: it says that the code of one wrong field is a number,
/// where the documents (reference, "Error Messages") show names like `BASE_TYPE_REQUIRED`.
pub(super) fn answer(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(errors) = answer.get_mut("errors") {
        names_to_numbers(errors);
    }
    answer
}

fn names_to_numbers(errors: &mut Value) {
    for (key, value) in errors.as_object_mut().into_iter().flatten() {
        match value.as_array_mut() {
            Some(list) if key == "_errors" => {
                for error in list.iter_mut().filter(|error| error["code"].is_string()) {
                    error["code"] = json!(0);
                }
            }
            _ => names_to_numbers(value),
        }
    }
}

/// Whether the documents have a key of a request that the description leaves out: `nsfw` of commands
/// (interactions/application-commands), of which it describes only the answer.
pub(super) fn knows(operation: &str, key: &str) -> bool {
    operation.contains("application_command") && key.rsplit('.').next() == Some("nsfw")
}
