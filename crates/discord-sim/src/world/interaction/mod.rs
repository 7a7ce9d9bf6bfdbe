//! Interactions: the 3-second first answer, the 15-minute token, the answer and what follows it
//! (Discord: interactions/receiving-and-responding).

mod component;
mod modal;
mod offer;
mod resolve;
mod slash;

use serde_json::Value;

use crate::body::ChoiceBody;
use crate::error::ApiError;
use crate::gateway::EventKind;
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};
use crate::journal::{Fact, ViolationKind};
use crate::limits;
use crate::permission::Permission;
use crate::wire;

use super::{Draft, Owners, World, flag};
pub use offer::{Choice, SlashError};
use resolve::Resolver;

/// What a person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InteractionKind {
    /// Used a slash command.
    Slash,
    /// Used a command from the menu of a user or a message.
    Menu,
    /// Types into an option that the bot completes.
    Autocomplete,
    /// Clicked a button or chose from a menu, on this message.
    Component(MessageId),
    /// Filled in a modal.
    Modal {
        /// The interaction that was answered with the modal.
        opener: InteractionId,
        /// The message whose component that was.
        message: Option<MessageId>,
    },
}

impl InteractionKind {
    /// Discord's interaction type.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Slash | Self::Menu => 2,
            Self::Component(_) => 3,
            Self::Autocomplete => 4,
            Self::Modal { .. } => 5,
        }
    }

    /// The message that the interaction came from.
    pub(crate) const fn message(self) -> Option<MessageId> {
        match self {
            Self::Component(message) => Some(message),
            Self::Modal { message, .. } => message,
            Self::Slash | Self::Menu | Self::Autocomplete => None,
        }
    }
}

/// The first answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ack {
    /// A message at once (type 4).
    Message,
    /// "Thinking…", with nothing after it yet (type 5).
    Deferred,
    /// "Thinking…", answered since.
    Filled,
    /// A component's message will be changed, or not at all (type 6).
    DeferredUpdate,
    /// A component's message was changed (type 7).
    Updated,
    /// Choices (type 8).
    Choices(Vec<ChoiceBody>),
    /// A modal (type 9).
    Modal(Value),
}

/// One use of a command or component.
#[derive(Clone, Debug)]
pub(crate) struct Interaction {
    pub(crate) id: InteractionId,
    pub(crate) token: String,
    pub(crate) kind: InteractionKind,
    /// The command as a person would write it, or the component's `custom_id`.
    pub(crate) name: String,
    pub(crate) user: UserId,
    pub(crate) channel: ChannelId,
    pub(crate) owners: Owners,
    pub(crate) created_ms: i64,
    pub(crate) data: Value,
    pub(crate) ack: Option<Ack>,
    /// First answers of which the bot was not told (yet) what became of them.
    pub(crate) untold: u32,
    /// The message that `@original` means.
    pub(crate) original: Option<MessageId>,
    pub(crate) follow_ups: Vec<MessageId>,
}

/// Who does something where, and on whose behalf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) user: UserId,
    pub(super) channel: ChannelId,
    pub(super) owners: Owners,
}

impl World {
    /// Stores an interaction and tells the bot.
    pub(super) fn open_interaction(
        &mut self,
        Opened {
            user,
            channel,
            owners,
        }: Opened,
        kind: InteractionKind,
        name: &str,
        data: Value,
    ) -> InteractionId {
        let id = InteractionId::new(self.next_id());
        let interaction = Interaction {
            id,
            token: format!("sim-interaction-token-{id}"),
            kind,
            name: name.to_owned(),
            user,
            channel,
            owners,
            created_ms: self.now_ms(),
            data,
            ack: None,
            untold: 0,
            original: None,
            follow_ups: Vec::new(),
        };
        let event = wire::interaction(self, &interaction);
        self.interactions.insert(id, interaction);
        self.note(Fact::InteractionCreated {
            interaction: id,
            user,
            what: name.to_owned(),
        });
        // An interaction reaches the bot even where it cannot see the channel.
        self.emit(EventKind::InteractionCreate, event);
        id
    }

