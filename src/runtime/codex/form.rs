//! What an MCP server asks people with a form: its fields become questions, and their answers its content.
//!
//! A form may have the flat fields that MCP allows (2025-11-25). One that cannot be asked, and one that asks for a
//! secret, is declined: what people answer to an agent others can read.

mod secret;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

/// How a server asks with a form.
const FORM: &str = "form";

/// Questions that are asked at once, and options of one, as chats have room for.
const MOST_FIELDS: usize = 4;
const MOST_OPTIONS: usize = 25;

/// What whoever answers has to know.
const WARNING: &str = "Write no password or code here: everybody here can read it.";

/// What stands between several options that were chosen.
const BETWEEN: &str = ", ";

/// The option that leaves a field empty.
const EMPTY: &str = "Leave empty";

/// The options of a field that is a yes or a no.
const YES: &str = "Yes";
const NO: &str = "No";

/// What is read of a form, in bytes: what is longer nobody would read.
const MOST: usize = 16 * 1024;

/// What a question of a server comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    /// It wants a yes or a no.
    Plain,
    /// It wants answers to these questions.
    Questions(Vec<Value>),
    /// Nobody is asked; what the model is told.
    Declined(String),
}

/// What a server asks (`mcpServer/elicitation/request`).
pub(super) fn read(params: &Value) -> Form {
    let declined = |why: &str| {
        Form::Declined(format!(
            "The form of the MCP server was declined, as {why}."
        ))
    };
    match params["mode"].as_str() {
        Some("url") => return Form::Plain,
        Some(FORM) => {}
        _ => return declined("people cannot answer a form of this kind here"),
    }
    let schema = &params["requestedSchema"];
    let said = secret::texts(&[&params["message"], schema]);
    if said.iter().map(|text| text.len()).sum::<usize>() > MOST {
        return declined("it is too long");
    }
    let Some(fields) = schema["properties"].as_object() else {
        return declined("it has no fields that can be read");
    };
    if fields.is_empty() {
        return Form::Plain;
    }
    if fields.len() > MOST_FIELDS {
        return declined(&format!("it has more than {MOST_FIELDS} fields"));
    }
    if said.iter().any(|text| secret::is_named_in(text)) {
        return declined("it asks for a secret, which must not be written into a chat");
    }
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let mut questions = Vec::new();
    for (name, field) in fields {
        let is_required = required.iter().any(|one| one == name.as_str());
        match question(params, name, field, is_required) {
            Some(question) => questions.push(question),
            None => {
                return declined(
                    "one of its fields is of a kind that people cannot be asked for here",
                );
            }
        }
    }
    Form::Questions(questions)
}

fn question(params: &Value, name: &str, field: &Value, is_required: bool) -> Option<Value> {
    let kind = field["type"].as_str()?;
    let mut options: Vec<(String, Value)> = match kind {
        "boolean" => vec![(YES.to_owned(), json!(true)), (NO.to_owned(), json!(false))],
        "array" => choices(&field["items"])?,
        "string" => choices(field).unwrap_or_default(),
        "number" | "integer" => Vec::new(),
        _ => return None,
    };
    let is_many = kind == "array";
    if options.len() + usize::from(!is_required) > MOST_OPTIONS {
        return None;
    }
    let mut seen = HashSet::new();
    let are_told_apart = options.iter().all(|(label, _)| {
        let is_label = !label.is_empty() && label != EMPTY;
        is_label && seen.insert(label) && !(is_many && label.contains(BETWEEN))
    });
    if !are_told_apart {
        return None;
    }
    if !is_required {
        options.push((EMPTY.to_owned(), Value::Null));
    }
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let title = Some(text(&field["title"])).filter(|title| !title.is_empty());
    // First of all, as what is long is cut at its end.
    let mut asked = format!(
        "The MCP server `{}` asks. {WARNING}\n{}\n{}",
        text(&params["serverName"]),
        text(&params["message"]),
        title.as_deref().unwrap_or(name)
    );
    let hints = [text(&field["description"]), hint(field)];
    for hint in hints.iter().filter(|hint| !hint.is_empty()) {
        asked.push_str(": ");
        asked.push_str(hint);
    }
    let options: Vec<Value> = options
        .into_iter()
        .map(|(label, value)| json!({"label": label, "description": "", "value": value}))
        .collect();
    Some(
        json!({"answer_key": name, "question": asked, "header": name, "multiSelect": is_many,
        "options": options, "field": field}),
    )
}

