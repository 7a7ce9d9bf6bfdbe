//! People fill in modals, in the old shape (rows) and the new one (labels).

use serde_json::{Value, json};

use crate::body::ComponentKind;
use crate::ids::InteractionId;
use crate::world::World;

use super::component::{choose, find_component};
use super::{Ack, Interaction, InteractionKind, Opened, Resolver, SlashError};

impl World {
    /// The person who was shown a modal fills it in and sends it off. Fields that are not named keep
    /// what stands in them.
    pub(crate) fn submit(
        &mut self,
        shown_by: InteractionId,
        fields: &[(String, Value)],
    ) -> Result<InteractionId, SlashError> {
        let opener = self.interactions.get(&shown_by).cloned();
        let Some(Interaction {
            ack: Some(Ack::Modal(modal)),
            kind,
            user,
            channel,
            owners,
            ..
        }) = opener
        else {
            return Err(SlashError::NoModal);
        };
        let message = kind.message();
        let parts = modal["components"].as_array().cloned().unwrap_or_default();
        if let Some((name, _)) = fields
            .iter()
            .find(|(name, _)| find_component(&parts, name).is_none())
        {
            return Err(SlashError::BadField(name.clone()));
        }
        let mut resolver = Resolver::new(self, user, channel);
        let filled: Result<Vec<Value>, SlashError> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| fill_part(part, index, fields, &mut resolver))
            .collect();
        let mut data = json!({"custom_id": modal["custom_id"], "components": filled?});
        let told = resolver.resolved;
        if told != json!({}) {
            data["resolved"] = told;
        }
        let name = modal["custom_id"].as_str().unwrap_or_default();
        let kind = InteractionKind::Modal {
            opener: shown_by,
            message,
        };
        let by = Opened {
            user,
            channel,
            owners,
        };
        Ok(self.open_interaction(by, kind, name, data))
    }
}

/// A row with its input, or a label with its component.
fn fill_part(
    part: &Value,
    index: usize,
    fields: &[(String, Value)],
    resolver: &mut Resolver<'_>,
) -> Result<Value, SlashError> {
    let id = part
        .get("id")
        .cloned()
        .unwrap_or_else(|| json!(2 * index + 1));
    let kind = &part["type"];
    if let Some(component) = part.get("component") {
        let filled = fill(component, 2 * index + 2, fields, resolver)?;
        return Ok(json!({"type": kind, "id": id, "component": filled}));
    }
    let Some(row) = part.get("components").and_then(Value::as_array) else {
        return Ok(json!({"type": kind, "id": id}));
    };
    let filled: Result<Vec<Value>, SlashError> = row
        .iter()
        .map(|input| fill(input, 2 * index + 2, fields, resolver))
        .collect();
    Ok(json!({"type": kind, "id": id, "components": filled?}))
}

fn fill(
    component: &Value,
    id: usize,
    fields: &[(String, Value)],
    resolver: &mut Resolver<'_>,
) -> Result<Value, SlashError> {
    let name = component["custom_id"].as_str().unwrap_or_default();
    let given = fields
        .iter()
        .find(|(field, _)| field == name)
        .map(|(_, value)| value);
    let bad = || SlashError::BadField(format!("{given:?} as {name}"));
    let kind = ComponentKind::of(component["type"].as_u64().unwrap_or(0));
    let mut filled = json!({"type": component["type"], "id": id, "custom_id": name});
    if kind == Some(ComponentKind::TextInput) {
        let preset = component["value"].as_str().unwrap_or_default();
        let text = match given {
            Some(value) => value.as_str().ok_or_else(bad)?,
            None => preset,
        };
        filled["value"] = json!(text);
        return if fits(component, text) {
            Ok(filled)
        } else {
            Err(bad())
        };
    }
    let list = given.and_then(Value::as_array).into_iter().flatten();
    let values: Vec<String> = list
        .filter_map(|value| value.as_str().map(str::to_owned))
        .collect();
    filled["values"] = choose(component, &values, resolver).ok_or_else(bad)?;
    Ok(filled)
}

/// Whether a text input takes a text (Discord: components/reference, "Text Input").
fn fits(input: &Value, text: &str) -> bool {
    let bound = |name: &str| input.get(name).and_then(Value::as_u64);
    let length = text.chars().count() as u64;
    if length == 0 && input.get("required") == Some(&json!(false)) {
        return true;
    }
    let least = bound("min_length").unwrap_or(1).max(1);
    (least..=bound("max_length").unwrap_or(4_000)).contains(&length)
}
