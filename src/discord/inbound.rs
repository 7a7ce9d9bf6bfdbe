//! A message of Discord as a value of the house. Nothing is decided here.

use std::fmt::Write as _;

use serenity::all as sn;

use super::{
    chat::is_spoken,
    ids,
    mentions::{self, Mention, Names},
    render,
};
use crate::{
    session::Heard,
    words::{Addressed, ChannelId, GuildId, MessageId, Person, Place, RoleId, UserId},
};

/// Who this bot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Me {
    pub(super) user: UserId,
    pub(super) guild: GuildId,
}

/// Where a message came from, which decides how much it says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The gateway: names its guild, and the writer's roles.
    Gateway,
    /// Read back from a channel of our guild: names neither.
    History,
}

/// Whether a message is for the house at all: somebody of our guild wrote it. Bots, webhooks,
/// system messages, other guilds and direct messages are not.
pub(super) fn concerns_us(message: &sn::Message, origin: Origin, me: Me) -> bool {
    let ours = match origin {
        Origin::Gateway => message.guild_id.map(ids::guild) == Some(me.guild),
        Origin::History => true,
    };
    ours && !message.author.bot
        && !message.author.system
        && message.webhook_id.is_none()
        && is_spoken(message.kind)
}

/// The writer, as far as a message from the gateway says.
pub(super) fn person(message: &sn::Message) -> Option<Person> {
    let member = message.member.as_ref()?;
    Some(Person {
        id: ids::user(message.author.id),
        name: shown(&message.author, member.nick.as_deref()),
        roles: member.roles.iter().copied().map(ids::role).collect(),
    })
}

/// How the guild shows somebody.
pub(super) fn shown(user: &sn::User, nick: Option<&str>) -> String {
    nick.unwrap_or_else(|| user.display_name()).to_owned()
}

/// The message as the house hears it.
pub(super) fn heard(
    message: &sn::Message,
    place: Place,
    person: Person,
    me: Me,
    cache: &sn::Cache,
) -> Heard {
    let names = InMessage { message, me, cache };
    let mut text = mentions::readable(&message.content, &names);
    for file in &message.attachments {
        if !text.is_empty() {
            text.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "[attached file: {} ({} bytes), not readable yet]",
            one_line(&file.filename),
            file.size
        );
    }
    Heard {
        message: ids::message(message.id),
        channel: ids::channel(message.channel_id),
        place,
        person,
        title: render::thread_name(&text),
        text,
        addressed: addressed(message, |mention| names.is_me(mention), me),
        replies_to: replies_to(message),
    }
}

/// Whether a message is for Baton wherever it stands.
pub(super) fn speaks_to_us(message: &sn::Message, me: Me, cache: &sn::Cache) -> bool {
    let names = InMessage { message, me, cache };
    addressed(message, |mention| names.is_me(mention), me) != Addressed::ToNobody
}

/// A file's name is the sender's: it must not begin a line of its own.
fn one_line(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Names by what the event itself says, then by the cache.
struct InMessage<'a> {
    message: &'a sn::Message,
    me: Me,
    cache: &'a sn::Cache,
}

/// Whether a message speaks to the bot. By the lists that Discord made, not by the text: a mention in
/// a code block is none, and a reply to a message of the bot is one if it pings.
pub(super) fn addressed(
    message: &sn::Message,
    is_me: impl Fn(Mention) -> bool,
    me: Me,
) -> Addressed {
    let by_user = message
        .mentions
        .iter()
        .map(|user| Mention::User(ids::user(user.id)));
    let by_role = message
        .mention_roles
        .iter()
        .map(|role| Mention::Role(ids::role(*role)));
    let replied_to = message
        .referenced_message
        .as_ref()
        .filter(|_| replies_to(message).is_some());
    if by_user.chain(by_role).any(is_me) {
        Addressed::ToBaton
    } else if replied_to.is_some_and(|to| ids::user(to.author.id) == me.user) {
        Addressed::InReply
    } else {
        Addressed::ToNobody
    }
}

