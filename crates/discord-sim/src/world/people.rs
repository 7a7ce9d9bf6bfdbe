//! Users, their memberships and roles.

use crate::gateway::EventKind;
use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::journal::Fact;
use crate::locale::Locale;
use crate::wire;

use super::World;

/// A user.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) kind: UserKind,
    pub(crate) direct: DirectMessages,
    /// The language of the client.
    pub(crate) locale: Locale,
}

/// Whether a user takes direct messages of bots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DirectMessages {
    Open,
    Closed,
}

/// Whether a user is a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserKind {
    Person,
    Bot,
}

impl World {
    pub(crate) fn add_user(&mut self, name: &str, kind: UserKind) -> UserId {
        let id = UserId::new(self.next_id());
        self.users.insert(
            id,
            User {
                id,
                name: name.to_owned(),
                kind,
                direct: DirectMessages::Open,
                locale: Locale::DEFAULT,
            },
        );
        id
    }

    /// From now on a user takes direct messages, or none.
    pub(crate) fn set_direct(&mut self, user: UserId, direct: DirectMessages) {
        if let Some(user) = self.users.get_mut(&user) {
            user.direct = direct;
        }
    }

    /// The language of somebody's client.
    pub(crate) fn locale(&self, user: UserId) -> Locale {
        let found = self.users.get(&user);
        found.map_or(Locale::DEFAULT, |user| user.locale)
    }

    /// From now on somebody's client speaks this language.
    pub(crate) fn set_locale(&mut self, user: UserId, locale: Locale) {
        if let Some(user) = self.users.get_mut(&user) {
            user.locale = locale;
        }
    }

    /// Whether this is the direct channel of somebody who takes no direct messages.
    pub(crate) fn is_closed_direct(&self, channel: ChannelId) -> bool {
        let recipient = self
            .channels
            .get(&channel)
            .and_then(|found| found.recipient);
        let user = recipient.and_then(|user| self.users.get(&user));
        user.is_some_and(|user| user.direct == DirectMessages::Closed)
    }

    /// The first user of that name.
    pub(crate) fn user_named(&self, name: &str) -> Option<UserId> {
        self.users
            .values()
            .find(|user| user.name == name)
            .map(|user| user.id)
    }

    pub(crate) fn user_name(&self, user: UserId) -> String {
        self.users
            .get(&user)
            .map_or_else(|| user.to_string(), |user| user.name.clone())
    }

    /// Finds a user of the home guild by name, or lets one join.
    pub(crate) fn user_or_new(&mut self, name: &str, kind: UserKind) -> UserId {
        if let Some(user) = self.user_named(name) {
            return user;
        }
        let user = self.add_user(name, kind);
        self.join(self.home, user);
        user
    }

    /// Makes a user a member of a guild; joining twice changes nothing.
    pub(crate) fn join(&mut self, guild: GuildId, user: UserId) {
        let now = self.now_ms();
        let Some(found) = self.guilds.get_mut(&guild) else {
            return;
        };
        if found.members.contains_key(&user) {
            return;
        }
        found.members.insert(
            user,
            super::Member {
                joined_ms: now,
                ..super::Member::default()
            },
        );
        self.member_event(guild, user, EventKind::GuildMemberAdd, "joined");
    }

    /// A person comes to a place: into the guilds of a test everybody may walk, except that who has
    /// left the home guild has left it.
    pub(crate) fn comes_to(&mut self, user: UserId, channel: ChannelId) {
        let guild = self.channels.get(&channel).and_then(|found| found.guild);
        if let Some(guild) = guild.filter(|guild| *guild != self.home) {
            self.join(guild, user);
        }
    }

    /// Ends a membership.
    pub(crate) fn leave(&mut self, guild: GuildId, user: UserId) {
        let Some(found) = self.guilds.get_mut(&guild) else {
            return;
        };
        if found.members.remove(&user).is_some() {
            for channel in self.channels.values_mut() {
                if let Some(thread) = channel
                    .thread
                    .as_mut()
                    .filter(|_| channel.guild == Some(guild))
                {
                    thread.members.remove(&user);
                }
            }
            let data = wire::member_gone(self, guild, user);
            self.note(Fact::MemberChanged {
                user,
                what: "left".to_owned(),
            });
            self.emit_for(guild, EventKind::GuildMemberRemove, data);
        }
    }

    pub(crate) fn give_role(&mut self, guild: GuildId, user: UserId, role: RoleId) {
        if self
            .member_mut(guild, user)
            .is_some_and(|member| member.roles.insert(role))
        {
            self.member_event(
                guild,
                user,
                EventKind::GuildMemberUpdate,
                "was given a role",
            );
        }
    }

    pub(crate) fn take_role(&mut self, guild: GuildId, user: UserId, role: RoleId) {
        if self
            .member_mut(guild, user)
            .is_some_and(|member| member.roles.remove(&role))
        {
            self.member_event(guild, user, EventKind::GuildMemberUpdate, "lost a role");
        }
    }

    fn member_mut(&mut self, guild: GuildId, user: UserId) -> Option<&mut super::Member> {
        self.guilds.get_mut(&guild)?.members.get_mut(&user)
    }

    fn member_event(&mut self, guild: GuildId, user: UserId, kind: EventKind, what: &str) {
        self.note(Fact::MemberChanged {
            user,
            what: what.to_owned(),
        });
        let data = wire::member_event(self, guild, user);
        let kind = if kind == EventKind::GuildMemberUpdate && user == self.bot {
            EventKind::OwnMemberUpdate
        } else {
            kind
        };
        self.emit_for(guild, kind, data);
    }
}
