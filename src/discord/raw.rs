//! Events that serenity knows and cannot read would vanish without a word; here they leave one.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use serenity::all::{Context, Event, RawEventHandler};
use tokio::sync::Notify;

use super::Link;

/// Events that this room lives on, in the gateway's own names (events/gateway-events).
const WANTED: [&str; 9] = [
    "READY",
    "RESUMED",
    "GUILD_CREATE",
    "MESSAGE_CREATE",
    "INTERACTION_CREATE",
    "CHANNEL_CREATE",
    "THREAD_CREATE",
    "THREAD_UPDATE",
    "THREAD_LIST_SYNC",
];

/// Logs and counts events of wanted kinds that could not be read.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) link: Link,
    /// What it told is read back.
    pub(super) gap: Arc<Notify>,
    /// A session has begun of which serenity knows nothing.
    pub(super) deaf: Arc<Notify>,
}

#[async_trait]
impl RawEventHandler for Unread {
    async fn raw_event(&self, context: Context, event: Event) {
        let Event::Unknown(event) = event else {
            return;
        };
        if !WANTED.contains(&event.kind.as_str()) {
            return;
        }
        self.link.unread();
        // Its content is other people's words and stays out of the log.
        tracing::error!(kind = %event.kind, id = ?event.value.get("id"), "an event could not be read");
        match event.kind.as_str() {
            "READY" => self.deaf.notify_one(),
            "INTERACTION_CREATE" => apologize(&context, &event.value).await,
            _ => self.gap.notify_one(),
        }
    }
}

/// Somebody waits for an answer, and would only see that the bot did not respond.
async fn apologize(context: &Context, interaction: &Value) {
    let id = interaction["id"]
        .as_str()
        .and_then(|id| id.parse::<u64>().ok());
    let (Some(id), Some(token)) = (id.filter(|id| *id != 0), interaction["token"].as_str()) else {
        return;
    };
    let answer = json!({
        // 4: a message, 64: seen only by the person (interactions/receiving-and-responding).
        "type": 4,
        "data": {
            "content": "This could not be understood, and nothing was done. Please tell the \
                        operator of this bot.",
            "flags": 64,
            "allowed_mentions": { "parse": [] },
        },
    });
    let sent = context
        .http
        .create_interaction_response(id.into(), token, &answer, Vec::new())
        .await;
    if let Err(error) = sent {
        tracing::warn!(%error, "and nobody could be told");
    }
}
