//! Mentions in a text, made readable.

use crate::words::{ChannelId, RoleId, UserId};

/// What the things that can be mentioned are called.
pub(super) trait Names {
    /// How the guild shows a person who is mentioned in this message.
    fn user(&self, id: UserId) -> Option<String>;
    /// A channel's or thread's name.
    fn channel(&self, id: ChannelId) -> Option<String>;
    /// A role's name.
    fn role(&self, id: RoleId) -> Option<String>;
    /// Whether it is this bot, by its account or by the role that Discord made for it.
    fn is_me(&self, mention: Mention) -> bool;
}

/// What can be mentioned (Discord: reference#message-formatting).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mention {
    User(UserId),
    Role(RoleId),
    Channel(ChannelId),
}

/// The text with mentions of this bot taken out and the others written as names. What has no known
/// name stays as it is.
pub(super) fn readable(text: &str, names: &impl Names) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let Some((mention, after)) = parse(from) else {
            out.push('<');
            rest = &from[1..];
            continue;
        };
        rest = after;
        if names.is_me(mention) {
            // The gap that it leaves: "hey @Baton do" must not become "hey  do".
            if out.is_empty() || out.ends_with(char::is_whitespace) {
                rest = rest.strip_prefix(' ').unwrap_or(rest);
            }
            continue;
        }
        let name = match mention {
            Mention::User(id) => names.user(id).map(|name| format!("@{name}")),
            Mention::Role(id) => names.role(id).map(|name| format!("@{name}")),
            Mention::Channel(id) => names.channel(id).map(|name| format!("#{name}")),
        };
        match name {
            Some(name) => out.push_str(&name),
            None => out.push_str(&from[..from.len() - after.len()]),
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}

/// A mention at the start of a text, and what follows it.
fn parse(text: &str) -> Option<(Mention, &str)> {
    let (inner, after) = text.strip_prefix('<')?.split_once('>')?;
    let mention = if let Some(id) = inner.strip_prefix("@&") {
        Mention::Role(digits(id)?.parse().ok()?)
    } else if let Some(id) = inner.strip_prefix('#') {
        Mention::Channel(digits(id)?.parse().ok()?)
    } else {
        let id = inner.strip_prefix('@')?;
        Mention::User(digits(id.strip_prefix('!').unwrap_or(id))?.parse().ok()?)
    };
    Some((mention, after))
}

/// `parse` of a number would also take a sign.
fn digits(text: &str) -> Option<&str> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Names for Fixed {
        fn user(&self, id: UserId) -> Option<String> {
            (id.get() == 2).then(|| "alice".to_owned())
        }
        fn channel(&self, id: ChannelId) -> Option<String> {
            (id.get() == 3).then(|| "general".to_owned())
        }
        fn role(&self, id: RoleId) -> Option<String> {
            (id.get() == 4).then(|| "crew".to_owned())
        }
        fn is_me(&self, mention: Mention) -> bool {
            mention == Mention::User(UserId::new(1)) || mention == Mention::Role(RoleId::new(9))
        }
    }

    #[test]
    fn the_bot_is_taken_out_and_others_are_named() {
        for (text, wanted) in [
            ("<@1> fix it", "fix it"),
            ("<@!1>fix it", "fix it"),
            ("<@&9> fix it", "fix it"),
            ("hey <@1> do", "hey do"),
            ("do it <@1>", "do it"),
            ("<@1>", ""),
            ("<@1> <@1> twice", "twice"),
            (
                "ask <@2>, <@!2> in <#3> or <@&4>",
                "ask @alice, @alice in #general or @crew",
            ),
            (
                "no names: <@77> <#77> <@&77>",
                "no names: <@77> <#77> <@&77>",
            ),
        ] {
            assert_eq!(readable(text, &Fixed), wanted, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_mention_stays() {
        for text in [
            "a < b > c",
            "<",
            "<@",
            "<@>x",
            "<@+1>",
            "<@-1>",
            "<:e:1>",
            "<t:1:R>",
            "1<<2",
            "Vec<T>",
        ] {
            assert_eq!(readable(text, &Fixed), text);
        }
        assert_eq!(readable("<<@2>", &Fixed), "<@alice");
    }
}
