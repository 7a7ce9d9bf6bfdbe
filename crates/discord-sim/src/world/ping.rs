//! The rule that the bot is nobody's megaphone: it pings nobody whom the person that it answers could
//! not have pinged.

use crate::ids::{ChannelId, InteractionId, MessageId, UserId};
use crate::journal::{Pinged, ViolationKind};
use crate::permission::Permission;

use super::{Mentionable, World};

impl World {
    /// Whom a message of the bot answers: who used the command, or who wrote what it replies to.
    pub(super) fn requester(
        &self,
        channel: ChannelId,
        interaction: Option<InteractionId>,
        reply_to: Option<MessageId>,
    ) -> Option<UserId> {
        let used = interaction.and_then(|id| self.interactions.get(&id));
        let answered = reply_to.and_then(|id| self.any_message(channel, id));
        used.map(|used| used.user)
            .or_else(|| answered.map(|message| message.author))
            .filter(|user| *user != self.bot)
    }

    /// Writes a violation down when the bot pings more than its requester could. A message that
    /// answers nobody may ping nobody.
    pub(super) fn watch_pings(
        &mut self,
        author: UserId,
        channel: ChannelId,
        requester: Option<UserId>,
        pinged: &Pinged,
        content: &str,
    ) {
        if author != self.bot {
            return;
        }
        let may = |what| requester.is_some_and(|user| self.can(user, channel, what));
        let may_all = may(Permission::MentionEveryone);
        let may_speak = may(self.send_permission(channel));
        let role_refused = |role| {
            let mut guilds = self.guilds.values();
            let found = guilds.find_map(|guild| guild.roles.get(role));
            let by_all = found.is_some_and(|role| role.mentionable == Mentionable::ByAll);
            let may_ping = may_all || (by_all && may_speak);
            !may_ping
        };
        let user_refused = |user: &UserId| !may_speak && requester != Some(*user);
        let refused = (pinged.everyone && !may_all)
            || pinged.roles.iter().any(role_refused)
            || pinged.users.iter().any(user_refused);
        if refused {
            let whom = requester.map_or_else(|| "nobody".to_owned(), |user| self.user_name(user));
            let detail = format!("an answer to {whom} pings {pinged:?}: {content:?}");
            self.violate(ViolationKind::Ping, detail);
        }
    }
}
