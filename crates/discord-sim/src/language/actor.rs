//! A person (or another bot) of the guild, who acts.

use std::fmt::Display;
use std::future::{Ready, ready};
use std::sync::Arc;

use serde_json::Value;

use crate::error::ApiError;
use crate::ids::{ChannelId, MessageId, UserId};
use crate::locale::Locale;
use crate::permission::Permission;
use crate::shared::{Core, Shared};
use crate::world::{DirectMessages, MessageKind, Patch};

use super::{MessageRef, Say, Slash, StartThread};

/// Somebody who acts. Everything that an actor does happens when it is awaited or, where there is
/// nothing to configure, at once.
#[derive(Clone, Debug)]
pub struct Actor {
    pub(super) shared: Arc<Shared>,
    id: UserId,
}

impl Actor {
    pub(crate) const fn new(shared: Arc<Shared>, id: UserId) -> Self {
        Self { shared, id }
    }

    /// The user's id.
    pub const fn id(&self) -> UserId {
        self.id
    }

    /// Gives the user a role, found by name or new.
    #[must_use]
    pub fn with_role(self, role: &str) -> Self {
        self.shared.act(|core| {
            let role = core.world.role_or_new(core.world.home, role);
            core.world.give_role(core.world.home, self.id, role);
        });
        self
    }

    /// Takes a role away.
    #[must_use]
    pub fn without_role(self, role: &str) -> Self {
        self.shared.act(|core| {
            let role = core.world.role_or_new(core.world.home, role);
            core.world.take_role(core.world.home, self.id, role);
        });
        self
    }

    /// Takes no direct messages of bots from now on.
    pub fn closes_direct_messages(&self) {
        self.shared
            .act(|core| core.world.set_direct(self.id, DirectMessages::Closed));
    }

    /// Takes direct messages of bots again.
    pub fn opens_direct_messages(&self) {
        self.shared
            .act(|core| core.world.set_direct(self.id, DirectMessages::Open));
    }

    /// The channel of direct messages between the bot and the user, opened if there is none.
    pub fn direct_channel(&self) -> ChannelId {
        let opened = self.shared.act(|core| core.world.dm_with(self.id));
        must("open direct messages", opened)
    }

    /// Has a client in another language, by Discord's name of it; until then it is `en-US`. Commands are
    /// offered with the names that the bot gave them in it, and under these alone.
    ///
    /// # Panics
    ///
    /// When Discord's client does not speak it.
    pub fn speaks(&self, locale: &str) {
        let found = Locale::named(locale).ok_or_else(|| format!("{locale} is no locale"));
        let locale = must("choose a language", found);
        self.shared
            .act(|core| core.world.set_locale(self.id, locale));
    }

    /// Installs the bot's application for himself, and has its commands for users wherever he is.
    pub fn installs_the_bot(&self) {
        self.shared.act(|core| core.world.install_for(self.id));
    }

    /// Leaves the guild.
    pub fn leaves(&self) {
        self.shared
            .act(|core| core.world.leave(core.world.home, self.id));
    }

    /// Joins the guild again, which Discord announces in this channel.
    pub fn joins_in(&self, channel: impl Into<ChannelId>) {
        self.shared.act(|core| {
            core.world.join(core.world.home, self.id);
            core.world
                .post_system(channel.into(), self.id, MessageKind::Joined, "");
        });
    }

    /// Says something; `.in_(channel).await` does it. `@bot` in the text becomes a mention of the bot.
    pub fn says(&self, text: impl Into<String>) -> Say {
        Say::new(Arc::clone(&self.shared), self.id, text.into())
    }

    /// Replies to a message, which notifies its author.
    pub fn replies_to(&self, message: MessageRef, text: impl Into<String>) -> Say {
        self.says(text).in_(message.channel).replying_to(message)
    }

    /// Uses a slash command: `slash("session list", [("project", "alpha")]).in_(channel).await`.
    pub fn slash<'a, V: Into<Value>>(
        &self,
        line: &str,
        options: impl IntoIterator<Item = (&'a str, V)>,
    ) -> Slash {
        let options = options
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        Slash::new(Arc::clone(&self.shared), self.id, line.to_owned(), options)
    }

    /// Starts a thread: `.from(message).await` or `.in_(channel).await`.
    pub fn creates_thread(&self, name: impl Into<String>) -> StartThread {
        StartThread::new(Arc::clone(&self.shared), self.id, &name.into())
    }

    /// Changes the text of a message.
    pub fn edits(&self, message: MessageRef, text: &str) -> Ready<()> {
        self.must("edit", |core| {
            let content = mention_bot(core, text);
            let author = core.world.message(message.channel, message.id)?.author;
            if author != self.id {
                return Err(ApiError::ForeignMessage);
            }
            let patch = Patch {
                content: Some(content),
                ..Patch::default()
            };
            core.world.edit(message.channel, message.id, patch)
        })
    }

    /// Deletes a message.
    pub fn deletes(&self, message: MessageRef) -> Ready<()> {
        self.must("delete", |core| {
            core.world.delete(message.channel, message.id)
        })
    }

    /// Puts a reaction on a message.
    pub fn reacts(&self, message: MessageRef, emoji: &str) -> Ready<()> {
        let (channel, id) = (message.channel, message.id);
        self.must("react", |core| {
            core.world.comes_to(self.id, channel);
            core.world
                .for_user(self.id, channel, &[Permission::AddReactions])?;
            core.world.react(self.id, channel, id, emoji)
        })
    }

    /// Takes a reaction back.
    pub fn unreacts(&self, message: MessageRef, emoji: &str) -> Ready<()> {
        let (channel, id): (ChannelId, MessageId) = (message.channel, message.id);
        self.must("unreact", |core| {
            core.world.unreact(self.id, channel, id, emoji)
        })
    }

    /// Starts typing.
    pub fn types_in(&self, channel: impl Into<ChannelId>) -> Ready<()> {
        self.shared
            .act(|core| core.world.typing(self.id, channel.into()));
        ready(())
    }

    fn must<T>(&self, what: &str, act: impl FnOnce(&mut Core) -> Result<T, ApiError>) -> Ready<T> {
        ready(must(what, self.shared.act(act)))
    }
}

/// The value, or a failed test.
#[expect(clippy::panic, reason = "a test language fails the test by panicking")]
pub(super) fn must<T, E: Display>(what: &str, result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("cannot {what}: {error}"))
}

/// Writes `@bot` as Discord's client would send it.
pub(crate) fn mention_bot(core: &Core, text: &str) -> String {
    let world = &core.world;
    text.replace("@bot", &format!("<@{}>", world.bot))
}
