//! Finds where a part ends.

use std::borrow::Cow;

use unicode_segmentation::GraphemeCursor;

use super::{Tracker, closing_length};
use crate::discord::render::fence::looks_like_fence;

/// How many places are tried in a line that has none that is good: keeps hostile text cheap.
const TRIES: usize = 32;

/// The end of a part.
#[derive(Clone)]
pub(super) struct Cut {
    /// How many bytes of the text it takes; there is something to see among them.
    pub(super) end: usize,
    /// The code block that is open there.
    pub(super) tracker: Tracker,
}

/// Finds the end of the part that `text` begins with. `lead` stands before its first line, `room`
/// is how many code points the text and the line that closes a code block may take.
pub(super) fn find(text: &str, lead: &str, room: usize, start: &Tracker) -> Cut {
    let window = text
        .char_indices()
        .nth(room)
        .map_or(text, |(end, _)| &text[..end]);
    let mut ends = Ends::default();
    let mut tracker = start.clone();
    let (mut used, mut at) = (0, 0);
    for line in window.split_inclusive('\n') {
        let before = tracker.clone();
        tracker.line(&with_lead(lead, at, line));
        let end = at + line.len();
        let count = used + line.chars().count();
        let whole = line.ends_with('\n') || end == text.len();
        if !whole || count + closing_length(&tracker, line) > room {
            let line = Line {
                text,
                window,
                lead,
                room,
                at,
                used,
                before: &before,
                after: &tracker,
            };
            let last = ends.choose(&line);
            return last.unwrap_or_else(|| anywhere(text, window, lead, room, start));
        }
        let cut = Cut {
            end,
            tracker: tracker.clone(),
        };
        if end == text.len() {
            return cut;
        }
        (used, at) = (count, end);
        if shows_something(&text[..end]) {
            ends.add(line, &before, used, cut);
        }
    }
    // The window ends with a line that fits, and the text goes on.
    ends.best(room, room / 8)
        .unwrap_or_else(|| anywhere(text, window, lead, room, start))
}

/// Line ends at which the part could end: the last of each kind, with the code points before it.
#[derive(Default)]
struct Ends {
    /// After a blank line.
    paragraph: Option<(usize, Cut)>,
    /// After another line outside of code blocks.
    line: Option<(usize, Cut)>,
    /// After a line of a code block, but not right after its beginning.
    code: Option<(usize, Cut)>,
}

impl Ends {
    fn add(&mut self, line: &str, before: &Tracker, used: usize, cut: Cut) {
        let kind = match (before.open(), cut.tracker.open()) {
            (_, None) if line.trim().is_empty() => &mut self.paragraph,
            (_, None) => &mut self.line,
            (Some(_), Some(_)) => &mut self.code,
            (None, Some(_)) => return,
        };
        *kind = Some((used, cut));
    }

    /// The best place, given the line that does not fit any more.
    fn choose(&self, line: &Line<'_>) -> Option<Cut> {
        // Code is rather cut short than within a line.
        if line.before.open().is_some() && line.after.open().is_some() {
            return self
                .best(line.room, line.room / 8)
                .or_else(|| line.inside());
        }
        self.best(line.room, line.room / 2)
            .or_else(|| line.inside())
            .or_else(|| self.best(line.room, line.room / 8))
    }

    /// The best of the line ends that fill the part well, or of those that fill it to `least`.
    fn best(&self, room: usize, least: usize) -> Option<Cut> {
        let filled = |end: &Option<(usize, Cut)>, least: usize| {
            let (_, cut) = end.as_ref().filter(|(used, _)| *used >= least)?;
            Some(cut.clone())
        };
        let Self {
            paragraph,
            line,
            code,
        } = self;
        filled(paragraph, room / 2)
            .or_else(|| filled(line, room / 2))
            .or_else(|| filled(paragraph, room / 4))
            .or_else(|| filled(code, room / 2))
            .or_else(|| {
                let all = [paragraph, line, code].into_iter().flatten();
                let (used, cut) = all.max_by_key(|(used, _)| *used)?;
                (*used >= least).then(|| cut.clone())
            })
    }
}

/// The first line that does not fit whole.
struct Line<'a> {
    text: &'a str,
    /// As much of the text as could fit.
    window: &'a str,
    lead: &'a str,
    room: usize,
    /// Where it begins, and after how many code points.
    at: usize,
    used: usize,
    /// What is open before it, and behind what of it could fit.
    before: &'a Tracker,
    after: &'a Tracker,
}

