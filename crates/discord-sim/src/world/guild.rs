//! Guilds and roles.

use std::collections::{BTreeMap, BTreeSet};

use crate::gateway::EventKind;
use crate::ids::{GuildId, RoleId, UserId};
use crate::wire;

use super::World;

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

/// A role.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) position: usize,
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
        let role = Role {
            id: everyone,
            name: "@everyone".to_owned(),
            position: 0,
        };
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
        let data = wire::guild_create(self, id);
        self.emit(EventKind::GuildCreate, data);
        id
    }

    pub(crate) fn add_role(&mut self, guild: GuildId, name: &str) -> RoleId {
        let id = self.next_role_id();
        if let Some(found) = self.guilds.get_mut(&guild) {
            let position = found.roles.len();
            found.roles.insert(
                id,
                Role {
                    id,
                    name: name.to_owned(),
                    position,
                },
            );
        }
        let data = wire::role_event(self, guild, id);
        self.emit(EventKind::GuildRoleCreate, data);
        id
    }

    pub(crate) fn delete_role(&mut self, guild: GuildId, role: RoleId) {
        let Some(found) = self.guilds.get_mut(&guild) else {
            return;
        };
        if found.roles.remove(&role).is_some() {
            for member in found.members.values_mut() {
                member.roles.remove(&role);
            }
            self.emit(EventKind::GuildRoleDelete, wire::role_gone(guild, role));
        }
    }

    /// The first role of that name in the home guild.
    pub(crate) fn role_named(&self, name: &str) -> Option<RoleId> {
        let home = self.guilds.get(&self.home)?;
        home.roles
            .values()
            .find(|role| role.name == name)
            .map(|role| role.id)
    }

    /// Finds a role of the home guild by name, or makes one.
    pub(crate) fn role_or_new(&mut self, name: &str) -> RoleId {
        match self.role_named(name) {
            Some(role) => role,
            None => self.add_role(self.home, name),
        }
    }

    pub(crate) fn role_name(&self, role: RoleId) -> Option<&str> {
        self.guilds
            .values()
            .find_map(|guild| guild.roles.get(&role))
            .map(|role| role.name.as_str())
    }
}
