//! Slash commands, one file a command.
//!
//! Discord waits three seconds for a first sign (interactions/receiving-and-responding): the first
//! thing that a command awaits is [`asked`] or [`introduced`], which gives it. What a command says is
//! seen by its caller only, and mentions nobody; what is news for a place goes there by the outbox.

mod answer;
mod approvals;
mod auth;
mod cancel;
mod grants;
mod haste;
mod health;
mod login;
mod mishap;
mod offers;
mod permission;
mod program;
mod session;
mod sight;
mod wait;

use std::sync::Arc;

use serenity::all::{CommandInteraction, CreateCommand};
use thiserror::Error;

pub(super) use cancel::late;
pub(super) use haste::Haste;

use super::{
    Link,
    arrivals::Arrivals,
    caller::{Caller, Signs},
    chat::nobody,
    controls,
    copies::Copies,
    failure::meaning,
    house::House,
    people::People,
    places::Places,
};
use crate::{
    access::{Action, Permit, Refusal},
    admission::TooFast,
    delivery::{Chat, ChatError},
    session::SessionError,
    words::{GuildId, Place},
};

/// What commands work with.
pub(super) struct Desk {
    pub(super) house: Arc<dyn House>,
    pub(super) places: Arc<Places>,
    pub(super) people: Arc<People>,
    pub(super) guild: GuildId,
    pub(super) link: Link,
    pub(super) haste: Haste,
    pub(super) chat: Arc<dyn Chat>,
    pub(super) arrivals: Arc<Arrivals>,
    pub(super) copies: Arc<Copies>,
}

type Context<'a> = poise::ApplicationContext<'a, Desk, CommandError>;

/// Why a command could not do what was asked.
#[derive(Debug, Error)]
pub(super) enum CommandError {
    /// He may not.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// He uses more commands than a person can mean.
    #[error("That was quick. Use a command again in {} s.", .0.seconds())]
    TooFast(TooFast),
    /// It was called where Baton does not work.
    #[error("Baton does not work here. Use it in a channel of its own server.")]
    Elsewhere,
    /// The house failed.
    #[error(transparent)]
    House(#[from] SessionError),
    /// Discord failed.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// He cannot be told anything.
    #[error("nothing can be told to whoever did this: {0}")]
    Untold(ChatError),
}

impl From<TooFast> for CommandError {
    fn from(too_fast: TooFast) -> Self {
        Self::TooFast(too_fast)
    }
}

impl From<serenity::Error> for CommandError {
    fn from(error: serenity::Error) -> Self {
        Self::Chat(meaning(&error))
    }
}

/// The commands and how they are run.
pub(super) fn framework() -> poise::FrameworkOptions<Desk, CommandError> {
    poise::FrameworkOptions {
        commands: vec![
            cancel::cancel(),
            approvals::approvals(),
            grants::grants(),
            session::session(),
            wait::wait(),
            permission::permission(),
            health::health(),
            login::login(),
            auth::auth(),
        ],
        allowed_mentions: Some(nobody()),
        initialize_owners: false,
        command_check: Some(haste::check),
        on_error: |error| Box::pin(mishap::explain(error)),
        event_handler: |framework, event| {
            Box::pin(async move {
                if let serenity::all::FullEvent::InteractionCreate { interaction } = event {
                    let context = framework.serenity_context;
                    controls::answer(framework.user_data, context, interaction).await;
                }
                Ok(())
            })
        },
        prefix_options: poise::PrefixFrameworkOptions {
            // A mention starts a conversation, not a command.
            mention_as_prefix: false,
            ..poise::PrefixFrameworkOptions::default()
        },
        ..poise::FrameworkOptions::default()
    }
}

/// The commands as Discord is told of them.
pub(super) fn told(options: &poise::FrameworkOptions<Desk, CommandError>) -> Vec<CreateCommand> {
    poise::builtins::create_application_commands(&options.commands)
}

/// Gives the first sign, then finds out who asks where, and whether he may.
async fn asked(context: Context<'_>, action: Action) -> Result<Permit, CommandError> {
    let caller = introduced(context).await?;
    caller.permit(context, action).await
}

/// Gives the first sign, then finds out who asks where.
async fn introduced(context: Context<'_>) -> Result<Caller, CommandError> {
    answer::think(context).await?;
    caller(context).await
}

impl Caller {
    /// May he do it here?
    async fn permit(&self, context: Context<'_>, action: Action) -> Result<Permit, CommandError> {
        self.permit_at(context, self.place, action).await
    }

    /// May he do it there?
    async fn permit_at(
        &self,
        context: Context<'_>,
        place: Place,
        action: Action,
    ) -> Result<Permit, CommandError> {
        let house = &context.data().house;
        Ok(house.authorize(&self.person, place, action).await??)
    }
}

async fn caller(context: Context<'_>) -> Result<Caller, CommandError> {
    let cache = &context.serenity_context().cache;
    Caller::of(context.data(), cache, signs(context.interaction)).await
}

/// What the use of a command says of who uses it where.
fn signs(used: &CommandInteraction) -> Signs<'_> {
    Signs {
        user: &used.user,
        member: used.member.as_deref(),
        guild: used.guild_id,
        channel: used.channel_id,
        told: used.channel.as_ref(),
    }
}