    /// The interaction that a first answer is for, if it may still come.
    pub(crate) fn awaiting_ack(
        &mut self,
        id: InteractionId,
        token: &str,
    ) -> Result<Interaction, ApiError> {
        let known = self
            .interactions
            .get(&id)
            .filter(|known| known.token == token);
        let interaction = known.cloned().ok_or(ApiError::UnknownInteraction)?;
        let name = &interaction.name;
        if interaction.ack.is_some() {
            // This one is untold itself. Who could not know that an earlier one has arrived may ask.
            if interaction.untold < 2 {
                self.violate(
                    ViolationKind::DoubleAck,
                    format!("{name:?} was answered a second time"),
                );
            }
            return Err(ApiError::AlreadyAcknowledged);
        }
        let waited = self.now_ms() - interaction.created_ms;
        if waited > self.first_answer_ms {
            let detail = format!("{name:?} was answered after {waited} ms");
            self.violate(ViolationKind::LateAck, detail);
            return Err(ApiError::UnknownInteraction);
        }
        Ok(interaction)
    }

    /// A first answer has arrived.
    pub(crate) fn first_answer_arrives(&mut self, id: InteractionId) {
        if let Some(interaction) = self.interactions.get_mut(&id) {
            interaction.untold += 1;
        }
    }

    /// The bot is told what became of it.
    pub(crate) fn first_answer_told(&mut self, id: InteractionId) {
        if let Some(interaction) = self.interactions.get_mut(&id) {
            interaction.untold = interaction.untold.saturating_sub(1);
        }
    }

    /// Writes the first answer down.
    pub(crate) fn acknowledge(&mut self, id: InteractionId, callback: u8, ack: Ack) {
        let now = self.now_ms();
        if let Some(interaction) = self.interactions.get_mut(&id) {
            interaction.ack = Some(ack);
            let after_ms = now - interaction.created_ms;
            self.note(Fact::InteractionAnswered {
                interaction: id,
                callback,
                after_ms,
            });
        }
    }

    /// The interaction whose token is used as a webhook, if it was answered and still lives.
    pub(crate) fn by_token(&mut self, token: &str) -> Result<Interaction, ApiError> {
        let known = self
            .interactions
            .values()
            .find(|known| known.token == token)
            .cloned();
        let interaction = known.ok_or(ApiError::UnknownWebhook)?;
        let name = &interaction.name;
        if self.now_ms() - interaction.created_ms > limits::TOKEN_LIFE_MS {
            let detail = format!("the token of {name:?} was used after 15 minutes");
            self.violate(ViolationKind::DeadToken, detail);
            return Err(ApiError::InvalidWebhookToken);
        }
        if interaction.ack.is_none() {
            // Unless it could not know that its first answer has not arrived.
            if interaction.untold == 0 {
                let detail = format!("the token of {name:?} was used before the first answer");
                self.violate(ViolationKind::DeadToken, detail);
            }
            return Err(ApiError::UnknownWebhook);
        }
        Ok(interaction)
    }

    /// Posts the message that an interaction is answered with. Of who may not use apps of his own for all
    /// to see, he alone sees it (Discord: topics/permissions, `USE_EXTERNAL_APPS`).
    pub(crate) fn post_answer(
        &mut self,
        interaction: &Interaction,
        draft: Draft,
    ) -> Result<MessageId, ApiError> {
        let hidden = interaction.owners.is_user_alone()
            && !self.can(
                interaction.user,
                interaction.channel,
                Permission::UseExternalApps,
            );
        let ephemeral = hidden || draft.flags & flag::EPHEMERAL != 0;
        let flags = draft.flags | if ephemeral { flag::EPHEMERAL } else { 0 };
        let draft = Draft {
            flags,
            interaction: Some(interaction.id),
            only_for: ephemeral.then_some(interaction.user),
            mention_default: super::MentionDefault::Users,
            ..draft
        };
        self.post(self.bot, interaction.channel, draft)
    }

    /// Remembers what `@original` means.
    pub(crate) fn set_original(&mut self, id: InteractionId, message: Option<MessageId>) {
        if let Some(interaction) = self.interactions.get_mut(&id) {
            interaction.original = message;
        }
    }

    /// Remembers a follow-up.
    pub(crate) fn add_follow_up(&mut self, id: InteractionId, message: MessageId) {
        if let Some(interaction) = self.interactions.get_mut(&id) {
            interaction.follow_ups.push(message);
        }
    }

    /// A deferred answer has come.
    pub(crate) fn fill_deferred(&mut self, id: InteractionId) {
        if let Some(interaction) = self.interactions.get_mut(&id)
            && interaction.ack == Some(Ack::Deferred)
        {
            interaction.ack = Some(Ack::Filled);
        }
    }
}
