//! What an agent wants to be told.

use std::fmt::Write as _;

use super::{
    super::{escape_markdown, outcome::quoted, text::one_line},
    Body, attached,
};
use crate::{
    delivery::{Inquiry, Question},
    words::without_middle,
};

/// The longest question, and the longest option and description, in code points.
const QUESTION: usize = 400;
const OPTION: usize = 200;

/// All of it with the answers so far, as far as there is room; what is left out of it stands in a file. `cut` is
/// what of the other lines is too long.
pub(super) fn body(question: &Question, all: &[Inquiry], cut: &str, room: usize) -> Body {
    let mut text = String::new();
    let mut is_whole = cut.is_empty();
    let mut short = |words: &str, limit: usize| {
        let words = one_line(words, usize::MAX);
        is_whole &= words.chars().count() <= limit;
        escape_markdown(&without_middle(&words, limit))
    };
    for (n, inquiry) in all.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = writeln!(text, "**{}**", short(&inquiry.question, QUESTION));
        for option in &inquiry.options {
            let label = short(&option.label, OPTION);
            let description = short(&option.description, OPTION);
            let between = if description.is_empty() { "" } else { ": " };
            let _ = writeln!(text, "- {label}{between}{description}");
        }
        if let Some(Some(answer)) = question.answers.get(n) {
            let _ = writeln!(text, "➡️ {}", quoted(answer));
        }
    }
    if is_whole && text.chars().count() <= room {
        return Body {
            shown: text,
            file: None,
        };
    }
    let note = "-# 📎 All of it is in the attached file.";
    let most = room.saturating_sub(note.chars().count() + 3);
    let shown = match text.char_indices().nth(most) {
        None => text.trim_end().to_owned(),
        Some((end, _)) => {
            // Whole lines only: a half escape would be none.
            let end = text[..end].rfind('\n').unwrap_or(0);
            format!("{}\n…", &text[..end])
        }
    };
    Body {
        shown: format!("{shown}\n{note}"),
        file: Some(attached("questions.md", cut, &unshortened(all))),
    }
}

/// All that the agent wants to be told, as it wrote it.
fn unshortened(all: &[Inquiry]) -> String {
    let mut text = String::new();
    for inquiry in all {
        let _ = writeln!(text, "{}", inquiry.question);
        for option in &inquiry.options {
            let _ = writeln!(text, "- {}: {}", option.label, option.description);
        }
    }
    text
}
