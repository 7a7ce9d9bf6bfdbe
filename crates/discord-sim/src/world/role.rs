//! Roles and who has them (Discord: topics/permissions, "Role Object").

use crate::error::ApiError;
use crate::gateway::EventKind;
use crate::ids::{GuildId, RoleId, UserId};
use crate::permission::{Permission, Permissions};
use crate::wire;

use super::{Guild, World};

/// What `@everyone` may do in a new guild. Discord's own default has MENTION_EVERYONE too; here
/// nobody has it unasked, so that a test sees who pings whom.
pub(crate) const EVERYONE: Permissions = Permissions::of(&[
    Permission::CreateInstantInvite,
    Permission::AddReactions,
    Permission::ViewChannel,
    Permission::SendMessages,
    Permission::EmbedLinks,
    Permission::AttachFiles,
    Permission::ReadMessageHistory,
    Permission::UseExternalEmojis,
    Permission::ChangeNickname,
    Permission::UseApplicationCommands,
    Permission::CreatePublicThreads,
    Permission::CreatePrivateThreads,
    Permission::UseExternalStickers,
    Permission::SendMessagesInThreads,
    Permission::SendPolls,
]);

/// A role.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    /// Higher roles come first; of two with one position, the older one.
    pub(crate) position: usize,
    pub(crate) permissions: Permissions,
    pub(crate) mentionable: Mentionable,
    pub(crate) color: u32,
    pub(crate) hoist: bool,
    /// The bot whose own role it is: such a role can be neither given nor deleted.
    pub(crate) managed_by: Option<UserId>,
}

/// Who can ping a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mentionable {
    ByAll,
    ByPermission,
}

impl Role {
    pub(crate) fn new(id: RoleId, name: &str, permissions: Permissions) -> Self {
        Self {
            id,
            name: name.to_owned(),
            position: 1,
            permissions,
            mentionable: Mentionable::ByPermission,
            color: 0,
            hoist: false,
            managed_by: None,
        }
    }
}

impl World {
    /// A new role with the permissions of `@everyone`, at the bottom of the list.
    pub(crate) fn add_role(&mut self, guild: GuildId, name: &str) -> RoleId {
        let id = self.next_role_id();
        let role = Role::new(id, name, EVERYONE);
        self.insert_role(guild, role)
    }

    /// The role that a bot gets when it is added to a guild.
    pub(super) fn add_bot_role(&mut self, guild: GuildId, bot: UserId, permissions: Permissions) {
        let id = self.next_role_id();
        let mut role = Role::new(id, &self.user_name(bot), permissions);
        role.managed_by = Some(bot);
        self.insert_role(guild, role);
        self.give_role(guild, bot, id);
    }

    fn insert_role(&mut self, guild: GuildId, role: Role) -> RoleId {
        let id = role.id;
        if let Some(found) = self.guilds.get_mut(&guild) {
            found.roles.insert(id, role);
        }
        let data = wire::role_event(self, guild, id);
        self.emit_for(guild, EventKind::GuildRoleCreate, data);
        id
    }

    /// Changes a role and tells it.
    pub(crate) fn change_role(
        &mut self,
        guild: GuildId,
        role: RoleId,
        change: impl FnOnce(&mut Role),
    ) -> Result<(), ApiError> {
        let found = self.guilds.get_mut(&guild).ok_or(ApiError::UnknownGuild)?;
        change(found.roles.get_mut(&role).ok_or(ApiError::UnknownRole)?);
        let data = wire::role_event(self, guild, role);
        self.emit_for(guild, EventKind::GuildRoleUpdate, data);
        Ok(())
    }

    /// Deletes a role with its overwrites.
    pub(crate) fn delete_role(&mut self, guild: GuildId, role: RoleId) -> Result<(), ApiError> {
        let found = self.guilds.get_mut(&guild).ok_or(ApiError::UnknownGuild)?;
        found.roles.remove(&role).ok_or(ApiError::UnknownRole)?;
        for member in found.members.values_mut() {
            member.roles.remove(&role);
        }
        for channel in self.channels.values_mut() {
            channel
                .overwrites
                .retain(|overwrite| overwrite.holder != role.into());
        }
        self.emit_for(
            guild,
            EventKind::GuildRoleDelete,
            wire::role_gone(guild, role),
        );
        Ok(())
    }

    /// The guild that a role belongs to.
    pub(crate) fn guild_of_role(&self, role: RoleId) -> Option<GuildId> {
        self.guilds
            .values()
            .find(|guild| guild.roles.contains_key(&role))
            .map(|guild| guild.id)
    }

    /// The first role of that name in a guild.
    pub(crate) fn role_named(&self, guild: GuildId, name: &str) -> Option<RoleId> {
        let guild = self.guilds.get(&guild)?;
        guild
            .roles
            .values()
            .find(|role| role.name == name)
            .map(|role| role.id)
    }

    /// Finds a role of a guild by name, or makes one.
    pub(crate) fn role_or_new(&mut self, guild: GuildId, name: &str) -> RoleId {
        match self.role_named(guild, name) {
            Some(role) => role,
            None => self.add_role(guild, name),
        }
    }

    pub(crate) fn role_name(&self, role: RoleId) -> Option<&str> {
        self.guilds
            .values()
            .find_map(|guild| guild.roles.get(&role))
            .map(|role| role.name.as_str())
    }
}

impl Guild {
    /// Whether the member's highest role stands above this role; owners stand above all.
    pub(crate) fn stands_above(&self, user: UserId, role: RoleId) -> bool {
        let Some(below) = self.roles.get(&role) else {
            return false;
        };
        let own = self.members.get(&user);
        let own = own.into_iter().flat_map(|member| &member.roles);
        self.owner == user
            || own
                .filter_map(|role| self.roles.get(role))
                .any(|own| (own.position, below.id) > (below.position, own.id))
    }
}
