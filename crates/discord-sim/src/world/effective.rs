//! What a member may do where, computed as Discord computes it (Discord: topics/permissions,
//! "Permission Overwrites", "Implicit Permissions" and "Inherited Permissions (Threads)").

use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::permission::{Permission, Permissions};

use super::{Channel, ChannelKind, Guild, Holder, Member, World};

/// What everybody has in a DM with the bot; there is nobody to take it away.
const IN_DM: Permissions = Permissions::of(&[
    Permission::AddReactions,
    Permission::ViewChannel,
    Permission::SendMessages,
    Permission::EmbedLinks,
    Permission::AttachFiles,
    Permission::ReadMessageHistory,
    Permission::MentionEveryone,
    Permission::UseApplicationCommands,
    Permission::SendPolls,
    Permission::PinMessages,
]);

/// What nobody can use in a channel where they may not post.
const NEEDS_SENDING: Permissions = Permissions::of(&[
    Permission::MentionEveryone,
    Permission::SendTtsMessages,
    Permission::AttachFiles,
    Permission::EmbedLinks,
]);

impl World {
    /// What a user may do in a guild, before channels are asked: nothing for strangers.
    pub(crate) fn guild_permissions(&self, user: UserId, guild: GuildId) -> Permissions {
        self.guilds.get(&guild).map_or(Permissions::NONE, |guild| {
            guild
                .members
                .get(&user)
                .map_or(Permissions::NONE, |member| base(guild, user, member))
        })
    }

    /// What a user may do in a channel, thread or DM.
    pub(crate) fn permissions(&self, user: UserId, channel: ChannelId) -> Permissions {
        let Some(found) = self.channels.get(&channel) else {
            return Permissions::NONE;
        };
        let Some(guild) = found.guild.and_then(|guild| self.guilds.get(&guild)) else {
            let taking_part = user == self.bot || found.recipient == Some(user);
            return if taking_part {
                IN_DM
            } else {
                Permissions::NONE
            };
        };
        let Some(member) = guild.members.get(&user) else {
            return Permissions::NONE;
        };
        let place = match found.parent.filter(|_| found.thread.is_some()) {
            Some(parent) => self.channels.get(&parent),
            None => Some(found),
        };
        let Some(place) = place else {
            return Permissions::NONE;
        };
        let all = in_channel(guild, user, member, place);
        let shut_out = found.kind == ChannelKind::PrivateThread
            && !all.contains(Permission::ManageThreads)
            && !found.has_thread_member(user);
        if !all.contains(Permission::ViewChannel) || shut_out {
            return Permissions::NONE;
        }
        let sending = if found.thread.is_some() {
            Permission::SendMessagesInThreads
        } else {
            Permission::SendMessages
        };
        if all.contains(sending) {
            all
        } else {
            all.without(NEEDS_SENDING)
        }
    }

    /// Whether a user may do this in a channel.
    pub(crate) fn can(&self, user: UserId, channel: ChannelId, what: Permission) -> bool {
        self.permissions(user, channel).contains(what)
    }
}

/// What the roles give; owners and administrators have everything.
fn base(guild: &Guild, user: UserId, member: &Member) -> Permissions {
    let everyone = RoleId::new(guild.id.get());
    let given = std::iter::once(&everyone)
        .chain(&member.roles)
        .filter_map(|role| guild.roles.get(role))
        .fold(Permissions::NONE, |sum, role| sum.with(role.permissions));
    if guild.owner == user || given.contains(Permission::Administrator) {
        Permissions::ALL
    } else {
        given
    }
}

/// The roles' permissions with the channel's overwrites: everyone's first, then those of all the
/// member's roles together, then the member's own; each denies before it allows.
fn in_channel(guild: &Guild, user: UserId, member: &Member, channel: &Channel) -> Permissions {
    let mut all = base(guild, user, member);
    if all.contains(Permission::Administrator) {
        return all;
    }
    let everyone = RoleId::new(guild.id.get());
    let mut role_allow = Permissions::NONE;
    let mut role_deny = Permissions::NONE;
    let mut own = (Permissions::NONE, Permissions::NONE);
    for overwrite in &channel.overwrites {
        match overwrite.holder {
            Holder::Role(role) if role == everyone => {
                all = all.without(overwrite.deny).with(overwrite.allow);
            }
            Holder::Role(role) if member.roles.contains(&role) => {
                role_allow = role_allow.with(overwrite.allow);
                role_deny = role_deny.with(overwrite.deny);
            }
            Holder::Member(holder) if holder == user => own = (overwrite.deny, overwrite.allow),
            Holder::Role(_) | Holder::Member(_) => {}
        }
    }
    all.without(role_deny)
        .with(role_allow)
        .without(own.0)
        .with(own.1)
}
