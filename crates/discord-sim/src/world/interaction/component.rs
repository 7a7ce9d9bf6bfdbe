//! People click buttons and choose from selects.

use serde_json::{Value, json};

use crate::body::ComponentKind;
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};
use crate::wire;
use crate::world::{Owners, World};

use super::{InteractionKind, Opened, Resolver, SlashError};

impl World {
    /// A person uses a component of a message: a button with no values, a select with some.
    pub(crate) fn use_component(
        &mut self,
        user: UserId,
        (channel, message): (ChannelId, MessageId),
        custom_id: &str,
        values: &[String],
    ) -> Result<InteractionId, SlashError> {
        let none = || SlashError::NoComponent(custom_id.to_owned());
        let found = self.any_message(channel, message).ok_or_else(none)?;
        if found.only_for.is_some_and(|only| only != user) {
            return Err(none());
        }
        let answered = found.interaction.and_then(|id| self.interactions.get(&id));
        let opened = Opened {
            user,
            channel,
            owners: answered.map_or(Owners::Guild, |answered| answered.owners),
        };
        let shown = wire::components(self, found);
        let component = find_component(&shown, custom_id).ok_or_else(none)?;
        if component.get("disabled") == Some(&json!(true)) {
            return Err(none());
        }
        let component = component.clone();
        let mut data = json!({
            "custom_id": custom_id,
            "component_type": component["type"],
            "id": component["id"],
        });
        let kind = ComponentKind::of(component["type"].as_u64().unwrap_or(0));
        if kind.is_some_and(ComponentKind::is_select) {
            let mut resolver = Resolver::new(self, user, channel);
            let chosen = choose(&component, values, &mut resolver)
                .ok_or_else(|| SlashError::BadField(values.join(", ")))?;
            let told = resolver.resolved;
            data["values"] = chosen;
            if told != json!({}) {
                data["resolved"] = told;
            }
        }
        let kind = InteractionKind::Component(message);
        Ok(self.open_interaction(opened, kind, custom_id, data))
    }
}

/// What a person chose from a select, as ids or option values; `None` when it takes no such choice.
pub(super) fn choose(
    select: &Value,
    values: &[String],
    resolver: &mut Resolver<'_>,
) -> Option<Value> {
    let bound = |name: &str| select.get(name).and_then(Value::as_u64);
    let least = bound("min_values").unwrap_or(1);
    let most = bound("max_values").unwrap_or(1);
    let given = u64::try_from(values.len()).ok()?;
    if !(least..=most).contains(&given) {
        return None;
    }
    let kind = ComponentKind::of(select.get("type")?.as_u64()?)?;
    let mut chosen = Vec::new();
    for value in values {
        chosen.push(if kind == ComponentKind::UserSelect {
            resolver.user(value)?
        } else if kind == ComponentKind::RoleSelect {
            resolver.role(value)?
        } else if kind == ComponentKind::MentionableSelect {
            resolver.user(value).or_else(|| resolver.role(value))?
        } else if kind == ComponentKind::ChannelSelect {
            let kinds = select.get("channel_types").and_then(Value::as_array);
            let kinds = kinds.into_iter().flatten().filter_map(Value::as_u64);
            let kinds: Vec<u8> = kinds.filter_map(|kind| kind.try_into().ok()).collect();
            resolver.channel(value, &kinds)?
        } else {
            offered(select, value)?
        });
    }
    Some(Value::Array(chosen))
}

/// The value of the option that has this value or label.
fn offered(select: &Value, wanted: &str) -> Option<Value> {
    let options = select.get("options")?.as_array()?;
    let option = options
        .iter()
        .find(|option| option["value"] == wanted || option["label"] == wanted)?;
    option.get("value").cloned()
}

/// Finds a component by its `custom_id`, at every depth.
pub(super) fn find_component<'a>(components: &'a [Value], custom_id: &str) -> Option<&'a Value> {
    components.iter().find_map(|component| {
        if component.get("custom_id").and_then(Value::as_str) == Some(custom_id) {
            return Some(component);
        }
        let below = component.get("components").and_then(Value::as_array);
        let below = below.and_then(|below| find_component(below, custom_id));
        let beside = || {
            let beside = component
                .get("accessory")
                .or_else(|| component.get("component"))?;
            find_component(std::slice::from_ref(beside), custom_id)
        };
        below.or_else(beside)
    })
}
