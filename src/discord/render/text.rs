//! Small texts: names of threads, names of people within our sentences.

use unicode_segmentation::UnicodeSegmentation as _;

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
    if name.is_empty() {
        "Conversation".to_owned()
    } else {
        name
    }
}

/// A name as it is, for the middle of a sentence: nothing in it becomes markup, a mention or a
/// link.
pub fn escape_markdown(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for char in visible(name) {
        // Discord takes a backslash before any of these for "as it is".
        if matches!(
            char,
            '\\' | '*'
                | '_'
                | '~'
                | '`'
                | '|'
                | '>'
                | '<'
                | '#'
                | '['
                | ']'
                | '('
                | ')'
                | '@'
                | ':'
        ) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
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

/// The characters of a text without those that steer: line ends become spaces, and marks that
/// turn the direction of what follows, or that are not seen at all, are left out.
fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter_map(|char| match char {
        '\u{200B}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' => None,
        char if char.is_control() => Some(' '),
        char => Some(char),
    })
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
    fn a_long_name_is_cut_between_characters() {
        let name = thread_name(&"👩‍👩‍👧‍👦".repeat(30));
        assert_eq!(name, format!("{}…", "👩‍👩‍👧‍👦".repeat(14)));
        assert_eq!(thread_name(&"x".repeat(101)).chars().count(), 100);
    }

    #[test]
    fn a_name_in_a_sentence_is_only_a_name() {
        assert_eq!(
            escape_markdown("**x** <@1> @everyone [a](b) `c`\n# d_e https://f"),
            "\\*\\*x\\*\\* \\<\\@1\\> \\@everyone \\[a\\]\\(b\\) \\`c\\` \\# d\\_e https\\://f"
        );
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
