//! Who somebody is in the guild: messages that are read back carry no roles, and what a message said
//! of them is not true for ever. The gateway tells of no members either: without the privileged intents
//! a guild comes with the bot alone.

use std::{collections::HashMap, time::Duration};

use futures::{StreamExt as _, stream};
use parking_lot::Mutex;
use serenity::all as sn;
use tokio::time::{Instant, timeout_at};

use super::{
    failure::{UNKNOWN_MEMBER, UNKNOWN_USER},
    ids, inbound,
    rest::Rest,
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

/// How many names are asked for at once. Discord limits how often it may be asked for members, and who
/// somebody is has to be asked for other things too.
const NAMES: usize = 8;

/// The members whose roles were seen within the last minute.
#[derive(Debug)]
pub(super) struct People {
    guild: GuildId,
    http: Rest,
    known: Mutex<HashMap<UserId, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    at: Instant,
    /// `None` for somebody who is no member.
    member: Option<Person>,
}

impl People {
    pub(super) fn new(guild: GuildId, http: Rest) -> Self {
        Self {
            guild,
            http,
            known: Mutex::default(),
        }
    }

    /// Takes in what an event of this age says of its author. Gives it back if it is to be believed.
    pub(super) fn note(&self, person: Person, age: Duration) -> Option<Person> {
        if age >= FRESH {
            return None;
        }
        if let Some(at) = Instant::now().checked_sub(age) {
            self.keep(person.id, Some(person.clone()), at);
        }
        Some(person)
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
        let member = match self.http.within(found).await {
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

    /// The same as Discord says it now, whatever was believed.
    pub(super) async fn now(&self, id: UserId) -> Result<Option<Person>, ChatError> {
        self.known.lock().remove(&id);
        self.member(id).await
    }

    /// What somebody is in the guild.
    pub(super) async fn standing(&self, id: UserId) -> Result<Standing, ChatError> {
        let member = self.member(id).await?;
        Ok(member.map_or(Standing::Stranger, |person| Standing::Member(person.roles)))
    }

    /// The names of members, to be shown. Names are believed for as long as they are remembered; of the
    /// others a few are asked for, within `patience`. Who has none here may have one the next time.
    pub(super) async fn names(&self, of: &[UserId], patience: Duration) -> HashMap<UserId, String> {
        let until = Instant::now() + patience;
        let is_known = |id: &UserId| {
            let known = self.known.lock();
            let known = known.get(id);
            known.is_some_and(|known| known.member.is_some() || known.at.elapsed() < FRESH)
        };
        let unknown = of.iter().copied().filter(|id| !is_known(id)).take(NAMES);
        let asked =
            stream::iter(unknown.collect::<Vec<_>>()).for_each_concurrent(NAMES, async |id| {
                match self.member(id).await {
                    Ok(_) => {}
                    Err(error) => tracing::debug!(%error, %id, "a name cannot be had"),
                }
            });
        // What came in time is remembered.
        let _ = timeout_at(until, asked).await;
        let known = self.known.lock();
        let name = |id: &UserId| Some((*id, known.get(id)?.member.as_ref()?.name.clone()));
        of.iter().filter_map(name).collect()
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
