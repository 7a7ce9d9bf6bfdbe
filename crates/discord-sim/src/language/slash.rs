//! Using a slash command.

use std::future::{IntoFuture, Ready, ready};
use std::sync::Arc;

use serde_json::Value;

use crate::ids::{ChannelId, UserId};
use crate::shared::Shared;
use crate::world::SlashError;

use super::InteractionRef;
use super::actor::must;

/// For commands without options: `slash("health", NO_OPTIONS)`.
pub const NO_OPTIONS: [(&str, &str); 0] = [];

/// A slash command that is about to be used; awaiting it uses it.
#[derive(Clone, Debug)]
#[must_use = "it is used when it is awaited"]
pub struct Slash {
    shared: Arc<Shared>,
    user: UserId,
    line: String,
    options: Vec<(String, Value)>,
    place: Option<SlashPlace>,
}

#[derive(Clone, Copy, Debug)]
enum SlashPlace {
    Channel(ChannelId),
    Dm,
}

impl Slash {
    pub(crate) const fn new(
        shared: Arc<Shared>,
        user: UserId,
        line: String,
        options: Vec<(String, Value)>,
    ) -> Self {
        Self {
            shared,
            user,
            line,
            options,
            place: None,
        }
    }

    /// In this channel or thread.
    pub fn in_(mut self, channel: impl Into<ChannelId>) -> Self {
        self.place = Some(SlashPlace::Channel(channel.into()));
        self
    }

    /// In the DM with the bot.
    pub const fn in_dm(mut self) -> Self {
        self.place = Some(SlashPlace::Dm);
        self
    }

    /// Uses the command, or says why Discord's client would not let a person do so.
    pub fn send(self) -> Result<InteractionRef, SlashError> {
        let nowhere = ChannelId::new(0);
        let used = self.shared.act(|core| {
            let channel = match self.place {
                Some(SlashPlace::Channel(channel)) => channel,
                Some(SlashPlace::Dm) => core.world.dm_with(self.user).unwrap_or(nowhere),
                None => nowhere,
            };
            core.world
                .slash(self.user, channel, &self.line, &self.options)
        });
        used.map(|id| InteractionRef::new(self.shared, id))
    }
}

impl IntoFuture for Slash {
    type Output = InteractionRef;
    type IntoFuture = Ready<InteractionRef>;

    /// # Panics
    ///
    /// When the command is not registered or does not take the options.
    fn into_future(self) -> Self::IntoFuture {
        ready(must(
            "use the command (is `.in_(channel)` missing?)",
            self.send(),
        ))
    }
}
