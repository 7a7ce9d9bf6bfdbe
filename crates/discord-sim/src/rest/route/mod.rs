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
    /// Deletes several messages.
    BulkDelete(ChannelId);
    /// Reads pinned messages.
    Pins(ChannelId);
    /// Reads pinned messages over the old route.
    OldPins(ChannelId);
    /// Pins a message.
    Pin(ChannelId, MessageId);
    /// Unpins a message.
    Unpin(ChannelId, MessageId);
    /// Lists who reacted with an emoji.
    Reactions(ChannelId, MessageId, String);
    /// Removes somebody else's reaction.
    RemoveReactionOf(ChannelId, MessageId, String, UserId);
    /// Removes all reactions with an emoji.
    ClearReaction(ChannelId, MessageId, String);
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
    /// Leaves a thread.
    LeaveThread(ChannelId);
    /// Adds a member to a thread.
    AddThreadMember(ChannelId, UserId);
    /// Removes a member from a thread.
    RemoveThreadMember(ChannelId, UserId);
    /// Reads a thread member.
    ThreadMember(ChannelId, UserId);
    /// Lists a thread's members.
    ThreadMembers(ChannelId);
    /// Lists archived threads of a channel.
    ArchivedThreads(ChannelId, Archive);
    /// Lists the guilds that the bot is in.
    MyGuilds;
    /// Leaves a guild.
    LeaveGuild(GuildId);
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
    /// Changes a command.
    EditCommand(CommandScope, CommandId);
    /// Reads who may use the commands of a guild.
    CommandsPermissions(GuildId);
    /// Reads who may use a command.
    CommandPermissions(GuildId, CommandId);
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

/// Which archived threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Archive {
    Public,
    Private,
    /// Private ones that the bot has joined.
    Joined,
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
            | Self::BulkDelete(channel)
            | Self::Pins(channel)
            | Self::OldPins(channel)
            | Self::Pin(channel, _)
            | Self::Unpin(channel, _)
            | Self::Reactions(channel, _, _)
            | Self::RemoveReactionOf(channel, _, _, _)
            | Self::ClearReaction(channel, _, _)
            | Self::AddReaction(channel, _, _)
            | Self::RemoveReaction(channel, _, _)
            | Self::ClearReactions(channel, _)
            | Self::Typing(channel)
            | Self::ThreadFromMessage(channel, _)
            | Self::ThreadWithout(channel)
            | Self::JoinThread(channel)
            | Self::LeaveThread(channel)
            | Self::AddThreadMember(channel, _)
            | Self::RemoveThreadMember(channel, _)
            | Self::ThreadMember(channel, _)
            | Self::ThreadMembers(channel)
            | Self::ArchivedThreads(channel, _) => Some(*channel),
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
            | Self::MyGuilds
            | Self::LeaveGuild(_)
            | Self::User(_)
            | Self::ListCommands(_)
            | Self::PutCommands(_)
            | Self::CreateCommand(_)
            | Self::GetCommand(..)
            | Self::EditCommand(..)
            | Self::CommandsPermissions(_)
            | Self::CommandPermissions(..)
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
