//! Events that arrive twice, late, broken or never.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::gateway::{Event, EventKind};
use crate::ids::ChannelId;

/// Which events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchRule {
    /// Only of this kind.
    #[serde(default)]
    event: Option<EventKind>,
    /// Only in this channel or thread.
    #[serde(default)]
    channel: Option<ChannelId>,
    /// Only with this text somewhere in its JSON.
    #[serde(default)]
    containing: Option<String>,
    /// How many; `None` for all.
    #[serde(default = "crate::rules::once")]
    times: Option<u32>,
}

/// What happens to an event. Messages and interactions exist all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DispatchFault {
    /// It is dispatched twice, with two sequence numbers.
    Duplicate,
    /// It is dispatched after the next `by` events.
    Overtaken {
        /// How many events go first.
        by: u32,
    },
    /// One of its fields has a type that no client can read.
    Malformed,
    /// It has a field of so many bytes that nobody knows.
    Padded {
        /// The size of the field's text.
        bytes: usize,
    },
    /// It is never dispatched.
    Lost,
}

impl DispatchRule {
    /// All events.
    pub const fn any() -> Self {
        Self {
            event: None,
            channel: None,
            containing: None,
            times: Some(1),
        }
    }

    /// The events of one kind.
    pub const fn of(event: EventKind) -> Self {
        let mut rule = Self::any();
        rule.event = Some(event);
        rule
    }

    /// Only in this channel or thread.
    #[must_use]
    pub fn in_channel(mut self, channel: impl Into<ChannelId>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Only events with this text somewhere in their JSON.
    #[must_use]
    pub fn containing(mut self, text: impl Into<String>) -> Self {
        self.containing = Some(text.into());
        self
    }

    /// Takes this many events; a rule takes one unless told otherwise.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Takes every event.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.times = None;
        self
    }

    fn takes(&self, event: &Event) -> bool {
        let channel = || {
            event
                .data
                .get("channel_id")
                .and_then(Value::as_str)?
                .parse()
                .ok()
        };
        self.times != Some(0)
            && self.event.is_none_or(|kind| kind == event.kind)
            && (self.channel.is_none() || self.channel == channel())
            && self
                .containing
                .as_ref()
                .is_none_or(|text| event.data.to_string().contains(text))
    }
}

/// The rules for events, oldest first, and the events that others overtake.
#[derive(Debug, Default)]
pub(crate) struct DispatchFaults {
    rules: Vec<(DispatchRule, DispatchFault)>,
    /// Events with how many still go first.
    held: Vec<(u32, Event)>,
}

/// What is dispatched instead of an event, and what was done to it.
#[derive(Debug, Default)]
pub(crate) struct Dispatched {
    pub(crate) events: Vec<Event>,
    pub(crate) fault: Option<DispatchFault>,
}

impl DispatchFaults {
    pub(crate) fn add(&mut self, rule: DispatchRule, fault: DispatchFault) {
        self.rules.push((rule, fault));
    }

    /// Lets the first rule that takes an event act on it.
    pub(crate) fn pass(&mut self, event: Event) -> Dispatched {
        let found = self.rules.iter_mut().find(|(rule, _)| rule.takes(&event));
        let fault = found.map(|(rule, fault)| {
            rule.times = rule.times.map(|times| times - 1);
            *fault
        });
        self.rules.retain(|(rule, _)| rule.times != Some(0));
        let mut events = match fault {
            None => vec![event],
            Some(DispatchFault::Duplicate) => vec![event.clone(), event],
            Some(DispatchFault::Malformed) => vec![malformed(event)],
            Some(DispatchFault::Padded { bytes }) => vec![padded(event, bytes)],
            Some(DispatchFault::Lost) => Vec::new(),
            Some(DispatchFault::Overtaken { by }) => {
                self.held.push((by, event));
                return Dispatched {
                    events: Vec::new(),
                    fault,
                };
            }
        };
        self.overtake(&mut events);
        Dispatched { events, fault }
    }

    /// Adds the held events that enough others have overtaken.
    fn overtake(&mut self, events: &mut Vec<Event>) {
        let passing = u32::try_from(events.len()).unwrap_or(u32::MAX);
        for (left, _) in &mut self.held {
            *left = left.saturating_sub(passing);
        }
        let due = self.held.extract_if(.., |(left, _)| *left == 0);
        events.extend(due.map(|(_, event)| event));
    }

    /// Forgets the rules and gives back the events that were held.
    pub(super) fn clear(&mut self) -> Vec<Event> {
        self.rules.clear();
        self.held.drain(..).map(|(_, event)| event).collect()
    }
}

/// The field to break in the events whose `id` clients do not read first.
const FIELDS: [(EventKind, &str); 9] = [
    (EventKind::MessageCreate, "author"),
    (EventKind::InteractionCreate, "entitlements"),
    (EventKind::TypingStart, "timestamp"),
    (EventKind::MessageReactionAdd, "message_id"),
    (EventKind::MessageReactionRemove, "message_id"),
    (EventKind::MessageReactionRemoveAll, "message_id"),
    (EventKind::GuildMemberAdd, "user"),
    (EventKind::GuildMemberUpdate, "user"),
    (EventKind::GuildMemberRemove, "user"),
];

/// Breaks a field that every client reads. Messages and interactions keep their ids, so that a
/// client can still tell what it could not read.
fn malformed(mut event: Event) -> Event {
    let known = FIELDS.iter().find(|(kind, _)| *kind == event.kind);
    let field = known.map_or("id", |(_, field)| field);
    event.data[field] = json!({"simulated": "malformed"});
    event
}

fn padded(mut event: Event, bytes: usize) -> Event {
    event.data["simulated_padding"] = json!("x".repeat(bytes));
    event
}
