//! Components and embeds as Discord gives them back: with ids, and with what was left out.

use serde_json::{Value, json};

use crate::body::ComponentKind;
use crate::world::{Message, World};

/// The components of a message, each with an id; those that the bot numbered keep theirs.
pub(crate) fn components(world: &World, message: &Message) -> Vec<Value> {
    let mut shown = message.components.clone();
    let mut last = 0;
    for component in &mut shown {
        complete(world, message, component, &mut last);
    }
    shown
}

/// Embeds of bots are of the type `rich`.
pub(super) fn embeds(message: &Message) -> Vec<Value> {
    let mut shown = message.embeds.clone();
    for embed in &mut shown {
        set(embed, "type", json!("rich"));
    }
    shown
}

fn complete(world: &World, message: &Message, component: &mut Value, last: &mut u64) {
    if component.get("id").is_none() {
        *last += 1;
        component["id"] = json!(*last);
    }
    let kind = component["type"].as_u64().and_then(ComponentKind::of);
    if kind.is_some_and(ComponentKind::is_select) {
        set(component, "min_values", json!(1));
        set(component, "max_values", json!(1));
    } else if kind == Some(ComponentKind::Container) {
        set(component, "accent_color", Value::Null);
        set(component, "spoiler", json!(false));
    } else if kind == Some(ComponentKind::Separator) {
        set(component, "spacing", json!(1));
        set(component, "divider", json!(true));
    } else if kind == Some(ComponentKind::Thumbnail) {
        unfurl(world, message, component, "media");
    } else if kind == Some(ComponentKind::MediaGallery) {
        let items = component.get_mut("items").and_then(Value::as_array_mut);
        for item in items.into_iter().flatten() {
            unfurl(world, message, item, "media");
        }
    } else if kind == Some(ComponentKind::File) {
        let file = component["file"]["url"].as_str().unwrap_or_default();
        let name = file.trim_start_matches("attachment://").to_owned();
        let mut attached = message.attachments.iter();
        let size = attached
            .find(|attached| attached.filename == name)
            .map_or(0, |attached| attached.size);
        unfurl(world, message, component, "file");
        set(component, "name", json!(name));
        set(component, "size", json!(size));
    }
    let below = component
        .get_mut("components")
        .and_then(Value::as_array_mut);
    for part in below.into_iter().flatten() {
        complete(world, message, part, last);
    }
    if let Some(beside) = component.get_mut("accessory") {
        complete(world, message, beside, last);
    }
}

/// A picture or file: where it is served, and whether it is hidden at first.
fn unfurl(world: &World, message: &Message, item: &mut Value, field: &str) {
    set(item, "spoiler", json!(false));
    set(item, "description", Value::Null);
    let url = item[field]["url"].as_str().unwrap_or_default().to_owned();
    let mut attached = message.attachments.iter();
    let file = attached.find(|file| url == format!("attachment://{}", file.filename));
    let url = file.map_or_else(
        || json!(url),
        |file| super::attachment(world, message.channel, file)["url"].clone(),
    );
    item[field] = json!({"id": message.id, "url": url, "proxy_url": url});
}

/// Sets what was left out.
fn set(value: &mut Value, field: &str, left_out: Value) {
    if value.get(field).is_none() {
        value[field] = left_out;
    }
}
