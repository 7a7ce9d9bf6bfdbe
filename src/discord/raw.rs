//! Events that serenity knows and cannot read would vanish without a word; here they leave one.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use serenity::all::{
    Context, CreateInteractionResponse, CreateInteractionResponseMessage, Event, InteractionId,
    InteractionType, RawEventHandler,
};
use tokio::sync::Notify;

use super::{
    Link,
    arrivals::{Admission, Arrivals},
    chat::nobody,
    replies::Ticket,
};

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
    pub(super) arrivals: Arc<Arrivals>,
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
            "INTERACTION_CREATE" => self.apologize(&context, &event.value).await,
            _ => self.gap.notify_one(),
        }
    }
}

impl Unread {
    /// Somebody waits for an answer, and would only see that the bot did not respond.
    async fn apologize(&self, context: &Context, interaction: &Value) {
        let id = interaction["id"]
            .as_str()
            .and_then(|id| id.parse::<u64>().ok());
        let (Some(id), Some(token)) = (id.filter(|id| *id != 0), interaction["token"].as_str())
        else {
            return;
        };
        let id = InteractionId::new(id);
        let kind = interaction["type"].as_u64();
        let kind = kind.and_then(|kind| u8::try_from(kind).ok());
        let kind = InteractionType::from(kind.unwrap_or(0));
        // Who types is offered nothing then, and told nothing.
        let is_typing = kind == InteractionType::Autocomplete;
        if self.arrivals.admit(id, kind) != Admission::InTime || is_typing {
            return;
        }
        let ticket = Ticket {
            http: &context.http,
            id,
            token,
        };
        let answer = CreateInteractionResponse::Message(
            CreateInteractionResponseMessage::new()
                .content(
                    "This could not be understood, and nothing was done. Please tell the operator of this \
                     bot.",
                )
                .ephemeral(true)
                .allowed_mentions(nobody()),
        );
        if let Err(error) = ticket.answer(&self.arrivals, &answer).await {
            tracing::warn!(%error, "and nobody could be told");
        }
    }
}
