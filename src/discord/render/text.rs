//! Small texts: names of threads, texts on one line.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::words::{is_invisible, visible};

/// The longest name of a thread, in code points (Discord: resources/channel#channel-object).
const THREAD_NAME: usize = 100;

/// The name of a thread that begins with this text: one line without mentions and markup.
pub fn thread_name(text: &str) -> String {
    let plain: String = text
        .lines()
        .map(|line| {
            let line = line.trim_start();
            let inner = line.trim_start_matches(['#', '>']);
            // Of a heading or a quote, not of `#12`.
            if inner.starts_with(' ') { inner } else { line }
        })
        .collect::<Vec<_>>()
        .join(" ");
    let plain = visible(&plain)
        .collect::<String>()
        .replace(['`', '*'], "")
        .replace("||", "")
        .replace("~~", "")
        .replace("__", "");
    // Last: without what stood in it, something may be a mention now.
    let name = one_line(&without_mentions(&plain), THREAD_NAME);
    let is_empty = name.chars().all(|c| is_invisible(c) || c == '…');
    if is_empty {
        "Conversation".to_owned()
    } else {
        name
    }
}

/// The text on one line, with single spaces, in at most `limit` code points, nothing torn that is
/// seen as one character; what is left out is shown by an ellipsis.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let line: String = visible(text).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= limit {
        return line;
    }
    let (mut short, mut count) = (String::new(), 0);
    for piece in line.graphemes(true) {
        count += piece.chars().count();
        if count >= limit {
            break;
        }
        short.push_str(piece);
    }
    short.truncate(short.trim_end().len());
    short + "…"
}

/// Leaves out what Discord shows as a mention; an emoji stays by its name
/// (Discord: reference#message-formatting).
fn without_mentions(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let inner = rest.find('>').map(|end| (end, &rest[1..end]));
        match inner {
            Some((end, inner)) if is_mention(inner) => rest = &rest[end + 1..],
            Some((end, inner)) if emoji(inner).is_some() => {
                plain.push_str(emoji(inner).unwrap_or_default());
                rest = &rest[end + 1..];
            }
            Some(_) | None => {
                plain.push('<');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Of a person, a role, a channel, a command or a time.
fn is_mention(inner: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = ["@!", "@&", "@", "#"]
        .iter()
        .find_map(|mark| inner.strip_prefix(mark));
    id.is_some_and(digits)
        || inner.starts_with("t:")
        || inner.starts_with("id:")
        || inner.starts_with('/') && inner.rsplit(':').next().is_some_and(digits)
}

/// The name of an emoji, with its colons.
fn emoji(inner: &str) -> Option<&str> {
    let name = inner.strip_prefix('a').unwrap_or(inner);
    let (name, id) = name.rsplit_once(':')?;
    let name = name.strip_prefix(':').filter(|name| !name.is_empty())?;
    let is_known = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    is_known.then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_thread_is_named_by_its_first_words() {
        for (text, name) in [
            (
                "<@123> fix the   login\npage, please",
                "fix the login page, please",
            ),
            ("<@!123> <#4> <@&5>", "Conversation"),
            ("", "Conversation"),
            // Fillers, blanks of other scripts, joiners that join nothing.
            ("\u{3164}\u{2800} \u{115f}", "Conversation"),
            ("\u{200d}\u{fe0f}", "Conversation"),
            (
                "**Why** does `cargo test` ~~hang~~ ||so||?",
                "Why does cargo test hang so?",
            ),
            (
                "# Title\n> quote #12 snake_case",
                "Title quote #12 snake_case",
            ),
            (
                "look <:blob:99> <a:wave:98> at <t:1618953630:R> 1 < 2 > 0",
                "look blob wave at 1 < 2 > 0",
            ),
            ("a\u{202E}b\u{200B}c\u{7}d", "abc d"),
            ("</run now:12> x", "x"),
            ("<*@123> <\u{200B}@123> x", "x"),
            // What only begins like an emoji; the first of these once brought the server down.
            ("<:> x", "<:> x"),
            ("<🤖:1> <::1>", "<🤖:1> <::1>"),
        ] {
            assert_eq!(thread_name(text), name, "{text:?}");
        }
    }

    #[test]
    fn what_is_cut_off_behind_what_nobody_sees_leaves_a_name_that_can_be_seen() {
        let name = thread_name(&format!("{}x", "\u{200d}".repeat(100)));
        assert_eq!(name, "Conversation");
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let name = thread_name(&"👩‍👩‍👧‍👦".repeat(30));
        assert_eq!(name, format!("{}…", "👩‍👩‍👧‍👦".repeat(14)));
        assert_eq!(thread_name(&"x".repeat(101)).chars().count(), 100);
    }

    proptest! {
        #[test]
        fn a_name_is_always_one_that_discord_takes(text in any::<String>()) {
            let name = thread_name(&text);
            prop_assert!((1..=100).contains(&name.chars().count()));
            prop_assert_eq!(name.trim(), name.as_str());
            prop_assert!(!name.contains(char::is_control));
        }
    }
}
