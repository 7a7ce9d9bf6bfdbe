//! Keys that a schema does not have. Discord's schemas leave out `additionalProperties: false`, and
//! Discord ignores what it does not know; a misspelt setting would be lost in silence.

use std::collections::BTreeSet;

use serde_json::Value;

/// The keys of `value` that no branch of `bundle` has, by their dotted paths.
pub(super) fn unknown(bundle: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    collect_names(bundle, &mut names);
    let search = Search { bundle, names };
    search.walk(&[bundle], value, "", &mut found);
    found
}

struct Search<'a> {
    bundle: &'a Value,
    /// All keys that anything in the bundle can have.
    names: BTreeSet<&'a str>,
}

/// What schemas say about one key of an object.
enum Known<'a> {
    /// No schema of the object lists its keys.
    Anything,
    /// The schemas of the key's value; none when no schema has the key.
    By(Vec<&'a Value>),
}

impl<'a> Search<'a> {
    fn walk(&self, schemas: &[&'a Value], value: &Value, path: &str, found: &mut Vec<String>) {
        let mut meant = Vec::new();
        for schema in schemas {
            self.flatten(schema, value, &mut meant);
        }
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let path = join(path, key);
                    match known(&meant, key) {
                        Known::Anything => {}
                        Known::By(schemas) if !schemas.is_empty() => {
                            self.walk(&schemas, value, &path, found);
                        }
                        // Some clients write all keys that a thing of this sort could have, and say
                        // "none" (poise the bounds, choices and options of every option): nothing is
                        // lost with it.
                        Known::By(_) if is_none(value) && self.names.contains(key.as_str()) => {}
                        Known::By(_) => found.push(path),
                    }
                }
            }
            Value::Array(list) => {
                let items: Vec<&Value> =
                    meant.iter().filter_map(|node| node.get("items")).collect();
                for (place, value) in list.iter().enumerate() {
                    self.walk(&items, value, &join(path, &place.to_string()), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// The plain schemas behind references and unions; of a union the branches whose `type` is the
    /// value's, or all when that leaves none.
    fn flatten(&self, schema: &'a Value, value: &Value, flat: &mut Vec<&'a Value>) {
        if flat.iter().any(|known| std::ptr::eq(*known, schema)) {
            return;
        }
        flat.push(schema);
        if let Some(target) = self.target(schema) {
            self.flatten(target, value, flat);
        }
        for part in list(schema, "allOf") {
            self.flatten(part, value, flat);
        }
        let all = list(schema, "anyOf");
        let of_its_type = all.iter().filter(|branch| self.may_be(branch, value));
        let mut taken: Vec<&Value> = of_its_type.collect();
        if taken.is_empty() {
            taken = all.iter().collect();
        }
        for branch in taken {
            self.flatten(branch, value, flat);
        }
    }

    fn target(&self, schema: &Value) -> Option<&'a Value> {
        let reference = schema.get("$ref")?.as_str()?;
        self.bundle.pointer(reference.strip_prefix('#')?)
    }

    /// Whether the field `type` of a value does not speak against a branch.
    fn may_be(&self, branch: &'a Value, value: &Value) -> bool {
        let branch = self.target(branch).unwrap_or(branch);
        let Some(kind) = value.get("type") else {
            return true;
        };
        let Some(wanted) = branch.pointer("/properties/type") else {
            return branch.get("properties").is_some();
        };
        wanted.get("const").is_none_or(|one| one == kind)
            && (wanted.get("enum").is_none() || list(wanted, "enum").contains(kind))
    }
}

fn known<'a>(flat: &[&'a Value], key: &str) -> Known<'a> {
    let mut schemas = Vec::new();
    let mut lists_keys = false;
    for node in flat {
        if let Some(schema) = node.get("properties").and_then(|all| all.get(key)) {
            schemas.push(schema);
        }
        match node.get("additionalProperties") {
            Some(Value::Bool(true)) => return Known::Anything,
            Some(schema @ Value::Object(_)) => schemas.push(schema),
            _ => {}
        }
        lists_keys |=
            node.get("properties").is_some() || node.get("additionalProperties").is_some();
    }
    if lists_keys {
        Known::By(schemas)
    } else {
        Known::Anything
    }
}

fn collect_names<'a>(schema: &'a Value, names: &mut BTreeSet<&'a str>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    names.extend(
        properties
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str()),
    );
    match schema {
        Value::Object(fields) => fields
            .values()
            .for_each(|value| collect_names(value, names)),
        Value::Array(list) => list.iter().for_each(|value| collect_names(value, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a value says that there is none.
fn is_none(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> &'a [Value] {
    let found = schema.get(key).and_then(Value::as_array);
    found.map(Vec::as_slice).unwrap_or_default()
}

fn join(path: &str, step: &str) -> String {
    if path.is_empty() {
        step.to_owned()
    } else {
        format!("{path}.{step}")
    }
}
