//! Who is notified by a message (Discord: resources/message, "Allowed Mentions Object").

use serde_json::Value;

use crate::body::{AllowedMentions, ParseKind};
use crate::ids::{ChannelId, RoleId, UserId};
use crate::journal::Pinged;
use crate::permission::Permission;

use super::{Mentionable, World};

/// The number of the only component whose text notifies.
const TEXT_DISPLAY: u8 = 10;

/// What counts when a message says nothing about mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MentionDefault {
    /// Everything in the text: normal messages.
    #[default]
    All,
    /// Only users: answers to interactions and webhooks.
    Users,
}

/// The mentions that stand in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    everyone: bool,
    roles: Vec<RoleId>,
    users: Vec<UserId>,
}

impl World {
    /// Whom `content`, written by `author` in `channel`, notifies.
    pub(super) fn pings(
        &self,
        author: UserId,
        channel: ChannelId,
        content: &str,
        allowed: Option<&AllowedMentions>,
        default: MentionDefault,
    ) -> Pinged {
        let found = find(content);
        let guild = self
            .channels
            .get(&channel)
            .and_then(|channel| channel.guild)
            .and_then(|guild| self.guilds.get(&guild));
        let parse = |kind: ParseKind| match (allowed, default) {
            (None, MentionDefault::All) => true,
            (None, MentionDefault::Users) => kind == ParseKind::Users,
            (Some(allowed), _) => allowed.parse.iter().flatten().any(|parsed| *parsed == kind),
        };
        let listed_user =
            |user: &UserId| allowed.is_some_and(|a| a.users.iter().flatten().any(|id| id == user));
        let listed_role =
            |role: &RoleId| allowed.is_some_and(|a| a.roles.iter().flatten().any(|id| id == role));
        let may_ping_all = self.can(author, channel, Permission::MentionEveryone);
        let mut pinged = Pinged {
            everyone: found.everyone && parse(ParseKind::Everyone) && may_ping_all,
            ..Pinged::default()
        };
        for role in found.roles {
            let mentionable = guild
                .and_then(|guild| guild.roles.get(&role))
                .is_some_and(|role| may_ping_all || role.mentionable == Mentionable::ByAll);
            if mentionable && (parse(ParseKind::Roles) || listed_role(&role)) {
                pinged.roles.push(role);
            }
        }
        for user in found.users {
            let exists = self.users.contains_key(&user);
            if exists && (parse(ParseKind::Users) || listed_user(&user)) {
                pinged.users.push(user);
            }
        }
        pinged
    }
}

/// All of a message that notifies: its text, and that of its text displays at every depth
/// (Discord: components/reference, "Text Display").
pub(super) fn spoken(content: &str, components: &[Value]) -> String {
    let mut all = content.to_owned();
    for component in components {
        if component["type"] == TEXT_DISPLAY {
            all.push('\n');
            all.push_str(component["content"].as_str().unwrap_or_default());
        }
        let below = component["components"].as_array();
        all.push_str(&spoken("", below.map_or(&[], Vec::as_slice)));
    }
    all
}

/// Finds `@everyone`, `@here`, `<@id>`, `<@!id>` and `<@&id>`, each once.
fn find(content: &str) -> Found {
    let mut found = Found {
        everyone: content.contains("@everyone") || content.contains("@here"),
        ..Found::default()
    };
    for piece in content.split("<@").skip(1) {
        let Some((inner, _)) = piece.split_once('>') else {
            continue;
        };
        if let Some(role) = inner.strip_prefix('&') {
            push_new(&mut found.roles, role.parse().ok());
        } else {
            let user = inner.strip_prefix('!').unwrap_or(inner);
            push_new(&mut found.users, user.parse().ok());
        }
    }
    found
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: Option<T>) {
    if let Some(item) = item.filter(|item| !list.contains(item)) {
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_stands_in_text_displays_notifies_and_what_stands_on_buttons_does_not() {
        let components = [
            json!({"type": 10, "content": "<@1>"}),
            json!({"type": 17, "components": [
                {"type": 9, "components": [{"type": 10, "content": "@here"}],
                    "accessory": {"type": 2, "label": "<@2>"}},
            ]}),
        ];
        assert_eq!(
            find(&spoken("<@3>", &components)),
            Found {
                everyone: true,
                roles: Vec::new(),
                users: vec![UserId::new(3), UserId::new(1)],
            }
        );
    }

    #[test]
    fn every_form_of_mention_is_found_once() {
        assert_eq!(
            find("<@1> <@!2> <@1> <@&3> @here <@x> <@4"),
            Found {
                everyone: true,
                roles: vec![RoleId::new(3)],
                users: vec![UserId::new(1), UserId::new(2)],
            }
        );
    }
}