impl Line<'_> {
    /// The last good place in the line: after a sentence, else after a word, outside of code if
    /// it can be; else between two characters as people see them.
    fn inside(&self) -> Option<Cut> {
        let (mut sentences, mut words, mut in_code) = (Vec::new(), Vec::new(), Vec::new());
        let mut all = Vec::new();
        let (mut ticks, mut before, mut last) = (0_usize, ' ', ' ');
        for (count, (offset, char)) in self.window[self.at..].char_indices().enumerate() {
            let place = (self.at + offset, self.used + count);
            let wide = matches!(before, '。' | '！' | '？');
            if place.1 >= self.room / 2 && (wide || before.is_whitespace() && !char.is_whitespace())
            {
                let places = match last {
                    _ if ticks % 2 == 1 => &mut in_code,
                    '.' | '!' | '?' | '…' | ':' | ';' | '。' | '！' | '？' => &mut sentences,
                    _ => &mut words,
                };
                places.push(place);
            }
            // Within a row of marks a cut could make a fence of what was none.
            if !(matches!(char, '`' | '~') && char == before) {
                all.push(place);
            }
            ticks += usize::from(char == '`');
            before = char;
            if !char.is_whitespace() {
                last = char;
            }
        }
        let after = (
            self.window.len(),
            self.used + self.window[self.at..].chars().count(),
        );
        if !matches!(before, '`' | '~') || !self.text[after.0..].starts_with(before) {
            all.push(after);
        }
        let whole = |place: &(usize, usize)| is_boundary(self.text, place.0);
        // Closing may need some of the room, so that the last places do not fit.
        let mut seen = all.into_iter().filter(|(_, count)| *count <= self.most());
        let seen = std::iter::from_fn(|| seen.next_back())
            .filter(whole)
            .take(TRIES);
        [sentences, words, in_code]
            .into_iter()
            .flat_map(|places| places.into_iter().rev().take(TRIES))
            .chain(seen)
            .find_map(|(end, count)| self.harmless(end, count))
    }

    /// The most code points that fit if what is open stays open.
    fn most(&self) -> usize {
        self.room - closing_length(self.after, "").min(self.room)
    }

    /// The cut at `end`, after `count` code points, if that fits and leaves the text what it is:
    /// neither side of a cut may look like a fence that was none, or lose one.
    fn harmless(&self, end: usize, count: usize) -> Option<Cut> {
        let mut tracker = self.before.clone();
        let head = &self.text[self.at..end];
        // Nothing of the line is no empty line, which would end a block in a quote.
        if !head.is_empty() {
            tracker.line(&with_lead(self.lead, self.at, head));
        }
        let fits = count + closing_length(&tracker, head) <= self.room;
        let same = tracker.open() == self.after.open() && !looks_like_fence(&self.text[end..]);
        let cut = Cut { end, tracker };
        (fits && same && shows_something(&self.text[..end])).then_some(cut)
    }
}

/// A place that fits for certain, for text that has no other.
fn anywhere(text: &str, window: &str, lead: &str, room: usize, start: &Tracker) -> Cut {
    // Whatever code block is open there can be closed.
    let count = room.saturating_sub(start.room() + 1).max(1);
    let mut places = window.char_indices().map(|(at, _)| at);
    let mut end = places.nth(count).unwrap_or(window.len());
    while !is_boundary(text, end) && shows_something(&text[..floor(text, end)]) {
        end = floor(text, end);
    }
    let mut tracker = start.clone();
    tracker.lines(&with_lead(lead, 0, &text[..end]));
    Cut { end, tracker }
}

/// A line as the message shows it.
fn with_lead<'l>(lead: &str, at: usize, line: &'l str) -> Cow<'l, str> {
    if at == 0 && !lead.is_empty() {
        Cow::Owned(format!("{lead}{line}"))
    } else {
        Cow::Borrowed(line)
    }
}

fn shows_something(text: &str) -> bool {
    !text.trim_start().is_empty()
}

/// Whether a cut tears nothing that is seen as one character.
fn is_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true)
        .is_boundary(text, 0)
        .unwrap_or(true)
}

/// Where the code point before `at` begins.
fn floor(text: &str, at: usize) -> usize {
    text[..at]
        .char_indices()
        .next_back()
        .map_or(0, |(at, _)| at)
}
