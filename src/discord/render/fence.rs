//! Fenced code blocks: where one begins, where it ends, how it is closed and reopened.
//!
//! Close to CommonMark, and to Discord where the two differ: a fence counts at any indentation,
//! because Discord shows it as one there too.

use std::{ops::ControlFlow, rc::Rc};

/// How deep in lists and quotes a fence is looked for, in code points.
const FAR_IN: usize = 100;

/// A code block that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    /// What stands before the fence: indentation and quote marks, list marks as spaces.
    prefix: String,
    /// How many quotes it is in.
    quotes: usize,
    /// The fence itself: three or more of one mark.
    marks: String,
    /// What follows it: the language.
    info: String,
}

impl Fence {
    /// The fence that a line opens.
    pub(super) fn opening(line: &str) -> Option<Self> {
        // Almost no line does: this costs the others little.
        if !line.contains("```") && !line.contains("~~~") {
            return None;
        }
        let (prefix, rest) = container(line);
        let mark = rest
            .chars()
            .next()
            .filter(|mark| matches!(mark, '`' | '~'))?;
        let info = rest.trim_start_matches(mark);
        let marks = &rest[..rest.len() - info.len()];
        // Marks on both sides are code within a line.
        if marks.len() < 3 || mark == '`' && info.contains('`') {
            return None;
        }
        Some(Self {
            quotes: prefix.matches('>').count(),
            prefix,
            marks: marks.to_owned(),
            info: info.trim().to_owned(),
        })
    }

    /// The line that opens it again, without a line end.
    pub(super) fn reopen(&self) -> String {
        // `~~~ ~x` must not become a longer fence.
        let between = if self.info.starts_with('~') { " " } else { "" };
        format!("{}{}{between}{}", self.prefix, self.marks, self.info)
    }

    /// The line that closes it, without a line end.
    pub(super) fn close(&self) -> String {
        format!("{}{}", self.prefix, self.marks)
    }

    /// The length of that line, in code points.
    pub(super) fn close_length(&self) -> usize {
        // Marks and what may stand before them are ASCII.
        self.prefix.len() + self.marks.len()
    }

    /// Whether a line ends it, and whether the line is used up by that: a block in a quote also
    /// ends with the quote, by a line that may mean something itself.
    fn end(&self, line: &str) -> Option<ControlFlow<()>> {
        let mut rest = line.trim_start();
        for _ in 0..self.quotes {
            match rest.strip_prefix('>') {
                Some(inner) => rest = inner.trim_start(),
                None => return Some(ControlFlow::Continue(())),
            }
        }
        let mark = self.marks.chars().next()?;
        let after = rest.trim_start_matches(mark);
        let closes = rest.len() - after.len() >= self.marks.len() && after.trim().is_empty();
        closes.then_some(ControlFlow::Break(()))
    }

    /// The same fence if it is small enough to be written again in every part, without its
    /// language if only that makes it too long.
    fn within(mut self, room: usize) -> Option<Self> {
        let fits = |fence: &Self| {
            // A line end each behind the two lines.
            fence.reopen().chars().count() + fence.close_length() + 2 <= room
        };
        if !fits(&self) {
            self.info.clear();
        }
        fits(&self).then_some(self)
    }
}

/// Whether a text could be taken for a fence if it stood at the beginning of a line.
pub(super) fn looks_like_fence(text: &str) -> bool {
    // What stands further in is no longer the beginning, and the text may be long.
    let near = text
        .char_indices()
        .nth(FAR_IN)
        .map_or(text, |(end, _)| &text[..end]);
    let (_, rest) = container(near);
    rest.starts_with("```") || rest.starts_with("~~~")
}

