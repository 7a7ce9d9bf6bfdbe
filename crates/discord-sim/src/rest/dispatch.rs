//! From route to handler.

use crate::error::ApiError;
use crate::world::World;

use super::call::Call;
use super::reply::Reply;
use super::route::Route;
use super::{
    answers, channels, commands, files, guilds, interactions, messages, overwrites, pins,
    reactions, roles, thread_members, threads,
};

/// Carries a request out.
pub(super) fn dispatch(world: &mut World, call: &Call) -> Result<Reply, ApiError> {
    match &call.route {
        Route::Unknown => Err(ApiError::UnknownRoute),
        Route::Gateway => Ok(guilds::gateway(world)),
        Route::GatewayBot => Ok(guilds::gateway_bot(world)),
        Route::Me => Ok(guilds::me(world)),
        Route::Application => Ok(guilds::application(world)),
        Route::MyGuilds => Ok(guilds::mine(world)),
        Route::LeaveGuild(guild) => guilds::leave(world, *guild),
        Route::User(user) => guilds::user(world, *user),
        Route::Guild(guild) => guilds::guild(world, *guild),
        Route::GuildChannels(guild) => guilds::channels(world, *guild),
        Route::CreateGuildChannel(guild) => channels::create(world, call, *guild),
        Route::ActiveThreads(guild) => threads::active(world, *guild),
        Route::Member(guild, user) => guilds::member(world, *guild, *user),
        Route::Members(guild) => guilds::members(world, call, *guild),
        Route::GiveRole(guild, user, role) => roles::give(world, *guild, *user, *role),
        Route::TakeRole(guild, user, role) => roles::take(world, *guild, *user, *role),
        Route::Roles(guild) => roles::list(world, *guild),
        Route::Role(guild, role) => roles::get(world, *guild, *role),
        Route::CreateRole(guild) => roles::create(world, call, *guild),
        Route::EditRole(guild, role) => roles::edit(world, call, *guild, *role),
        Route::DeleteRole(guild, role) => roles::delete(world, *guild, *role),
        Route::CreateDm => channels::create_dm(world, call),
        Route::Channel(channel) => channels::get(world, *channel),
        Route::EditChannel(channel) => channels::edit(world, call, *channel),
        Route::DeleteChannel(channel) => channels::delete(world, *channel),
        Route::PutOverwrite(channel, id) => overwrites::put(world, call, *channel, *id),
        Route::DeleteOverwrite(channel, id) => overwrites::delete(world, *channel, *id),
        Route::Typing(channel) => channels::typing(world, *channel),
        Route::ListMessages(channel) => messages::list(world, call, *channel),
        Route::PostMessage(channel) => messages::post(world, call, *channel),
        Route::GetMessage(channel, message) => messages::get(world, *channel, *message),
        Route::EditMessage(channel, message) => messages::edit(world, call, *channel, *message),
        Route::DeleteMessage(channel, message) => messages::delete(world, *channel, *message),
        Route::BulkDelete(channel) => messages::bulk_delete(world, call, *channel),
        Route::Pins(channel) => pins::list(world, call, *channel),
        Route::OldPins(channel) => pins::list_all(world, *channel),
        Route::Pin(channel, message) => pins::put(world, *channel, *message),
        Route::Unpin(channel, message) => pins::delete(world, *channel, *message),
        Route::Reactions(channel, message, emoji) => {
            reactions::list(world, call, *channel, *message, emoji)
        }
        Route::AddReaction(channel, message, emoji) => {
            reactions::add(world, *channel, *message, emoji)
        }
        Route::RemoveReaction(channel, message, emoji) => {
            reactions::remove(world, *channel, *message, emoji, None)
        }
        Route::RemoveReactionOf(channel, message, emoji, user) => {
            reactions::remove(world, *channel, *message, emoji, Some(*user))
        }
        Route::ClearReaction(channel, message, emoji) => {
            reactions::clear(world, *channel, *message, Some(emoji))
        }
        Route::ClearReactions(channel, message) => {
            reactions::clear(world, *channel, *message, None)
        }
        Route::ThreadFromMessage(channel, message) => {
            threads::from_message(world, call, *channel, *message)
        }
        Route::ThreadWithout(channel) => threads::without(world, call, *channel),
        Route::JoinThread(channel) => thread_members::join(world, *channel),
        Route::LeaveThread(channel) => thread_members::leave(world, *channel),
        Route::AddThreadMember(channel, user) => thread_members::add(world, *channel, *user),
        Route::RemoveThreadMember(channel, user) => thread_members::remove(world, *channel, *user),
        Route::ThreadMember(channel, user) => thread_members::get(world, call, *channel, *user),
        Route::ThreadMembers(channel) => thread_members::list(world, call, *channel),
        Route::ArchivedThreads(channel, which) => threads::archived(world, call, *channel, *which),
        Route::ListCommands(scope) => Ok(commands::list(world, *scope)),
        Route::PutCommands(scope) => commands::put(world, call, *scope),
        Route::CreateCommand(scope) => commands::create(world, call, *scope),
        Route::GetCommand(scope, id) => commands::get(world, *scope, *id),
        Route::EditCommand(scope, id) => commands::edit(world, call, *scope, *id),
        Route::CommandsPermissions(guild) => commands::permissions(world, *guild),
        Route::CommandPermissions(guild, id) => commands::permissions_of(world, *guild, *id),
        Route::DeleteCommand(scope, id) => commands::delete(world, *scope, *id),
        Route::Callback(id, token) => interactions::callback(world, call, *id, token),
        Route::FollowUp(token) => answers::follow_up(world, call, token),
        Route::GetAnswer(token, which) => answers::get(world, token, *which),
        Route::EditAnswer(token, which) => answers::edit(world, call, token, *which),
        Route::DeleteAnswer(token, which) => answers::delete(world, token, *which),
        Route::File(id) => files::get(world, call, *id),
    }
}