/// The message that a message replies to. A forwarded message refers to one too, and is no reply
/// (Discord: resources/message#message-reference-types).
fn replies_to(message: &sn::Message) -> Option<MessageId> {
    if message.kind != sn::MessageType::InlineReply {
        return None;
    }
    let reference = message.message_reference.as_ref()?;
    reference.message_id.map(ids::message)
}

impl Names for InMessage<'_> {
    fn user(&self, id: UserId) -> Option<String> {
        let user = self
            .message
            .mentions
            .iter()
            .find(|user| ids::user(user.id) == id)?;
        let nick = user
            .member
            .as_ref()
            .and_then(|member| member.nick.as_deref());
        Some(shown(user, nick))
    }

    fn channel(&self, id: ChannelId) -> Option<String> {
        let guild = self.cache.guild(ids::to_guild(self.me.guild))?;
        let id = ids::to_channel(id);
        let found = guild
            .channels
            .get(&id)
            .or_else(|| guild.threads.iter().find(|thread| thread.id == id))?;
        Some(found.name.clone())
    }

    fn role(&self, id: RoleId) -> Option<String> {
        let guild = self.cache.guild(ids::to_guild(self.me.guild))?;
        Some(guild.roles.get(&ids::to_role(id))?.name.clone())
    }

    /// Discord makes a role of the bot's name when it joins, and people pick it by mistake.
    fn is_me(&self, mention: Mention) -> bool {
        match mention {
            Mention::User(id) => id == self.me.user,
            Mention::Channel(_) => false,
            Mention::Role(id) => self
                .cache
                .guild(ids::to_guild(self.me.guild))
                .and_then(|guild| guild.roles.get(&ids::to_role(id))?.tags.bot_id)
                .is_some_and(|bot| ids::user(bot) == self.me.user),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ME: Me = Me {
        user: UserId::new(9),
        guild: GuildId::new(1),
    };

    fn message(author: u64, extra: &Value) -> Value {
        let mut message = json!({
            "id": "5", "channel_id": "2", "content": "hello", "type": 0, "pinned": false,
            "author": {"id": author.to_string(), "username": "x", "discriminator": "0", "avatar": null},
            "timestamp": "2026-11-21T00:00:00Z", "edited_timestamp": null, "tts": false,
            "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [],
            "embeds": [],
        });
        for (key, value) in extra.as_object().unwrap() {
            message[key] = value.clone();
        }
        message
    }

    fn found(extra: &Value) -> (Addressed, Option<MessageId>) {
        let message: sn::Message = serde_json::from_value(message(3, extra)).unwrap();
        let is_me = |mention| mention == Mention::User(ME.user);
        (addressed(&message, is_me, ME), replies_to(&message))
    }

    #[test]
    fn a_reply_speaks_to_whom_it_answers_and_a_forwarded_message_to_nobody() {
        let four = Some(MessageId::new(4));
        let to = |author: u64, kind: u8, reference: u8| {
            json!({
                "type": kind,
                "message_reference": {"type": reference, "message_id": "4", "channel_id": "2"},
                "referenced_message": message(author, &json!({"id": "4"})),
            })
        };
        assert_eq!(found(&json!({})), (Addressed::ToNobody, None));
        assert_eq!(found(&to(9, 19, 0)), (Addressed::InReply, four));
        assert_eq!(found(&to(8, 19, 0)), (Addressed::ToNobody, four));
        // Its type is that of an ordinary message (Discord: resources/message#message-types).
        assert_eq!(found(&to(9, 0, 1)), (Addressed::ToNobody, None));
        // The message that it replies to is gone.
        let mut gone = to(9, 19, 0);
        gone["referenced_message"] = Value::Null;
        assert_eq!(found(&gone), (Addressed::ToNobody, four));
        // One that pings is a mention.
        let mut pings = to(9, 19, 0);
        pings["mentions"] =
            json!([{"id": "9", "username": "bot", "discriminator": "0", "avatar": null}]);
        assert_eq!(found(&pings), (Addressed::ToBaton, four));
    }
}
