//! How things look in JSON: the shapes of REST answers and gateway events, with every field that
//! Discord's documents require. It reads the world and changes nothing.

mod channel;
mod command;
mod component;
mod guild;
mod interaction;
mod message;
mod thread;
mod user;

pub(crate) use channel::{channel, new_thread};
pub(crate) use command::{command, command_rules};
pub(crate) use component::components;
pub(crate) use guild::{guild, guild_create, role, role_event, role_gone, unavailable};
pub(crate) use interaction::{callback_answer, interaction};
pub(crate) use message::{
    Texts, attachment, chosen_message, message, message_event, message_gone, messages_gone,
    pins_update, reaction_cleared, reaction_event, reactions_cleared,
};
pub(crate) use thread::{
    full_thread_member, thread_list, thread_list_sync, thread_member, thread_members_update,
};
pub(crate) use user::{
    application, current_user, member, member_event, member_gone, partial_member, typing, user,
};
