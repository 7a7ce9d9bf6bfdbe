//! People use what the bot offers: commands in menus, buttons, selects, options that complete.

use std::future::{Ready, ready};
use std::sync::Arc;

use serde_json::Value;

use crate::ids::{ChannelId, InteractionId, UserId};
use crate::shared::Core;
use crate::world::SlashError;

use super::actor::must;
use super::{Actor, InteractionRef, MessageRef};

impl Actor {
    /// Clicks the button with this `custom_id`.
    ///
    /// # Panics
    ///
    /// When the message has no such button, or it is disabled, or the person does not see it.
    pub fn clicks(&self, message: MessageRef, custom_id: &str) -> Ready<InteractionRef> {
        self.selects(message, custom_id, [])
    }

    /// Chooses from the select with this `custom_id`: values or labels of its options, or the names or
    /// ids of users, roles or channels.
    ///
    /// # Panics
    ///
    /// When the message has no such select, or it does not take the choice.
    pub fn selects<'a>(
        &self,
        message: MessageRef,
        custom_id: &str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Ready<InteractionRef> {
        let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
        self.must_use("use the component", |core| {
            let at = (message.channel, message.id);
            core.world.use_component(self.id(), at, custom_id, &values)
        })
    }

    /// Types `typed` into an option that the bot completes; `options` are what the others have.
    ///
    /// # Panics
    ///
    /// When there is no such command or the option is not completed.
    pub fn completes<'a, V: Into<Value>>(
        &self,
        channel: impl Into<ChannelId>,
        line: &str,
        options: impl IntoIterator<Item = (&'a str, V)>,
        focused: (&str, &str),
    ) -> Ready<InteractionRef> {
        let options: Vec<(String, Value)> = options
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let channel = channel.into();
        self.must_use("type into the option", |core| {
            core.world
                .autocomplete(self.id(), channel, line, &options, focused)
        })
    }

    /// Uses a command from the menu of a user.
    ///
    /// # Panics
    ///
    /// When there is no such command.
    pub fn uses_on_user(
        &self,
        channel: impl Into<ChannelId>,
        command: &str,
        target: UserId,
    ) -> Ready<InteractionRef> {
        let channel = channel.into();
        self.must_use("use the command", |core| {
            core.world.use_on_user(self.id(), channel, command, target)
        })
    }

    /// Uses a command from the menu of a message.
    ///
    /// # Panics
    ///
    /// When there is no such command.
    pub fn uses_on_message(&self, command: &str, target: MessageRef) -> Ready<InteractionRef> {
        self.must_use("use the command", |core| {
            let (channel, message) = (target.channel, target.id);
            core.world
                .use_on_message(self.id(), channel, command, message)
        })
    }

    fn must_use(
        &self,
        what: &str,
        act: impl FnOnce(&mut Core) -> Result<InteractionId, SlashError>,
    ) -> Ready<InteractionRef> {
        let id = must(what, self.shared.act(act));
        ready(InteractionRef::new(Arc::clone(&self.shared), id))
    }
}
