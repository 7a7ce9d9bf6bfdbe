//! Who somebody is in the guild: messages that are read back carry no roles, and what a message said
//! of them is not true for ever.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serenity::{all as sn, http::Http};
use tokio::time::Instant;

use super::{
    chat::within,
    failure::{UNKNOWN_MEMBER, UNKNOWN_USER},
    ids, inbound,
};
use crate::{
    delivery::{ChatError, Standing},
    words::{GuildId, Person, RoleId, UserId},
};

/// Discord's answers about somebody who is no member.
const GONE: [u32; 2] = [UNKNOWN_MEMBER, UNKNOWN_USER];

/// How long roles are believed.
const FRESH: Duration = Duration::from_mins(1);

/// Persons that are remembered; more are forgotten all at once.
const KEPT: usize = 10_000;

/// The members whose roles were seen within the last minute.
#[derive(Debug)]
pub(super) struct People {
    guild: GuildId,
    http: Arc<Http>,
    known: Mutex<HashMap<UserId, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    at: Instant,
    /// `None` for somebody who is no member.
    member: Option<Person>,
}

impl People {
    pub(super) fn new(guild: GuildId, http: Arc<Http>) -> Self {
        Self {
            guild,
            http,
            known: Mutex::default(),
        }
    }

    /// Takes in what an event of this age says of its author.
    pub(super) fn note(&self, person: &Person, age: Duration) {
        if let Some(at) = Instant::now().checked_sub(age).filter(|_| age < FRESH) {
            self.keep(person.id, Some(person.clone()), at);
        }
    }

    /// Somebody as a member of the guild; `None` if he is none (any more).
    pub(super) async fn member(&self, id: UserId) -> Result<Option<Person>, ChatError> {
        let known = self.known.lock().get(&id).cloned();
        if let Some(known) = known
            && known.at.elapsed() < FRESH
        {
            return Ok(known.member);
        }
        let found = self
            .http
            .get_member(ids::to_guild(self.guild), ids::to_user(id));
        let member = match within(found).await {
            Ok(member) => Some(Person {
                id,
                name: inbound::shown(&member.user, member.nick.as_deref()),
                roles: roles(&member),
            }),
            Err(error) if GONE.iter().any(|code| error.is_code(*code)) => None,
            Err(error) => return Err(error),
        };
        self.keep(id, member.clone(), Instant::now());
        Ok(member)
    }

    /// What somebody is in the guild.
    pub(super) async fn standing(&self, id: UserId) -> Result<Standing, ChatError> {
        let member = self.member(id).await?;
        Ok(member.map_or(Standing::Stranger, |person| Standing::Member(person.roles)))
    }

    fn keep(&self, id: UserId, member: Option<Person>, at: Instant) {
        let mut known = self.known.lock();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(id, Known { at, member });
    }
}

/// A member's roles.
fn roles(member: &sn::Member) -> Vec<RoleId> {
    member.roles.iter().copied().map(ids::role).collect()
}
