//! What can happen to something that is sent.

use serde_json::{Value, json};

/// A change. Paths are as in JSON Pointer, with `*` for every element of a list or object.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// A field is not there.
    Lose(&'static str),
    /// A field that may be missing is null when it is.
    Null(&'static str),
    /// A text of digits is a number.
    Number(&'static str),
    /// A field has this number.
    Set(&'static str, u64),
    /// A field has this text.
    Text(&'static str, &'static str),
    /// A list is the other way round.
    Reverse,
    /// A list is empty.
    Empty(&'static str),
    /// It is not sent at all.
    Silence,
    /// This status in place of that one; an empty answer becomes an object.
    Status(u16, u16),
}

impl Change {
    /// Makes the change in an answer.
    pub(super) fn answer(&self, status: &mut u16, body: &mut Option<Value>) {
        if let Self::Status(right, wrong) = self {
            if *status == *right {
                *status = *wrong;
                body.get_or_insert_with(|| json!({}));
            }
        } else if let Some(body) = body {
            self.value(body);
        }
    }

    /// Makes the change in a value.
    pub(super) fn value(&self, value: &mut Value) {
        match *self {
            Self::Lose(path) => at(value, path, &mut |parent, key| {
                if let Some(fields) = parent.as_object_mut() {
                    fields.remove(key);
                }
            }),
            Self::Null(path) => at(value, path, &mut |parent, key| {
                if parent.is_object() && parent.get(key).is_none() {
                    parent[key] = Value::Null;
                }
            }),
            Self::Number(path) => at(value, path, &mut |parent, key| {
                let number = parent.get(key).and_then(Value::as_str);
                if let Some(number) = number.and_then(|text| text.parse::<u64>().ok()) {
                    parent[key] = json!(number);
                }
            }),
            Self::Set(path, number) => replace(value, path, &json!(number)),
            Self::Text(path, text) => replace(value, path, &json!(text)),
            Self::Empty(path) => replace(value, path, &json!([])),
            Self::Reverse => {
                if let Some(list) = value.as_array_mut() {
                    list.reverse();
                }
            }
            Self::Silence | Self::Status(..) => {}
        }
    }
}

/// Puts `new` where something is.
fn replace(value: &mut Value, path: &str, new: &Value) {
    at(value, path, &mut |parent, key| {
        if parent.get(key).is_some() {
            parent[key] = new.clone();
        }
    });
}

/// Calls `change` with the parent and the key of every place that the path leads to.
fn at(value: &mut Value, path: &str, change: &mut dyn FnMut(&mut Value, &str)) {
    let path = path.trim_start_matches('/');
    let Some((step, rest)) = path.split_once('/') else {
        change(value, path);
        return;
    };
    match (step, value) {
        ("*", Value::Array(list)) => list.iter_mut().for_each(|item| at(item, rest, change)),
        ("*", Value::Object(fields)) => {
            fields.values_mut().for_each(|item| at(item, rest, change));
        }
        (step, value) => {
            if let Some(next) = value.get_mut(step) {
                at(next, rest, change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_every_element_of_a_list() {
        let mut value = json!({"files": [{"id": "1"}, {"id": "2", "note": "n"}]});
        Change::Null("/files/*/note").value(&mut value);
        Change::Number("/files/*/id").value(&mut value);
        let changed = json!({"files": [{"id": 1, "note": null}, {"id": 2, "note": "n"}]});
        assert_eq!(value, changed);
    }

    #[test]
    fn what_is_not_there_is_not_made() {
        let mut value = json!({"a": {"b": 1}});
        Change::Set("/a/c", 2).value(&mut value);
        Change::Lose("/x/y").value(&mut value);
        Change::Text("/a/b", "one").value(&mut value);
        assert_eq!(value, json!({"a": {"b": "one"}}));
    }
}
