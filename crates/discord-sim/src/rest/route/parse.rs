//! From method and path to a route.

use axum::http::Method;

use crate::ids::{ChannelId, GuildId, MessageId};
use crate::rest::call::decode;
use crate::world::CommandScope;

use super::{Archive, Route, Which};

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
        ["users", "@me", "guilds", guild] if method == Method::DELETE => {
            Some(Route::LeaveGuild(guild.parse().ok()?))
        }
        ["users", "@me", "channels"] if method == Method::POST => Some(Route::CreateDm),
        _ if method != Method::GET => None,
        ["gateway"] => Some(Route::Gateway),
        ["gateway", "bot"] => Some(Route::GatewayBot),
        ["users", "@me", "guilds"] => Some(Route::MyGuilds),
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
        ("PUT", ["permissions", holder]) => Route::PutOverwrite(channel, holder.parse().ok()?),
        ("DELETE", ["permissions", holder]) => {
            Route::DeleteOverwrite(channel, holder.parse().ok()?)
        }
        ("POST", ["typing"]) => Route::Typing(channel),
        ("POST", ["threads"]) => Route::ThreadWithout(channel),
        ("GET", ["threads", "archived", "public"]) => {
            Route::ArchivedThreads(channel, Archive::Public)
        }
        ("GET", ["threads", "archived", "private"]) => {
            Route::ArchivedThreads(channel, Archive::Private)
        }
        ("GET", ["users", "@me", "threads", "archived", "private"]) => {
            Route::ArchivedThreads(channel, Archive::Joined)
        }
        (method, ["thread-members", rest @ ..]) => return in_thread(method, channel, rest),
        ("GET", ["messages"]) => Route::ListMessages(channel),
        ("POST", ["messages"]) => Route::PostMessage(channel),
        ("POST", ["messages", "bulk-delete"]) => Route::BulkDelete(channel),
        ("GET", ["messages", "pins"]) => Route::Pins(channel),
        ("GET", ["pins"]) => Route::OldPins(channel),
        ("PUT", ["messages", "pins", message] | ["pins", message]) => {
            Route::Pin(channel, message.parse().ok()?)
        }
        ("DELETE", ["messages", "pins", message] | ["pins", message]) => {
            Route::Unpin(channel, message.parse().ok()?)
        }
        (method, ["messages", message, rest @ ..]) => {
            return on_message(method, channel, message.parse().ok()?, rest);
        }
        _ => return None,
    };
    Some(route)
}

fn in_thread(method: &str, channel: ChannelId, steps: &[&str]) -> Option<Route> {
    let route = match (method, steps) {
        ("GET", []) => Route::ThreadMembers(channel),
        ("PUT", ["@me"]) => Route::JoinThread(channel),
        ("DELETE", ["@me"]) => Route::LeaveThread(channel),
        ("PUT", [user]) => Route::AddThreadMember(channel, user.parse().ok()?),
        ("DELETE", [user]) => Route::RemoveThreadMember(channel, user.parse().ok()?),
        ("GET", [user]) => Route::ThreadMember(channel, user.parse().ok()?),
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
        ("GET", ["reactions", emoji]) => Route::Reactions(channel, message, (*emoji).to_owned()),
        ("DELETE", ["reactions", emoji]) => {
            Route::ClearReaction(channel, message, (*emoji).to_owned())
        }
        ("DELETE", ["reactions", emoji, user]) => {
            Route::RemoveReactionOf(channel, message, (*emoji).to_owned(), user.parse().ok()?)
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
        (method, ["members", user, "roles", role]) => {
            let (user, role) = (user.parse().ok()?, role.parse().ok()?);
            match method {
                "PUT" => Route::GiveRole(guild, user, role),
                "DELETE" => Route::TakeRole(guild, user, role),
                _ => return None,
            }
        }
        ("GET", ["roles"]) => Route::Roles(guild),
        ("POST", ["roles"]) => Route::CreateRole(guild),
        ("GET", ["roles", role]) => Route::Role(guild, role.parse().ok()?),
        ("PATCH", ["roles", role]) => Route::EditRole(guild, role.parse().ok()?),
        ("DELETE", ["roles", role]) => Route::DeleteRole(guild, role.parse().ok()?),
        _ => return None,
    };
    Some(route)
}

fn commands(method: &Method, steps: &[&str]) -> Option<Route> {
    let (scope, rest) = match steps {
        ["commands", rest @ ..] => (CommandScope::Global, rest),
        ["guilds", guild, "commands", "permissions"] if method == Method::GET => {
            return Some(Route::CommandsPermissions(guild.parse().ok()?));
        }
        ["guilds", guild, "commands", id, "permissions"] if method == Method::GET => {
            let (guild, id) = (guild.parse().ok()?, id.parse().ok()?);
            return Some(Route::CommandPermissions(guild, id));
        }
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
        ("PATCH", [id]) => Route::EditCommand(scope, id.parse().ok()?),
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
