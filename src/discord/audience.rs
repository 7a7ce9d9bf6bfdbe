//! Who can see a channel, by Discord's permissions.

use std::collections::HashMap;

use serenity::all::{
    self as sn, ChannelType, PermissionOverwrite, PermissionOverwriteType, Permissions,
};

use super::{ids, inbound::Me, rest::Rest};
use crate::{
    delivery::{Audience, ChatError},
    words::{ChannelId, RoleId, UserId},
};

/// Looks at a channel, or at the one that a thread hangs under, as Discord has it now.
pub(super) async fn of(http: &Rest, me: Me, channel: ChannelId) -> Result<Audience, ChatError> {
    let found = http
        .within(http.get_channel(ids::to_channel(channel)))
        .await?;
    // A private conversation of this bot with somebody has no audience that roles would tell.
    let Some(found) = found.guild() else {
        return Ok(Audience::Unknown);
    };
    if found.kind == ChannelType::PrivateThread {
        return Ok(Audience::Unknown);
    }
    let is_thread = matches!(
        found.kind,
        ChannelType::PublicThread | ChannelType::NewsThread
    );
    let parent = found.parent_id.filter(|_| is_thread);
    let overwrites = match parent {
        Some(parent) => match http.within(http.get_channel(parent)).await?.guild() {
            Some(parent) => parent.permission_overwrites,
            None => return Ok(Audience::Unknown),
        },
        None => found.permission_overwrites,
    };
    let guild = http.within(http.get_guild(ids::to_guild(me.guild))).await?;
    Ok(who_sees(&guild, &overwrites, me))
}

/// By what Discord calculates for somebody who has one role and nothing else
/// (Discord: topics/permissions#permission-overwrites).
fn who_sees(guild: &sn::PartialGuild, overwrites: &[PermissionOverwrite], me: Me) -> Audience {
    let everybody = sn::RoleId::new(guild.id.get());
    let of = |id: sn::RoleId| {
        guild
            .roles
            .get(&id)
            .map_or(Permissions::empty(), |role| role.permissions)
    };
    let mut roles: Vec<RoleId> = guild
        .roles
        .values()
        // A bot's own role is nobody else's.
        .filter(|role| role.tags.bot_id.is_none())
        .filter(|role| {
            let base = of(everybody) | role.permissions;
            sees(base, overwrites, everybody, Some(role.id), None)
        })
        .map(|role| ids::role(role.id))
        .collect();
    roles.sort_unstable();
    let by_himself = overwrites
        .iter()
        .filter_map(|overwrite| match overwrite.kind {
            PermissionOverwriteType::Member(id) if ids::user(id) != me.user => Some(id),
            PermissionOverwriteType::Member(_) | PermissionOverwriteType::Role(_) | _ => None,
        });
    let mut people: Vec<UserId> = by_himself
        .filter(|id| sees(of(everybody), overwrites, everybody, None, Some(*id)))
        // Nothing is hidden from whom the server belongs to.
        .chain([guild.owner_id])
        .map(ids::user)
        .collect();
    people.sort_unstable();
    people.dedup();
    Audience::Of { roles, people }
}

/// Whether somebody with these permissions in the server sees the channel.
fn sees(
    base: Permissions,
    overwrites: &[PermissionOverwrite],
    everybody: sn::RoleId,
    role: Option<sn::RoleId>,
    person: Option<sn::UserId>,
) -> bool {
    if base.administrator() {
        return true;
    }
    let by_kind: HashMap<_, _> = overwrites.iter().map(|one| (key(one.kind), one)).collect();
    let steps = [
        Some(Key::Role(everybody)),
        role.filter(|role| *role != everybody).map(Key::Role),
        person.map(Key::Person),
    ];
    let mut held = base;
    for step in steps.into_iter().flatten() {
        if let Some(overwrite) = by_kind.get(&Some(step)) {
            held = (held - overwrite.deny) | overwrite.allow;
        }
    }
    held.view_channel()
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Role(sn::RoleId),
    Person(sn::UserId),
}

const fn key(kind: PermissionOverwriteType) -> Option<Key> {
    match kind {
        PermissionOverwriteType::Role(id) => Some(Key::Role(id)),
        PermissionOverwriteType::Member(id) => Some(Key::Person(id)),
        _ => None,
    }
}
