//! What Discord tells of a click, a choice or a form, and how it is answered.

use std::collections::HashMap;

use serenity::all as sn;

use super::{Signs, edited, ids, nobody};
use crate::{
    delivery::{ChatError, Post},
    discord::{arrivals::Arrivals, commands::Desk, replies::Ticket},
    words::{ChannelId, MessageId},
};

/// A use of a button, a list or a form.
pub(super) struct Click<'a> {
    /// The id that says nothing.
    pub(super) control: &'a str,
    pub(super) signs: Signs<'a>,
    pub(super) channel: ChannelId,
    /// The message that it is of.
    message: Option<&'a sn::Message>,
    how: How<'a>,
    ticket: Ticket<'a>,
    arrivals: &'a Arrivals,
}

enum How<'a> {
    Component(&'a sn::ComponentInteraction),
    Form(&'a sn::ModalInteraction),
}

impl<'a> Click<'a> {
    pub(super) fn of(
        desk: &'a Desk,
        context: &'a sn::Context,
        interaction: &'a sn::Interaction,
    ) -> Option<Self> {
        let http = &*context.http;
        let arrivals = &*desk.arrivals;
        match interaction {
            sn::Interaction::Component(used) => Some(Self {
                control: &used.data.custom_id,
                signs: Signs {
                    user: &used.user,
                    member: used.member.as_ref(),
                    guild: used.guild_id,
                    channel: used.channel_id,
                    told: used.channel.as_ref(),
                },
                channel: ids::channel(used.channel_id),
                message: Some(&used.message),
                how: How::Component(used),
                ticket: Ticket {
                    http,
                    id: used.id,
                    token: &used.token,
                },
                arrivals,
            }),
            sn::Interaction::Modal(sent) => Some(Self {
                control: &sent.data.custom_id,
                signs: Signs {
                    user: &sent.user,
                    member: sent.member.as_ref(),
                    guild: sent.guild_id,
                    channel: sent.channel_id,
                    told: sent.channel.as_ref(),
                },
                channel: ids::channel(sent.channel_id),
                message: sent.message.as_deref(),
                how: How::Form(sent),
                ticket: Ticket {
                    http,
                    id: sent.id,
                    token: &sent.token,
                },
                arrivals,
            }),
            sn::Interaction::Command(_)
            | sn::Interaction::Autocomplete(_)
            | sn::Interaction::Ping(_)
            | _ => None,
        }
    }

    /// What was chosen from a list, by its place.
    pub(super) fn chosen(&self) -> Vec<usize> {
        match &self.how {
            How::Component(used) => match &used.data.kind {
                sn::ComponentInteractionDataKind::StringSelect { values } => values
                    .iter()
                    .filter_map(|value| value.parse().ok())
                    .collect(),
                sn::ComponentInteractionDataKind::Button
                | sn::ComponentInteractionDataKind::UserSelect { .. }
                | sn::ComponentInteractionDataKind::RoleSelect { .. }
                | sn::ComponentInteractionDataKind::MentionableSelect { .. }
                | sn::ComponentInteractionDataKind::ChannelSelect { .. }
                | sn::ComponentInteractionDataKind::Unknown(_) => Vec::new(),
            },
            How::Form(_) => Vec::new(),
        }
    }

    /// What was written into a form, by the names of its fields.
    pub(super) fn form(&self) -> Option<HashMap<&'a str, &'a str>> {
        let How::Form(sent) = &self.how else {
            return None;
        };
        let inputs = sent.data.components.iter().flat_map(|row| &row.components);
        Some(
            inputs
                .filter_map(|input| match input {
                    sn::ActionRowComponent::InputText(text) => {
                        Some((text.custom_id.as_str(), text.value.as_deref().unwrap_or("")))
                    }
                    sn::ActionRowComponent::Button(_)
                    | sn::ActionRowComponent::SelectMenu(_)
                    | _ => None,
                })
                .collect(),
        )
    }

    /// Whether it belongs to this message, or to one that only he sees: those have what was shown to him of
    /// the question.
    pub(super) fn is_of(&self, message: MessageId) -> bool {
        self.is_of_a_copy()
            || self
                .message
                .is_some_and(|shown| ids::message(shown.id) == message)
    }

    /// Whether it belongs to a message that only he sees.
    pub(super) fn is_of_a_copy(&self) -> bool {
        self.message.is_some_and(|shown| {
            shown
                .flags
                .is_some_and(|flags| flags.contains(sn::MessageFlags::EPHEMERAL))
        })
    }

    /// With which his answer can be changed for a quarter of an hour.
    pub(super) const fn token(&self) -> &'a str {
        self.ticket.token
    }

    /// Gives the first sign.
    pub(super) async fn think(&self) -> Result<(), ChatError> {
        self.ticket.think(self.arrivals).await
    }

    /// Tells him, and nobody else, in place of a first sign.
    pub(super) async fn turn_away(&self, content: String) -> Result<(), ChatError> {
        let message = sn::CreateInteractionResponseMessage::new()
            .content(content)
            .ephemeral(true)
            .allowed_mentions(nobody());
        self.first(sn::CreateInteractionResponse::Message(message))
            .await
    }

    /// Puts this in place of the message that it belongs to, without buttons.
    pub(super) async fn replace(&self, content: String) -> Result<(), ChatError> {
        let message = sn::CreateInteractionResponseMessage::new()
            .content(content)
            .components(Vec::new())
            .allowed_mentions(nobody());
        self.first(sn::CreateInteractionResponse::UpdateMessage(message))
            .await
    }

    /// Shows a form, which has to be the first answer.
    pub(super) async fn show(&self, form: sn::CreateModal) -> Result<(), ChatError> {
        match &self.how {
            How::Component(_) => self.first(sn::CreateInteractionResponse::Modal(form)).await,
            // A form is never the answer to a form.
            How::Form(_) => self.think().await,
        }
    }

    async fn first(&self, answer: sn::CreateInteractionResponse) -> Result<(), ChatError> {
        self.ticket.answer(self.arrivals, &answer).await
    }

    /// Tells him, and nobody else, after the first sign.
    pub(super) async fn tell(&self, post: Post) -> Result<(), ChatError> {
        let post = post.without(&self.arrivals.secrets);
        self.ticket.tell(edited(post)).await
    }
}
