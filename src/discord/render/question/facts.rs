//! What one has to know beside the matter of a question, a line each.
//!
//! What decides must be seen: a value that is too long for its line loses its middle and neither of its ends,
//! and stands whole in the file.

use std::fmt::Write as _;

use super::{
    super::{escape_markdown, text::one_line},
    block::in_line,
};
use crate::{
    approval::{GrantRule, LONGEST_FOUND},
    delivery::{Leads, Matter, Question},
    words::{Choice, Unread, without_middle},
};

/// The longest path or name that is shown, the longest words, and of these the longest of a sub-agent's name, in
/// code points.
pub(super) const NAME: usize = 160;
const WORDS: usize = 120;
const SHORT: usize = 60;

/// The lines, and what of them is too long to be shown whole.
#[derive(Default)]
pub(super) struct Facts {
    lines: String,
    cut: String,
}

impl Facts {
    /// What one has to know about a question.
    pub(super) fn of(question: &Question) -> Self {
        let mut facts = Self::default();
        if question.unconfined {
            facts.line(
                "🔓 **This runs outside of the sandbox that the agent's tools are kept in.**",
            );
        }
        if let Some(file) = question.matter.file() {
            facts.note_cut("The file", file, NAME);
        }
        if let Matter::Other { tool, .. } = &question.matter {
            facts.note_cut("The tool", tool, NAME);
        }
        match &question.leads {
            Leads::AsWritten => {}
            Leads::To(path) => facts.name("🔗 What is named there is really", path),
            Leads::Untold => facts.line("🔗 Where that really leads cannot be told."),
        }
        if let Some(why) = question.unread {
            facts.line(&format!(
                "🕳️ What stands there by now is not shown: {}.",
                unread(why)
            ));
        }
        if let Matter::Plan { besides, .. } = &question.matter
            && !besides.is_empty()
        {
            let all = besides.join("; ");
            facts.words(
                "🚧 With the plan comes, and is not allowed by approving it",
                &all,
                WORDS,
            );
        }
        if let Some(directory) = &question.directory {
            facts.name("📂", &directory.display().to_string());
        }
        if let Some(sub_agent) = &question.sub_agent {
            facts.words("👥 A sub-agent asks", sub_agent, SHORT);
        }
        if !question.why.is_empty() {
            facts.words("❔ Why you are asked", &question.why, WORDS);
        }
        if !question.hidden.is_empty() {
            facts.name(
                "🙈 Something is hidden as it looks like a secret. Allow this only if you know what stands at \
                 `[redacted]` in",
                &question.hidden.join(", "),
            );
        }
        facts.offer(question);
        facts
    }

    /// The lines, each with a line end.
    pub(super) fn shown(&self) -> &str {
        &self.lines
    }

    /// What was too long for its line, whole and each on a line; empty if nothing was.
    pub(super) fn cut(&self) -> &str {
        &self.cut
    }

    /// What a yes for longer would cover, as long as somebody can give it.
    fn offer(&mut self, question: &Question) {
        let is_offered = question
            .controls
            .iter()
            .any(|(_, choice)| *choice == Choice::Session);
        if let (Some(rule), true, None) = (&question.rule, is_offered, &question.end) {
            self.name(
                &format!("🔁 **Allow for this session** covers {}:", meaning(rule)),
                rule,
            );
        }
    }

    fn line(&mut self, line: &str) {
        self.lines.push_str(line);
        self.lines.push('\n');
    }

    fn name(&mut self, what: &str, name: &str) {
        self.line(&format!("{what} {}", code(name)));
        self.note_cut(what, name, NAME);
    }

    fn words(&mut self, what: &str, words: &str, limit: usize) {
        // One line, whose middle is what goes.
        let words = one_line(words, usize::MAX);
        let shown = escape_markdown(&without_middle(&words, limit));
        self.line(&format!("{what}: {shown}"));
        self.note_cut(what, &words, limit);
    }

    fn note_cut(&mut self, what: &str, value: &str, limit: usize) {
        let whole = in_line(value);
        if whole.chars().count() > limit {
            // Writing to a string does not fail.
            let _ = writeln!(self.cut, "{what}: {whole}");
        }
    }
}

/// Why something is not shown, for the end of a sentence.
fn unread(why: Unread) -> String {
    match why {
        Unread::Outside => "it is not certain to lie in the project".to_owned(),
        Unread::Denied => "the project denies reading it".to_owned(),
        Unread::NoFile => "it is no ordinary file".to_owned(),
        Unread::TooLong => format!("it is longer than {} KiB", LONGEST_FOUND >> 10),
        Unread::NoText => "it is no text".to_owned(),
        Unread::Failed => "it cannot be read".to_owned(),
    }
}

/// A path, a name or a rule as code, on one line.
pub(in super::super) fn code(text: &str) -> String {
    format!("`{}`", without_middle(&in_line(text), NAME))
}

/// What a rule covers, in words.
pub(in super::super) fn meaning(rule: &str) -> String {
    GrantRule::parse(rule).map_or_else(|_| "what its rule says".to_owned(), |rule| rule.meaning())
}
