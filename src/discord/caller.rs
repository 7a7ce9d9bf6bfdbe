//! Who uses a command, a button, a list or a form, and where.

use serenity::all as sn;

use super::{
    commands::{CommandError, Desk},
    ids, inbound,
};
use crate::words::{Person, Place};

/// Who uses something where.
pub(super) struct Caller {
    pub(super) person: Person,
    pub(super) place: Place,
}

/// What an interaction says of that.
#[derive(Clone, Copy)]
pub(super) struct Signs<'a> {
    pub(super) user: &'a sn::User,
    /// The user as a member of the guild that it comes from.
    pub(super) member: Option<&'a sn::Member>,
    pub(super) guild: Option<sn::GuildId>,
    pub(super) channel: sn::ChannelId,
    /// The channel as far as Discord describes it.
    pub(super) told: Option<&'a sn::PartialChannel>,
}

impl Caller {
    /// Finds out both; only what comes from the server that Baton serves has them.
    pub(super) async fn of(
        desk: &Desk,
        cache: &sn::Cache,
        signs: Signs<'_>,
    ) -> Result<Self, CommandError> {
        let member = signs.member.ok_or(CommandError::Elsewhere)?;
        if signs.guild.map(ids::guild) != Some(desk.guild) {
            return Err(CommandError::Elsewhere);
        }
        let person = Person {
            id: ids::user(signs.user.id),
            name: inbound::shown(signs.user, member.nick.as_deref()),
            roles: member.roles.iter().copied().map(ids::role).collect(),
        };
        let channel = ids::channel(signs.channel);
        let told = signs
            .told
            .and_then(|told| desk.places.place(channel, told.kind, told.parent_id));
        let place = match told {
            Some(place) => place,
            None => desk
                .places
                .resolve(channel, cache, &*desk.house)
                .await?
                .ok_or(CommandError::Elsewhere)?,
        };
        Ok(Self { person, place })
    }
}
