//! A use of a command or component, and what the bot makes of it.

use std::sync::Arc;

use serde_json::json;

use crate::SlashError;
use crate::body::drop_nulls;
use crate::ids::InteractionId;
use crate::shared::{Core, Shared};
use crate::world::{Ack, Choice, Interaction};

use super::MessageView;
use super::actor::must;

/// A use of a command or component.
#[derive(Clone, Debug)]
pub struct InteractionRef {
    shared: Arc<Shared>,
    id: InteractionId,
}

impl InteractionRef {
    pub(crate) const fn new(shared: Arc<Shared>, id: InteractionId) -> Self {
        Self { shared, id }
    }

    /// The interaction's id.
    pub const fn id(&self) -> InteractionId {
        self.id
    }

    /// Whether the bot has given a first answer.
    pub fn is_acknowledged(&self) -> bool {
        self.shared
            .look(|core| self.of(core).is_some_and(|found| found.ack.is_some()))
    }

    /// Waits for the first answer of any kind.
    ///
    /// # Panics
    ///
    /// After 90 s; see [`crate::Sim::wait_for`].
    pub async fn acknowledged(&self) {
        let acknowledged = |core: &Core| self.of(core).is_some_and(|found| found.ack.is_some());
        self.shared.wait_for("a first answer", acknowledged).await;
    }

    /// Waits for the answer as a message; "thinking…" is none.
    ///
    /// # Panics
    ///
    /// After 90 s; see [`crate::Sim::wait_for`].
    pub async fn answer(&self) -> MessageView {
        self.shared
            .wait_for("an answer", |core| self.answer_in(core))
            .await
    }

    /// The answer as a message, if it has come; "thinking…" is none.
    pub fn told(&self) -> Option<MessageView> {
        self.shared.look(|core| self.answer_in(core))
    }

    /// The follow-ups so far, oldest first.
    pub fn follow_ups(&self) -> Vec<MessageView> {
        self.shared.look(|core| {
            let Some(found) = self.of(core) else {
                return Vec::new();
            };
            let messages = found.follow_ups.iter();
            messages
                .filter_map(|id| core.world.any_message(found.channel, *id))
                .map(|message| MessageView::of(&core.world, message))
                .collect()
        })
    }

    /// The bytes of the modal or of the choices that the bot answered with, as JSON.
    pub fn data(&self) -> Option<serde_json::Value> {
        self.shared.look(|core| match &self.of(core)?.ack {
            Some(Ack::Choices(choices)) => Some(drop_nulls(json!(choices))),
            Some(Ack::Modal(data)) => Some(data.clone()),
            Some(
                Ack::Message | Ack::Deferred | Ack::Filled | Ack::DeferredUpdate | Ack::Updated,
            )
            | None => None,
        })
    }

    /// What the person who types into an option is offered, with the words of his language.
    pub fn choices(&self) -> Vec<Choice> {
        self.shared.look(|core| {
            let found = self.of(core);
            found.map_or_else(Vec::new, |found| core.world.choices(found))
        })
    }

    /// Fills in the modal that the bot answered with and sends it off: text inputs take a string,
    /// selects a list of values, ids or names.
    ///
    /// # Panics
    ///
    /// When the bot has shown no modal, or it does not take these fields.
    #[must_use = "the bot may answer it"]
    pub fn submits<'a, V: Into<serde_json::Value>>(
        &self,
        fields: impl IntoIterator<Item = (&'a str, V)>,
    ) -> Self {
        must("send the modal", self.try_submits(fields))
    }

    /// The same; an error if Discord's client would not send it off.
    pub fn try_submits<'a, V: Into<serde_json::Value>>(
        &self,
        fields: impl IntoIterator<Item = (&'a str, V)>,
    ) -> Result<Self, SlashError> {
        let fields: Vec<(String, serde_json::Value)> = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let id = self
            .shared
            .act(|core| core.world.submit(self.id, &fields))?;
        Ok(Self::new(Arc::clone(&self.shared), id))
    }

    fn answer_in(&self, core: &Core) -> Option<MessageView> {
        let found = self.of(core)?;
        let message = core.world.any_message(found.channel, found.original?)?;
        let view = MessageView::of(&core.world, message);
        (!view.loading).then_some(view)
    }

    fn of<'a>(&self, core: &'a Core) -> Option<&'a Interaction> {
        core.world.interactions.get(&self.id)
    }
}
