//! A schema together with all that it refers to, as one small document.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// `components` of the description, as text.
#[derive(Debug)]
pub(super) struct Components(BTreeMap<String, BTreeMap<String, Box<RawValue>>>);

impl Components {
    pub(super) const fn new(text: BTreeMap<String, BTreeMap<String, Box<RawValue>>>) -> Self {
        Self(text)
    }

    /// What `#/components/<kind>/<name>` refers to.
    pub(super) fn get(&self, reference: &str) -> Option<Value> {
        let (kind, name) = split(reference)?;
        let text = self.0.get(kind)?.get(name)?;
        serde_json::from_str(text.get()).ok()
    }

    /// A document of its own for `schema`: with the components that it reaches and no others, since
    /// a validator looks at all of its document.
    pub(super) fn bundle(&self, schema: &Value) -> Value {
        let mut root = schema.clone();
        let mut wanted = Vec::new();
        prepare(&mut root, &mut wanted);
        let mut found: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        while let Some(reference) = wanted.pop() {
            let Some((kind, name)) = split(&reference) else {
                continue;
            };
            if found
                .get(kind)
                .is_some_and(|known| known.contains_key(name))
            {
                continue;
            }
            if let Some(mut component) = self.get(&reference) {
                prepare(&mut component, &mut wanted);
                let of_kind = found.entry(kind.to_owned()).or_default();
                of_kind.insert(name.to_owned(), component);
            }
        }
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "allOf": [root],
            "components": found,
        })
    }
}

fn split(reference: &str) -> Option<(&str, &str)> {
    reference.strip_prefix("#/components/")?.split_once('/')
}

/// Collects the references in a schema, and lets values fit more than one branch of a union:
/// Discord's description says `oneOf` where its branches overlap (its README warns of that).
fn prepare(schema: &mut Value, references: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(union) = fields.remove("oneOf") {
                match fields.get_mut("allOf").and_then(Value::as_array_mut) {
                    Some(all) => all.push(json!({"anyOf": union})),
                    None => {
                        fields.insert("allOf".to_owned(), json!([{"anyOf": union}]));
                    }
                }
            }
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                references.push(reference.to_owned());
            }
            for value in fields.values_mut() {
                prepare(value, references);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| prepare(value, references)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