/// What there is to choose from; `None` if it is not a choice.
fn choices(field: &Value) -> Option<Vec<(String, Value)>> {
    let named = |one: &Value| {
        let label = one["title"].as_str().or(one["const"].as_str())?;
        Some((label.to_owned(), one["const"].clone()))
    };
    if let Some(all) = field["oneOf"].as_array().or(field["anyOf"].as_array()) {
        return all.iter().map(named).collect();
    }
    let labels = &field["enumNames"];
    let all = field["enum"].as_array()?.iter().enumerate();
    all.map(|(n, value)| {
        let label = labels[n].as_str().or(value.as_str())?;
        Some((label.to_owned(), value.clone()))
    })
    .collect()
}

/// How a field has to be answered.
fn hint(field: &Value) -> String {
    let bounds = [
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "format",
        "minItems",
        "maxItems",
    ]
    .iter()
    .filter(|key| !field[**key].is_null())
    .map(|key| {
        format!(
            "{key} {}",
            field[*key]
                .as_str()
                .map_or(field[*key].to_string(), str::to_owned)
        )
    });
    let kind = field["type"]
        .as_str()
        .filter(|kind| matches!(*kind, "number" | "integer"));
    kind.map(str::to_owned)
        .into_iter()
        .chain(bounds)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The content of a form that people have answered; an error is what the model is told instead.
pub(super) fn content(questions: &Value, answers: &Value) -> Result<Value, String> {
    let mut content = Map::new();
    for question in questions.as_array().into_iter().flatten() {
        let name = question["answer_key"].as_str().unwrap_or("");
        let answer = answers[name].as_str().unwrap_or("");
        let value = value(question, answer).ok_or_else(|| {
            format!("The form of the MCP server was declined, as `{name}` was not answered with what it may be.")
        })?;
        if !value.is_null() {
            content.insert(name.to_owned(), value);
        }
    }
    Ok(Value::Object(content))
}

/// What an answer means for a field, null for nothing; `None` if the field cannot be that.
fn value(question: &Value, answer: &str) -> Option<Value> {
    let field = &question["field"];
    let options = question["options"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let option = |label: &str| {
        let found = options.iter().find(|option| option["label"] == label)?;
        Some(found["value"].clone())
    };
    let answer = answer.trim();
    if answer == EMPTY {
        return option(EMPTY);
    }
    let kind = field["type"].as_str()?;
    match kind {
        "array" => {
            let chosen: Option<Vec<Value>> = answer.split(BETWEEN).map(option).collect();
            let chosen = chosen.filter(|all| !all.contains(&Value::Null))?;
            within(field, "minItems", "maxItems", count(chosen.len()))
                .then_some(Value::Array(chosen))
        }
        "integer" => {
            let number: i64 = answer.parse().ok()?;
            within(field, "minimum", "maximum", answer.parse().ok()?).then(|| json!(number))
        }
        "number" => {
            let number: f64 = answer
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())?;
            within(field, "minimum", "maximum", number).then(|| json!(number))
        }
        "string" if choices(field).is_none() => {
            let length = count(answer.chars().count());
            within(field, "minLength", "maxLength", length).then(|| json!(answer))
        }
        _ => option(answer),
    }
}

fn count(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

fn within(field: &Value, least: &str, most: &str, is: f64) -> bool {
    field[least].as_f64().is_none_or(|least| is >= least)
        && field[most].as_f64().is_none_or(|most| is <= most)
}

#[cfg(test)]
mod tests;
