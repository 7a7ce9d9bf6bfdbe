//! What a run has answered in parts, because messages joined it: all of it belongs to its end, whatever
//! that is.

use std::time::Duration;

use super::{finish::Outcome, sentences};
use crate::{
    runtime::Usage,
    store::{Part, Payload, RunEnd, Used},
};

/// The parts of a run that ends.
pub(super) struct InParts(Vec<Part>);

impl InParts {
    pub(super) const fn of(parts: Vec<Part>) -> Self {
        Self(parts)
    }

    /// The outcome of the run with what it has answered before; and what that is, where the outcome itself
    /// is no answer.
    pub(super) fn with(&self, outcome: Outcome) -> (Outcome, Option<Payload>) {
        match outcome {
            Outcome::Answered(last) => (Outcome::Answered(self.answer(&[&last])), None),
            other @ (Outcome::Failed { .. }
            | Outcome::Cancelled
            | Outcome::Withdrawn
            | Outcome::Expired
            | Outcome::Refused
            | Outcome::Interrupted(_)
            | Outcome::BrokenOff) => (other, self.by_themselves()),
        }
    }

    fn by_themselves(&self) -> Option<Payload> {
        let markdown = self.answer(&[]);
        let used = self.used();
        let usage = Usage {
            input: used.input_tokens,
            output: used.output_tokens,
        };
        let footer = sentences::footer(usage, used.cost_microusd, self.took());
        (!markdown.is_empty()).then_some(Payload::Answer { markdown, footer })
    }

    fn answer(&self, more: &[&str]) -> String {
        let parts = self.0.iter().map(|part| part.answer.as_str());
        let said: Vec<_> = parts
            .chain(more.iter().copied())
            .filter(|words| !words.is_empty())
            .collect();
        said.join("\n\n")
    }

    fn used(&self) -> Used {
        self.0.iter().fold(Used::default(), |sum, part| Used {
            input_tokens: sum.input_tokens.saturating_add(part.used.input_tokens),
            output_tokens: sum.output_tokens.saturating_add(part.used.output_tokens),
            cost_microusd: sum.cost_microusd.saturating_add(part.used.cost_microusd),
        })
    }

    /// How long they took together.
    pub(super) fn took(&self) -> Duration {
        self.0.iter().map(|part| part.took).sum()
    }

    /// Counts what they used to what the end of the run used.
    pub(super) fn count(&self, end: &mut RunEnd) {
        let used = self.used();
        end.input_tokens = end.input_tokens.saturating_add(used.input_tokens);
        end.output_tokens = end.output_tokens.saturating_add(used.output_tokens);
        end.cost_microusd = end.cost_microusd.saturating_add(used.cost_microusd);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{RequestState, RunState};

    fn part(answer: &str, tokens: u64) -> Part {
        Part {
            answer: answer.to_owned(),
            used: Used {
                input_tokens: tokens,
                output_tokens: tokens,
                cost_microusd: tokens,
            },
            took: Duration::from_secs(tokens),
        }
    }

    #[test]
    fn an_answer_has_all_parts_in_order_and_leaves_nothing_to_be_said_beside_it() {
        let parts = InParts::of(vec![part("one", 1), part("", 2), part("three", 3)]);
        let (outcome, beside) = parts.with(Outcome::Answered("four".to_owned()));
        assert!(
            matches!(&outcome, Outcome::Answered(text) if text == "one\n\nthree\n\nfour"),
            "another outcome"
        );
        assert_eq!(beside, None);
    }

    #[test]
    fn what_was_answered_stands_beside_an_end_that_is_no_answer() {
        let parts = InParts::of(vec![part("one", 1), part("two", 2)]);
        let (outcome, beside) = parts.with(Outcome::Cancelled);
        assert!(matches!(outcome, Outcome::Cancelled));
        let markdown = "one\n\ntwo".to_owned();
        let footer = "6 tokens · under $0.01 · 3.0 s".to_owned();
        assert_eq!(beside, Some(Payload::Answer { markdown, footer }));
        let (_, nothing) = InParts::of(Vec::new()).with(Outcome::Cancelled);
        assert_eq!(nothing, None);
    }

    #[test]
    fn what_the_parts_used_counts() {
        let mut end = RunEnd::unused(RunState::Failed, RequestState::Failed, None);
        end.input_tokens = 10;
        let parts = InParts::of(vec![part("one", 1), part("two", 2)]);
        parts.count(&mut end);
        let used = (end.input_tokens, end.output_tokens, end.cost_microusd);
        assert_eq!(used, (13, 3, 3));
        assert_eq!(parts.took(), Duration::from_secs(3));
    }
}
