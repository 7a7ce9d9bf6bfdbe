//! From route to handler.

use crate::error::ApiError;
use crate::world::World;

use super::call::Call;
use super::reply::Reply;
use super::route::Route;
use super::{
    answers, channels, commands, files, guilds, interactions, messages, overwrites, roles, threads,
};

/// Carries a request out.
pub(super) fn dispatch(world: &mut World, call: &Call) -> Result<Reply, ApiError> {
    match &call.route {
        Route::Unknown => Err(ApiError::UnknownRoute),
        Route::Gateway => Ok(guilds::gateway(world)),
        Route::GatewayBot => Ok(guilds::gateway_bot(world)),
        Route::Me => Ok(guilds::me(world)),
        Route::Application => Ok(guilds::application(world)),
        Route::User(user) => guilds::user(world, *user),
        Route::Guild(guild) => guilds::guild(world, *guild),
        Route::GuildChannels(guild) => guilds::channels(world, *guild),
        Route::CreateGuildChannel(guild) => channels::create(world, call, *guild),
        Route::ActiveThreads(guild) => guilds::active_threads(world, *guild),
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
        Route::AddReaction(channel, message, emoji) => {
            messages::react(world, *channel, *message, emoji)
        }
        Route::RemoveReaction(channel, message, emoji) => {
            messages::unreact(world, *channel, *message, emoji)
        }
        Route::ClearReactions(channel, message) => {
            messages::clear_reactions(world, *channel, *message)
        }
        Route::ThreadFromMessage(channel, message) => {
            threads::from_message(world, call, *channel, *message)
        }
        Route::ThreadWithout(channel) => threads::without(world, call, *channel),
        Route::JoinThread(channel) => threads::join(world, *channel),
        Route::ListCommands(scope) => Ok(commands::list(world, *scope)),
        Route::PutCommands(scope) => commands::put(world, call, *scope),
        Route::CreateCommand(scope) => commands::create(world, call, *scope),
        Route::GetCommand(scope, id) => commands::get(world, *scope, *id),
        Route::DeleteCommand(scope, id) => commands::delete(world, *scope, *id),
        Route::Callback(id, token) => interactions::callback(world, call, *id, token),
        Route::FollowUp(token) => answers::follow_up(world, call, token),
        Route::GetAnswer(token, which) => answers::get(world, token, *which),
        Route::EditAnswer(token, which) => answers::edit(world, call, token, *which),
        Route::DeleteAnswer(token, which) => answers::delete(world, token, *which),
        Route::File(id) => files::get(world, *id),
    }
}
