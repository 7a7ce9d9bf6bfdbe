//! A text of the agent's in a block of code.

use std::fmt::Write as _;

use crate::words::is_invisible;

/// A text that is to be read letter by letter.
pub(super) struct Block {
    language: &'static str,
    text: String,
    shown: String,
    name: &'static str,
}

impl Block {
    /// A text in this language, and what it is called as a file.
    pub(super) fn new(language: &'static str, text: &str, name: &'static str) -> Self {
        Self {
            language,
            text: text.to_owned(),
            shown: visibly(text),
            name,
        }
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether all of it is shown as it is.
    pub(super) fn is_literal(&self) -> bool {
        self.shown == self.text.strip_suffix('\n').unwrap_or(&self.text)
    }

    /// All of it, if it has so many code points at most.
    pub(super) fn within(&self, room: usize) -> Option<String> {
        let block = self.fenced(&self.shown);
        (block.chars().count() <= room).then_some(block)
    }

    /// Its two ends, in so many code points: what is left out is left out between them and counted there.
    pub(super) fn ends(&self, room: usize) -> String {
        if let Some(whole) = self.within(room) {
            return whole;
        }
        let count = self.shown.chars().count();
        let gap = |left_out: usize| format!("\n… {left_out} characters are left out here …\n");
        let frame = (self.fenced("") + &gap(count)).chars().count();
        let most = room.saturating_sub(frame);
        // One begins to read at the beginning; what a line comes to may stand at its end.
        let (head, tail) = (most - most / 3, most / 3);
        let head: String = self.shown.chars().take(head).collect();
        let tail: String = self.shown.chars().skip(count - tail).collect();
        // At the ends of lines, unless that would show much less.
        let head = match head.rfind('\n') {
            Some(end) if end > head.len() / 2 => &head[..end],
            Some(_) | None => &head,
        };
        let tail = match tail.find('\n') {
            Some(end) if end < tail.len() / 2 => &tail[end + 1..],
            Some(_) | None => &tail,
        };
        let left_out = count - head.chars().count() - tail.chars().count();
        self.fenced(&format!("{head}{}{tail}", gap(left_out)))
    }

    fn fenced(&self, text: &str) -> String {
        format!("```{}\n{}\n```", self.language, text)
    }
}

/// The text with everything written out that would not be seen or would end the block.
fn visibly(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut ticks = 0;
    // Empty lines at the end are cut off by Discord; the last line end is none of them.
    let kept = text.trim_end_matches('\n');
    for c in kept.chars() {
        ticks = if c == '`' { ticks + 1 } else { 0 };
        if ticks == 3 {
            // A block of code ends at three in a row.
            shown.push('\u{200b}');
            ticks = 1;
        }
        match c {
            '\n' | '\t' => shown.push(c),
            c if is_unseen(c) => written_out(c, &mut shown),
            c => shown.push(c),
        }
    }
    for c in text[kept.len()..].chars().skip(1) {
        shown.push('\n');
        written_out(c, &mut shown);
    }
    // An empty block is none.
    if shown.trim().is_empty() {
        shown.push_str("(nothing)");
    }
    shown
}

/// For between two backticks, on one line. Of several spaces none is lost, nor one at an end.
pub(super) fn in_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '`' => shown.push('ˋ'),
            ' ' if before == ' ' || rest.peek().is_none() => written_out(c, &mut shown),
            c if is_unseen(c) => written_out(c, &mut shown),
            c => shown.push(c),
        }
        before = c;
    }
    if shown.is_empty() {
        "(nothing)".to_owned()
    } else {
        shown
    }
}

/// Whether nobody sees a character, or sees it as the ordinary space that it is not.
fn is_unseen(c: char) -> bool {
    c.is_control() || is_invisible(c) || (c.is_whitespace() && c != ' ')
}

fn written_out(c: char, shown: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_would_see_is_written_out() {
        for (text, shown) in [
            ("rm\u{a0}-rf", "rm\\u{a0}-rf"),
            ("a\u{2028}b\u{fff9}c", "a\\u{2028}b\\u{fff9}c"),
            ("a\r\nb\n", "a\\u{d}\nb"),
            ("a\n\n\n", "a\n\\u{a}\n\\u{a}"),
            ("\ta  b", "\ta  b"),
        ] {
            assert_eq!(visibly(text), shown, "{text:?}");
        }
        for (text, shown) in [
            ("/srv/a  b", "/srv/a \\u{20}b"),
            ("/srv/a ", "/srv/a\\u{20}"),
            (" /etc", "\\u{20}/etc"),
            ("/srv/a b", "/srv/a b"),
            ("/srv/`a\t", "/srv/ˋa\\u{9}"),
            ("/srv/\u{2029}", "/srv/\\u{2029}"),
        ] {
            assert_eq!(in_line(text), shown, "{text:?}");
        }
    }

    #[test]
    fn of_a_long_line_both_ends_are_seen() {
        let line = format!("echo {}; rm -rf /", "x".repeat(5_000));
        let shown = Block::new("sh", &line, "command.sh").ends(500);
        assert!(shown.starts_with("```sh\necho xxx"), "{shown}");
        assert!(shown.ends_with("xxx; rm -rf /\n```"), "{shown}");
        assert!(shown.contains("characters are left out here …"), "{shown}");
        assert!(shown.chars().count() <= 500);
    }
}
