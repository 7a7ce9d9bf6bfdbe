//! Discord's routes as values.

use axum::http::Method;
use serde::{Deserialize, Serialize};

use crate::ids::{AttachmentId, ChannelId, CommandId, GuildId, InteractionId, MessageId, UserId};
use crate::world::CommandScope;

use super::call::decode;

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
    /// Reads a guild's roles.
    Roles(GuildId);
    /// Reads a channel.
    Channel(ChannelId);
    /// Changes a channel or thread.
    EditChannel(ChannelId);
    /// Deletes a channel or thread.
    DeleteChannel(ChannelId);
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
    /// Finds the route of a request; `path` is still percent-encoded.
    pub(crate) fn parse(method: &Method, path: &str) -> Self {
        let steps: Vec<String> = path
            .split('/')
            .filter(|step| !step.is_empty())
            .map(decode)
            .collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let found = match steps.as_slice() {
            ["attachments", _, id, _] => id.parse().ok().map(Self::File),
            ["api", version, rest @ ..] if is_version(version) => api(method, rest),
            ["api", rest @ ..] => api(method, rest),
            _ => None,
        };
        found.unwrap_or(Self::Unknown)
    }

    /// The channel that the request is about.
    pub(crate) const fn channel(&self) -> Option<ChannelId> {
        match self {
            Self::Channel(channel)
            | Self::EditChannel(channel)
            | Self::DeleteChannel(channel)
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
            | Self::Roles(_)
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

fn is_version(step: &str) -> bool {
    step.strip_prefix('v')
        .is_some_and(|number| number.parse::<u8>().is_ok())
}

fn api(method: &Method, steps: &[&str]) -> Option<Route> {
    match steps {
        ["channels", channel, rest @ ..] => in_channel(method, channel.parse().ok()?, rest),
        ["guilds", guild, rest @ ..] => in_guild(method, guild.parse().ok()?, rest),
        ["applications", _, rest @ ..] if !rest.is_empty() => commands(method, rest),
        ["interactions", id, token, "callback"] if method == Method::POST => {
            Some(Route::Callback(id.parse().ok()?, (*token).to_owned()))
        }
        ["webhooks", _, token, rest @ ..] => webhook(method, (*token).to_owned(), rest),
        ["users", "@me", "channels"] if method == Method::POST => Some(Route::CreateDm),
        _ if method != Method::GET => None,
        ["gateway"] => Some(Route::Gateway),
        ["gateway", "bot"] => Some(Route::GatewayBot),
        ["users", "@me"] => Some(Route::Me),
        ["users", user] => Some(Route::User(user.parse().ok()?)),
        ["oauth2", "applications", "@me"] | ["applications", "@me"] => Some(Route::Application),
        _ => None,
    }
}

fn in_channel(method: &Method, channel: ChannelId, steps: &[&str]) -> Option<Route> {
    let route = match (method.as_str(), steps) {
        ("GET", []) => Route::Channel(channel),
        ("PATCH", []) => Route::EditChannel(channel),
        ("DELETE", []) => Route::DeleteChannel(channel),
        ("POST", ["typing"]) => Route::Typing(channel),
        ("POST", ["threads"]) => Route::ThreadWithout(channel),
        ("PUT", ["thread-members", "@me"]) => Route::JoinThread(channel),
        ("GET", ["messages"]) => Route::ListMessages(channel),
        ("POST", ["messages"]) => Route::PostMessage(channel),
        (method, ["messages", message, rest @ ..]) => {
            return on_message(method, channel, message.parse().ok()?, rest);
        }
        _ => return None,
    };
    Some(route)
}

fn on_message(
    method: &str,
    channel: ChannelId,
    message: MessageId,
    steps: &[&str],
) -> Option<Route> {
    let route = match (method, steps) {
        ("GET", []) => Route::GetMessage(channel, message),
        ("PATCH", []) => Route::EditMessage(channel, message),
        ("DELETE", []) => Route::DeleteMessage(channel, message),
        ("POST", ["threads"]) => Route::ThreadFromMessage(channel, message),
        ("DELETE", ["reactions"]) => Route::ClearReactions(channel, message),
        ("PUT", ["reactions", emoji, "@me"]) => {
            Route::AddReaction(channel, message, (*emoji).to_owned())
        }
        ("DELETE", ["reactions", emoji, "@me"]) => {
            Route::RemoveReaction(channel, message, (*emoji).to_owned())
        }
        _ => return None,
    };
    Some(route)
}

fn in_guild(method: &Method, guild: GuildId, steps: &[&str]) -> Option<Route> {
    let route = match (method.as_str(), steps) {
        ("GET", []) => Route::Guild(guild),
        ("GET", ["channels"]) => Route::GuildChannels(guild),
        ("POST", ["channels"]) => Route::CreateGuildChannel(guild),
        ("GET", ["threads", "active"]) => Route::ActiveThreads(guild),
        ("GET", ["members"]) => Route::Members(guild),
        ("GET", ["members", user]) => Route::Member(guild, user.parse().ok()?),
        ("GET", ["roles"]) => Route::Roles(guild),
        _ => return None,
    };
    Some(route)
}

fn commands(method: &Method, steps: &[&str]) -> Option<Route> {
    let (scope, rest) = match steps {
        ["commands", rest @ ..] => (CommandScope::Global, rest),
        ["guilds", guild, "commands", rest @ ..] => {
            (CommandScope::Guild(guild.parse().ok()?), rest)
        }
        _ => return None,
    };
    let route = match (method.as_str(), rest) {
        ("GET", []) => Route::ListCommands(scope),
        ("PUT", []) => Route::PutCommands(scope),
        ("POST", []) => Route::CreateCommand(scope),
        ("GET", [id]) => Route::GetCommand(scope, id.parse().ok()?),
        ("DELETE", [id]) => Route::DeleteCommand(scope, id.parse().ok()?),
        _ => return None,
    };
    Some(route)
}

fn webhook(method: &Method, token: String, steps: &[&str]) -> Option<Route> {
    let which = match steps {
        [] if method == Method::POST => return Some(Route::FollowUp(token)),
        ["messages", "@original"] => Which::Original,
        ["messages", message] => Which::Message(message.parse().ok()?),
        _ => return None,
    };
    match method.as_str() {
        "GET" => Some(Route::GetAnswer(token, which)),
        "PATCH" => Some(Route::EditAnswer(token, which)),
        "DELETE" => Some(Route::DeleteAnswer(token, which)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_percent_decoded_and_any_version_is_taken() {
        let original = Route::EditAnswer("tok".into(), Which::Original);
        let path = "/api/v10/webhooks/1/tok/messages/%40original";
        assert_eq!(Route::parse(&Method::PATCH, path), original);
        let eyes = Route::AddReaction(ChannelId::new(1), MessageId::new(2), "👀".into());
        let path = "/api/channels/1/messages/2/reactions/%F0%9F%91%80/@me";
        assert_eq!(Route::parse(&Method::PUT, path), eyes);
    }

    #[test]
    fn what_discord_does_not_have_is_unknown() {
        assert_eq!(
            Route::parse(&Method::PUT, "/api/v10/channels/1/messages"),
            Route::Unknown
        );
        assert_eq!(
            Route::parse(&Method::GET, "/api/v10/channels/x"),
            Route::Unknown
        );
    }
}
