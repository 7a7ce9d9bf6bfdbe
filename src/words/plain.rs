//! Text of people inside sentences that are not theirs.

/// Characters without a width or ink of their own, the Hangul fillers among the letters, and what ends a line
/// without being a control character.
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{13455}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Invisible characters that change how their neighbours look: they join and part letters, and make one
/// emoji of several.
const fn shapes_others(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}')
}

/// The characters of a text without those that steer: line ends become spaces, and marks that turn the
/// direction of what follows, or that are not seen at all, are left out.
pub fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter_map(|c| match c {
        '\u{2028}' | '\u{2029}' => Some(' '),
        c if is_invisible(c) && !shapes_others(c) => None,
        c if c.is_control() => Some(' '),
        c => Some(c),
    })
}

/// A text in so many characters at most, if that is enough for its two ends: what is left out is left out in the
/// middle and counted there.
pub fn without_middle(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    let gap = |left_out: usize| format!("…({left_out} characters)…");
    let kept = limit.saturating_sub(gap(count).chars().count());
    let (head, tail) = (kept / 2, kept - kept / 2);
    let beginning = text.chars().take(head);
    let end = text.chars().skip(count - tail);
    let gap = gap(count - kept);
    beginning.chain(gap.chars()).chain(end).collect()
}

/// A name as it is, for the middle of a sentence: nothing in it becomes markup, a mention or a link.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_sentence_is_only_a_name() {
        assert_eq!(
            escape_markdown("**x** <@1> @everyone [a](b) `c`\n# d_e https://f"),
            "\\*\\*x\\*\\* \\<\\@1\\> \\@everyone \\[a\\]\\(b\\) \\`c\\` \\# d\\_e https\\://f"
        );
    }

    #[test]
    fn what_is_not_seen_is_left_out_unless_it_shapes_what_is() {
        let seen = |text| visible(text).collect::<String>();
        assert_eq!(seen("a\u{202E}b\u{200B}c\u{7}d\u{3164}\u{2800}"), "abc d");
        assert_eq!(seen("👩‍👩‍👧‍👦 ❤️"), "👩‍👩‍👧‍👦 ❤️");
        assert_eq!(seen("a\u{2028}b\u{2029}c\u{fff9}d\u{fffb}"), "a b cd");
    }

    #[test]
    fn what_is_too_long_loses_its_middle_and_keeps_its_ends() {
        assert_eq!(without_middle("0123456789", 10), "0123456789");
        let long = format!("/begin/{}/end", "x".repeat(90));
        let short = without_middle(&long, 40);
        assert_eq!(short, "/begin/xxxx…(79 characters)…xxxxxxx/end");
        assert!(short.chars().count() <= 40);
    }
}
