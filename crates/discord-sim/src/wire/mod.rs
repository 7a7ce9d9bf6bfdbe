//! How things look in JSON: the shapes of REST answers and gateway events, with every field that
//! Discord's documents require. It reads the world and changes nothing.

mod channel;
mod command;
mod guild;
mod interaction;
mod message;
mod user;

pub(crate) use channel::{channel, new_thread, thread_list_sync, thread_member};
pub(crate) use command::command;
pub(crate) use guild::{guild, guild_create, role, role_event, role_gone, unavailable};
pub(crate) use interaction::{callback_answer, interaction};
pub(crate) use message::{message, message_event, message_gone, reaction_event, reactions_cleared};
pub(crate) use user::{
    application, current_user, member, member_event, member_gone, partial_member, typing, user,
};
