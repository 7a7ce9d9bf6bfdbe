//! Cuts Markdown into messages.
//!
//! Nothing is lost: the parts without the lines that were put in are the text, except that white
//! space at a cut vanishes if it is longer than a quarter of a message (Discord refuses a message
//! of white space alone, so that it could not be shown anyway).

mod cut;
#[cfg(test)]
mod tests;

use super::fence::Tracker;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// Put in before: what reopens the code block or the quote that was cut.
    opened: String,
    /// From the text.
    body: String,
    /// Put in behind: what closes the code block that was cut.
    closed: String,
}

/// Cuts a text into parts of at most `limit` code points each, none of them blank; no parts if
/// the text is blank.
///
/// A part ends at a blank line if it can, else at a line end, a sentence, a word. A code block
/// that has to be cut is closed at the end of the part and reopened with its language in the next.
pub fn split(markdown: &str, limit: usize) -> Vec<String> {
    let parts = parts(markdown, limit).into_iter();
    parts
        .map(|part| part.opened + &part.body + &part.closed)
        .collect()
}

fn parts(text: &str, limit: usize) -> Vec<Part> {
    let limit = limit.max(1);
    let mut parts = Vec::new();
    let mut tracker = Tracker::new(frame(limit));
    let mut opened = String::new();
    // No trailing white space: what a message ends with is not shown.
    let mut rest = text.trim_end();
    rest = &rest[long_gap(rest, limit).len()..];
    while !rest.is_empty() {
        // What was put in before the text on its first line: the marks of a quote.
        let lead = opened.rsplit('\n').next().unwrap_or("");
        let room = limit - opened.chars().count();
        let cut = cut::find(rest, lead, room, &tracker);
        let (body, after) = rest.split_at(cut.end);
        let gap = long_gap(after, limit);

        let closed = closing(&cut.tracker, body);
        tracker = cut.tracker;
        tracker.lines(gap);
        let mut next = match tracker.open() {
            Some(fence) => fence.reopen() + "\n",
            None => String::new(),
        };
        if !body.ends_with('\n') && gap.is_empty() {
            let line = match body.rsplit_once('\n') {
                Some((_, line)) => line.to_owned(),
                None => format!("{lead}{body}"),
            };
            let quote = tracker.quote(&line);
            if quote.len() <= limit / 8 {
                next.push_str(quote);
            }
        }
        parts.push(Part {
            opened: std::mem::replace(&mut opened, next),
            body: body.to_owned(),
            closed,
        });
        rest = &after[gap.len()..];
    }
    parts
}

/// What closes the code block that is open behind a text.
fn closing(tracker: &Tracker, text: &str) -> String {
    let Some(fence) = tracker.open() else {
        return String::new();
    };
    let line_end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{line_end}{}", fence.close())
}

/// The length of that, in code points.
fn closing_length(tracker: &Tracker, text: &str) -> usize {
    let Some(fence) = tracker.open() else {
        return 0;
    };
    usize::from(!text.ends_with('\n')) + fence.close_length()
}

/// How many code points the lines that close and reopen a code block may take in all.
fn frame(limit: usize) -> usize {
    limit / 4
}

/// The white space that the text begins with, if it is too long to be shown. The indentation of
/// the first line with text stays.
fn long_gap(text: &str, limit: usize) -> &str {
    let longest = limit / 4;
    let blank = &text[..text.len() - text.trim_start().len()];
    if blank.chars().take(longest + 1).count() <= longest {
        return "";
    }
    let lines = blank.rfind('\n').map_or(0, |end| end + 1);
    if blank[lines..].chars().count() <= longest {
        &blank[..lines]
    } else {
        blank
    }
}
