//! Discord's routes as values: which there are, and what each is about.

mod parse;

use serde::{Deserialize, Serialize};

use crate::ids::{
    AttachmentId, ChannelId, CommandId, GuildId, HolderId, InteractionId, MessageId, RoleId, UserId,
};
use crate::world::CommandScope;

macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident $(($($field:ty),*))?;)*) => {
        /// A route with the ids in it.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) enum Route { $($name $(($($field),*))?),* }

        /// A route without its ids, to match requests by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum RouteKind { $($(#[$doc])* $name),* }

        impl Route {
            pub(crate) const fn kind(&self) -> RouteKind {
                match self { $(Self::$name { .. } => RouteKind::$name),* }
            }
        }
    };
}

routes! {
    /// No route of Discord, or none that the simulator serves.
    Unknown;
    /// Where the gateway is.
    Gateway;
    /// Where the gateway is, with the session start limit.
    GatewayBot;
    /// The bot's user.
    Me;
    /// The bot's application.
    Application;
    /// Opens a DM.
    CreateDm;
    /// Reads a guild.
    Guild(GuildId);
    /// Reads a guild's channels.
    GuildChannels(GuildId);
    /// Makes a channel.
    CreateGuildChannel(GuildId);
    /// Reads a guild's threads that are not archived.
    ActiveThreads(GuildId);
    /// Reads a member.
    Member(GuildId, UserId);
    /// Lists members.
    Members(GuildId);
    /// Gives a member a role.
    GiveRole(GuildId, UserId, RoleId);
    /// Takes a role from a member.
    TakeRole(GuildId, UserId, RoleId);
    /// Reads a guild's roles.
    Roles(GuildId);
    /// Reads a role.
    Role(GuildId, RoleId);
    /// Makes a role.
    CreateRole(GuildId);
    /// Changes a role.
    EditRole(GuildId, RoleId);
    /// Deletes a role.
    DeleteRole(GuildId, RoleId);
    /// Reads a channel.
    Channel(ChannelId);
    /// Changes a channel or thread.
    EditChannel(ChannelId);
    /// Deletes a channel or thread.
    DeleteChannel(ChannelId);
    /// Sets a permission overwrite.
    PutOverwrite(ChannelId, HolderId);
    /// Removes a permission overwrite.
    DeleteOverwrite(ChannelId, HolderId);
    /// Reads messages.
    ListMessages(ChannelId);
    /// Posts a message.
    PostMessage(ChannelId);
    /// Reads one message.
    GetMessage(ChannelId, MessageId);
    /// Edits a message.
    EditMessage(ChannelId, MessageId);
    /// Deletes a message.
    DeleteMessage(ChannelId, MessageId);
    /// Adds the bot's reaction.
    AddReaction(ChannelId, MessageId, String);
    /// Removes the bot's reaction.
    RemoveReaction(ChannelId, MessageId, String);
    /// Removes all reactions.
    ClearReactions(ChannelId, MessageId);
    /// Shows "is typing".
    Typing(ChannelId);
    /// Starts a thread from a message.
    ThreadFromMessage(ChannelId, MessageId);
    /// Starts a thread from nothing.
    ThreadWithout(ChannelId);
    /// Joins a thread.
    JoinThread(ChannelId);
    /// Reads a user.
    User(UserId);
    /// Lists commands.
    ListCommands(CommandScope);
    /// Replaces all commands.
    PutCommands(CommandScope);
    /// Registers a command.
    CreateCommand(CommandScope);
    /// Reads a command.
    GetCommand(CommandScope, CommandId);
    /// Deletes a command.
    DeleteCommand(CommandScope, CommandId);
    /// Answers an interaction for the first time.
    Callback(InteractionId, String);
    /// Posts a follow-up to an interaction.
    FollowUp(String);
    /// Reads an answer to an interaction.
    GetAnswer(String, Which);
    /// Edits an answer to an interaction.
    EditAnswer(String, Which);
    /// Deletes an answer to an interaction.
    DeleteAnswer(String, Which);
    /// Downloads a file.
    File(AttachmentId);
}

/// Which answer to an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// `@original`.
    Original,
    /// A follow-up, or the original by its id.
    Message(MessageId),
}

impl Route {
    /// The channel that the request is about.
    pub(crate) const fn channel(&self) -> Option<ChannelId> {
        match self {
            Self::Channel(channel)
            | Self::EditChannel(channel)
            | Self::DeleteChannel(channel)
            | Self::PutOverwrite(channel, _)
            | Self::DeleteOverwrite(channel, _)
            | Self::ListMessages(channel)
            | Self::PostMessage(channel)
            | Self::GetMessage(channel, _)
            | Self::EditMessage(channel, _)
            | Self::DeleteMessage(channel, _)
            | Self::AddReaction(channel, _, _)
            | Self::RemoveReaction(channel, _, _)
            | Self::ClearReactions(channel, _)
            | Self::Typing(channel)
            | Self::ThreadFromMessage(channel, _)
            | Self::ThreadWithout(channel)
            | Self::JoinThread(channel) => Some(*channel),
            Self::Unknown
            | Self::Gateway
            | Self::GatewayBot
            | Self::Me
            | Self::Application
            | Self::CreateDm
            | Self::Guild(_)
            | Self::GuildChannels(_)
            | Self::CreateGuildChannel(_)
            | Self::ActiveThreads(_)
            | Self::Member(..)
            | Self::Members(_)
            | Self::GiveRole(..)
            | Self::TakeRole(..)
            | Self::Roles(_)
            | Self::Role(..)
            | Self::CreateRole(_)
            | Self::EditRole(..)
            | Self::DeleteRole(..)
            | Self::User(_)
            | Self::ListCommands(_)
            | Self::PutCommands(_)
            | Self::CreateCommand(_)
            | Self::GetCommand(..)
            | Self::DeleteCommand(..)
            | Self::Callback(..)
            | Self::FollowUp(_)
            | Self::GetAnswer(..)
            | Self::EditAnswer(..)
            | Self::DeleteAnswer(..)
            | Self::File(_) => None,
        }
    }

    /// Whether the bot's token must come with it; interaction tokens are in the path.
    pub(crate) const fn needs_token(&self) -> bool {
        !matches!(
            self,
            Self::Unknown
                | Self::Gateway
                | Self::Callback(..)
                | Self::FollowUp(_)
                | Self::GetAnswer(..)
                | Self::EditAnswer(..)
                | Self::DeleteAnswer(..)
                | Self::File(_)
        )
    }
}