/// What a line begins with before its own text, with list marks as spaces; and that text.
fn container(line: &str) -> (String, &str) {
    let mut prefix = String::new();
    let mut rest = line;
    loop {
        let inner = rest.trim_start_matches([' ', '\t']);
        prefix.push_str(&rest[..rest.len() - inner.len()]);
        if let Some(quoted) = inner.strip_prefix('>') {
            prefix.push('>');
            rest = quoted;
            continue;
        }
        let digits = inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mark = match inner[digits..].chars().next() {
            Some('-' | '*' | '+') if digits == 0 => 1,
            Some('.' | ')') if (1..=9).contains(&digits) => digits + 1,
            _ => return (prefix, inner),
        };
        let after = &inner[mark..];
        if !after.starts_with([' ', '\t']) {
            return (prefix, inner);
        }
        prefix.push_str(&" ".repeat(mark));
        rest = after;
    }
}

/// Follows a text line by line.
#[derive(Clone, Debug)]
pub(super) struct Tracker {
    // Shared, because a tracker is kept for every place where a text could be cut.
    open: Option<Rc<Fence>>,
    room: usize,
}

impl Tracker {
    /// Outside of all blocks. Fences that need more than `room` code points to be closed and
    /// reopened are taken for text.
    pub(super) fn new(room: usize) -> Self {
        Self { open: None, room }
    }

    /// How many code points closing and reopening may take.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// The block that the text is in.
    pub(super) fn open(&self) -> Option<&Fence> {
        self.open.as_deref()
    }

    /// The quote marks that have to be repeated if `line` is cut, so that its rest stays quoted.
    pub(super) fn quote<'a>(&self, line: &'a str) -> &'a str {
        let most = self.open.as_ref().map_or(usize::MAX, |fence| fence.quotes);
        let mut end = 0;
        for _ in 0..most {
            let rest = line[end..].trim_start_matches(' ');
            let Some(inner) = rest.strip_prefix('>') else {
                break;
            };
            end = line.len() - inner.strip_prefix(' ').unwrap_or(inner).len();
        }
        &line[..end]
    }

    /// Goes on by one line, with or without its line end.
    pub(super) fn line(&mut self, line: &str) {
        let line = line.trim_end_matches(['\n', '\r']);
        if let Some(fence) = &self.open {
            match fence.end(line) {
                None => return,
                Some(ControlFlow::Break(())) => {
                    self.open = None;
                    return;
                }
                Some(ControlFlow::Continue(())) => self.open = None,
            }
        }
        self.open = Fence::opening(line)
            .and_then(|fence| fence.within(self.room))
            .map(Rc::new);
    }

    /// Goes on by a whole text.
    pub(super) fn lines(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            self.line(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_after(text: &str) -> Option<String> {
        let mut tracker = Tracker::new(100);
        tracker.lines(text);
        tracker.open().map(Fence::reopen)
    }

    #[test]
    fn a_fence_is_open_until_one_as_long_of_the_same_mark_stands_alone() {
        for (text, open) in [
            ("```rust\nfn", Some("```rust")),
            ("```rust\n``` x", Some("```rust")),
            ("```\n```", None),
            ("~~~ a `b`\n```", Some("~~~a `b`")),
            ("````md\n```\n", Some("````md")),
            ("````md\n```\n````\n", None),
            ("```\n`````", None),
            ("``` a` b", None),
            ("``\n", None),
            ("text ```\n", None),
        ] {
            assert_eq!(state_after(text).as_deref(), open, "{text:?}");
        }
    }

    #[test]
    fn a_fence_may_stand_in_lists_and_quotes() {
        for (text, open) in [
            ("- ```sh\n  ls", Some("  ```sh")),
            ("10. a\n    ```sh\n", Some("    ```sh")),
            ("1) ```\n   ```", None),
            ("> ```c\n> x", Some("> ```c")),
            ("> ```c\n> ```", None),
            ("> ```c\nout of the quote", None),
            ("> ```c\n```py\n", Some("```py")),
            ("> - > ```\n", Some(">   > ```")),
            ("```\n> ```", Some("```")),
        ] {
            assert_eq!(state_after(text).as_deref(), open, "{text:?}");
        }
    }

    #[test]
    fn a_fence_that_would_fill_the_messages_is_text_and_a_long_language_is_dropped() {
        assert_eq!(state_after(&"`".repeat(60)), None);
        assert_eq!(
            state_after(&format!("```{}", "x".repeat(200))).as_deref(),
            Some("```")
        );
    }
}
