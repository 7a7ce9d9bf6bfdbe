//! Guilds, roles and permissions.

use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::language::actor::must;
use crate::permission::{Permission, Permissions};
use crate::world::{Availability, Holder, Mentionable, Overwrite, Role, UserKind};

use super::Sim;

impl Sim {
    /// Another guild that the bot is in, owned by a new person.
    pub fn create_guild(&self, name: &str) -> GuildId {
        self.shared.act(|core| {
            let owner = core
                .world
                .add_user(&format!("owner of {name}"), UserKind::Person);
            core.world.new_guild(name, owner)
        })
    }

    /// Discord lets a guild do something, such as `NEWS` (Discord: resources/guild, "Guild Features").
    pub fn give_feature(&self, guild: GuildId, feature: &str) {
        self.shared.act(|core| {
            if let Some(guild) = core.world.guilds.get_mut(&guild) {
                guild.features.insert(feature.to_owned());
            }
        });
    }

    /// Somebody adds the bot to a guild.
    pub fn add_bot(&self, guild: GuildId) {
        self.shared.act(|core| core.world.bot_joins(guild));
    }

    /// Somebody removes the bot from a guild.
    pub fn remove_bot(&self, guild: GuildId) {
        self.shared.act(|core| core.world.bot_leaves(guild));
    }

    /// An outage: Discord cannot serve a guild for a while.
    pub fn break_guild(&self, guild: GuildId) {
        self.shared
            .act(|core| core.world.set_availability(guild, Availability::Outage));
    }

    /// The end of an outage.
    pub fn mend_guild(&self, guild: GuildId) {
        self.shared
            .act(|core| core.world.set_availability(guild, Availability::Normal));
    }

    /// A role of any guild, found by name or new.
    pub fn role_in(&self, guild: GuildId, name: &str) -> RoleId {
        self.shared.act(|core| core.world.role_or_new(guild, name))
    }

    /// Lets everybody ping a role.
    ///
    /// # Panics
    ///
    /// When there is no such role.
    pub fn make_mentionable(&self, role: RoleId) {
        self.change_role(role, |role| role.mentionable = Mentionable::ByAll);
    }

    /// Renames a role.
    ///
    /// # Panics
    ///
    /// When there is no such role.
    pub fn rename_role(&self, role: RoleId, name: &str) {
        self.change_role(role, |role| name.clone_into(&mut role.name));
    }

    fn change_role(&self, role: RoleId, change: impl FnOnce(&mut Role)) {
        let changed = self.shared.act(|core| {
            let guild = core.world.guild_of_role(role).unwrap_or(core.world.home);
            core.world.change_role(guild, role, change)
        });
        must("change the role", changed);
    }

    /// A role of the guild, found by name or new. New roles have the permissions of `@everyone`.
    pub fn role(&self, name: &str) -> RoleId {
        self.shared
            .act(|core| core.world.role_or_new(core.world.home, name))
    }

    /// The role of everybody in a guild.
    pub const fn everyone_in(guild: GuildId) -> RoleId {
        RoleId::new(guild.get())
    }

    /// The bot's own role in the guild.
    ///
    /// # Panics
    ///
    /// When the bot is not in the guild.
    pub fn bot_role(&self) -> RoleId {
        let found = self.shared.look(|core| {
            let home = core.world.guilds.get(&core.world.home)?;
            let mut roles = home.roles.values();
            roles
                .find(|role| role.managed_by == Some(core.world.bot))
                .map(|role| role.id)
        });
        must("find the bot's role", found.ok_or("it has none"))
    }

    /// Says what a role allows, in every channel that does not say otherwise.
    ///
    /// # Panics
    ///
    /// When there is no such role.
    pub fn set_role_permissions(&self, role: RoleId, permissions: impl Into<Permissions>) {
        let permissions = permissions.into();
        self.change_role(role, |role| role.permissions = permissions);
    }

    /// Deletes a role.
    pub fn delete_role(&self, role: RoleId) {
        self.shared.act(|core| {
            let guild = core.world.guild_of_role(role);
            // A role that is gone already is what was asked for.
            guild.map(|guild| core.world.delete_role(guild, role))
        });
    }

    /// Takes permissions of the bot away in a channel, with an overwrite for it; an empty list gives
    /// all back. Threads have what their channel has.
    ///
    /// # Panics
    ///
    /// When there is no such channel, or it is a DM.
    pub fn deny(
        &self,
        channel: impl Into<ChannelId>,
        permissions: impl IntoIterator<Item = Permission>,
    ) {
        let deny = permissions.into_iter().collect();
        let denied = self
            .shared
            .act(|core| core.world.deny_bot(channel.into(), deny));
        must("deny this", denied);
    }

    /// Sets the overwrite of a role or member in a channel: what it may and may not do there.
    ///
    /// # Panics
    ///
    /// When there is no such channel, or it is a DM.
    pub fn overwrite(
        &self,
        channel: impl Into<ChannelId>,
        holder: impl Into<Holder>,
        allow: impl Into<Permissions>,
        deny: impl Into<Permissions>,
    ) {
        let overwrite = Overwrite {
            holder: holder.into(),
            allow: allow.into(),
            deny: deny.into(),
        };
        let set = self
            .shared
            .act(|core| core.world.set_overwrite(channel.into(), overwrite));
        must("set the overwrite", set);
    }

    /// Removes the overwrite of a role or member in a channel, if there is one.
    pub fn remove_overwrite(&self, channel: impl Into<ChannelId>, holder: impl Into<Holder>) {
        // An overwrite that is gone already is what was asked for.
        let _ = self
            .shared
            .act(|core| core.world.remove_overwrite(channel.into(), holder.into()));
    }

    /// What a member may do in a channel, thread or DM.
    pub fn permissions(&self, user: UserId, channel: impl Into<ChannelId>) -> Permissions {
        self.shared
            .look(|core| core.world.permissions(user, channel.into()))
    }
}
