//! Who wrote a message that does not say: messages that are read back carry no roles.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use serenity::{all as sn, http::Http};

use super::{chat::within, ids, inbound};
use crate::{
    delivery::ChatError,
    words::{GuildId, Person, UserId},
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
        let member = self
            .http
            .get_member(ids::to_guild(self.guild), message.author.id);
        let person = match within(member).await {
            Ok(member) => Person {
                id,
                name: inbound::shown(&member.user, member.nick.as_deref()),
                roles: member.roles.iter().copied().map(ids::role).collect(),
            },
            Err(error) if GONE.iter().any(|code| error.is_code(*code)) => Person {
                id,
                name: message.author.display_name().to_owned(),
                roles: Vec::new(),
            },
            Err(error) => return Err(error),
        };
        self.known.lock().insert(id, person.clone());
        Ok(person)
    }
}
