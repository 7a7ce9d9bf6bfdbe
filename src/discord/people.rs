//! Who wrote a message that does not say: messages that are read back carry no roles.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use serenity::{all as sn, http::Http};

use super::{chat::within, ids, inbound};
use crate::{
    delivery::ChatError,
    words::{GuildId, Person, RoleId, UserId},
};

/// "Unknown Member" and "Unknown User" (Discord: opcodes-and-status-codes#json-error-codes).
const GONE: [u32; 2] = [10_007, 10_013];

/// The members that were asked for during one catch-up. Not kept longer: roles change.
#[derive(Debug)]
pub(super) struct People {
    guild: GuildId,
    http: Arc<Http>,
    known: Mutex<HashMap<UserId, Person>>,
}

impl People {
    pub(super) fn new(guild: GuildId, http: Arc<Http>) -> Self {
        Self {
            guild,
            http,
            known: Mutex::default(),
        }
    }

    /// The writer of a message. Who left the guild has no roles any more.
    pub(super) async fn writer(&self, message: &sn::Message) -> Result<Person, ChatError> {
        let id = ids::user(message.author.id);
        if let Some(person) = self.known.lock().get(&id) {
            return Ok(person.clone());
        }
        let person = match member(&self.http, self.guild, id).await? {
            Some(member) => Person {
                id,
                name: inbound::shown(&member.user, member.nick.as_deref()),
                roles: roles(&member),
            },
            None => Person {
                id,
                name: message.author.display_name().to_owned(),
                roles: Vec::new(),
            },
        };
        self.known.lock().insert(id, person.clone());
        Ok(person)
    }
}

/// Somebody as a member of the guild; `None` if he is none (any more).
pub(super) async fn member(
    http: &Http,
    guild: GuildId,
    user: UserId,
) -> Result<Option<sn::Member>, ChatError> {
    match within(http.get_member(ids::to_guild(guild), ids::to_user(user))).await {
        Ok(member) => Ok(Some(member)),
        Err(error) if GONE.iter().any(|code| error.is_code(*code)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A member's roles.
pub(super) fn roles(member: &sn::Member) -> Vec<RoleId> {
    member.roles.iter().copied().map(ids::role).collect()
}
