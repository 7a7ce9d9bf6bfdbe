//! Guilds and their members.

use std::collections::{BTreeMap, BTreeSet};

use crate::gateway::EventKind;
use crate::ids::{GuildId, RoleId, UserId};
use crate::wire;

use super::role::EVERYONE;
use super::{Role, World};

/// A guild.
#[derive(Clone, Debug)]
pub(crate) struct Guild {
    pub(crate) id: GuildId,
    pub(crate) name: String,
    pub(crate) owner: UserId,
    pub(crate) created_ms: i64,
    pub(crate) roles: BTreeMap<RoleId, Role>,
    pub(crate) members: BTreeMap<UserId, Member>,
}

/// A user's membership of a guild.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    pub(crate) joined_ms: i64,
    pub(crate) roles: BTreeSet<RoleId>,
}

impl World {
    /// Makes a guild with the role `@everyone`, whose id is the guild's.
    pub(crate) fn add_guild(&mut self, id: GuildId, name: &str, owner: UserId) {
        let everyone = RoleId::new(id.get());
        let mut role = Role::new(everyone, "@everyone", EVERYONE);
        role.position = 0;
        let guild = Guild {
            id,
            name: name.to_owned(),
            owner,
            created_ms: self.now_ms(),
            roles: BTreeMap::from([(everyone, role)]),
            members: BTreeMap::new(),
        };
        self.guilds.insert(id, guild);
    }

    /// Makes another guild that the bot is in.
    pub(crate) fn new_guild(&mut self, name: &str, owner: UserId) -> GuildId {
        let id = GuildId::new(self.next_id());
        self.add_guild(id, name, owner);
        self.join(id, owner);
        self.join(id, self.bot);
        self.add_bot_role(id, self.bot, self.bot_permissions);
        let data = wire::guild_create(self, id);
        self.emit(EventKind::GuildCreate, data);
        id
    }
}
