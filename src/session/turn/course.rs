//! How far an agent is with its prompt, and what it is at beside that.

use uuid::Uuid;

use super::{
    Origin,
    kinds::{ends_a_turn, is_of_a_turn},
};
use crate::runtime::RunEvent;

/// How far an agent is with its prompt. All of it follows from what the agent did, so that a server which takes
/// a turn up again learns it from the journal.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// What the prompt is called in the agent's memory.
    prompt: Uuid,
    /// Whether what happens is after the prompt. What an agent did before belongs to another turn, or to
    /// none.
    prompted: bool,
    /// Whether it has taken the prompt up.
    acknowledged: bool,
    /// What it was at when it got the prompt. That ends first.
    beside: Beside,
}

/// What an agent is at that nobody has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Nothing,
    /// Something that it goes on with by itself.
    ItsOwn,
}

impl Course {
    /// That of a turn with this origin which is about to begin.
    pub(super) fn of(origin: Origin, prompt: Uuid) -> Self {
        let needs_no_prompt = origin == Origin::ByItself;
        Self {
            prompt,
            prompted: needs_no_prompt,
            acknowledged: needs_no_prompt,
            beside: Beside::Nothing,
        }
    }

    /// The agent was given the prompt.
    pub(super) const fn given(&mut self) {
        self.prompted = true;
    }

    /// Whether the agent was given the prompt.
    pub(super) const fn is_prompted(&self) -> bool {
        self.prompted
    }

    /// The agent has taken something up; says whether that is the prompt.
    pub(super) fn takes_up(&mut self, prompt: Uuid) -> bool {
        let is_ours = prompt == self.prompt;
        self.acknowledged |= is_ours;
        is_ours
    }

    /// Whether the agent has taken the prompt up.
    pub(super) const fn is_taken_up(&self) -> bool {
        self.acknowledged
    }

    /// Whether what the agent does now is still what it was at by itself before its prompt.
    pub(super) const fn is_beside(&self) -> bool {
        matches!(self.beside, Beside::ItsOwn) && !self.acknowledged
    }

    /// Whether an event belongs to another turn, or to none.
    pub(super) const fn precedes(&mut self, event: &RunEvent) -> bool {
        if self.prompted || !is_of_a_turn(event) {
            return false;
        }
        self.beside = if ends_a_turn(event) {
            Beside::Nothing
        } else {
            Beside::ItsOwn
        };
        true
    }

    /// Whether the turn is over with an event, as far as nothing else has joined it. What the agent was at by
    /// itself ends before the prompt's turn does, unless it took the prompt into that.
    pub(super) const fn ends_with(&mut self, event: &RunEvent) -> bool {
        if !ends_a_turn(event) {
            return false;
        }
        let is_its_own = matches!(event, RunEvent::OwnTurnEnded(_));
        let ends = if is_its_own {
            self.acknowledged
        } else {
            !self.is_beside()
        };
        if !ends {
            self.beside = Beside::Nothing;
        }
        ends
    }

    /// Learns from an event that another server has taken in.
    pub(super) fn recall(&mut self, event: &RunEvent) {
        if self.precedes(event) {
            return;
        }
        if let RunEvent::Acknowledged(prompt) = event {
            self.takes_up(*prompt);
        }
        self.ends_with(event);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::runtime::{TurnEnd, TurnOutcome, Usage};

    const PROMPT: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);

    fn end() -> TurnEnd {
        TurnEnd {
            outcome: TurnOutcome::Stopped,
            usage: Usage::default(),
            cost_total_microusd: 0,
            took: Duration::ZERO,
            stopped: Vec::new(),
        }
    }

    fn ended() -> RunEvent {
        RunEvent::TurnEnded(end())
    }

    fn own_ended() -> RunEvent {
        RunEvent::OwnTurnEnded(end())
    }

    /// How far an agent is that did this before its prompt and that after it.
    fn after(before: &[RunEvent], behind: &[RunEvent]) -> Course {
        let mut course = Course::of(Origin::Asked, PROMPT);
        for event in before {
            course.recall(event);
        }
        assert!(!course.is_prompted());
        course.given();
        for event in behind {
            course.recall(event);
        }
        course
    }

    #[test]
    fn what_an_agent_was_at_when_it_got_the_prompt_ends_before_the_turn() {
        let mut course = after(&[ended(), RunEvent::Thinking], &[RunEvent::Thinking]);
        assert!(course.is_beside());
        assert!(!course.ends_with(&ended()));
        assert!(!course.is_beside());
        assert!(course.ends_with(&ended()));
    }

    #[test]
    fn a_turn_of_before_that_is_over_is_nothing_that_goes_on() {
        let mut course = after(&[RunEvent::Thinking, ended(), RunEvent::Ready], &[]);
        assert!(!course.is_beside());
        assert!(course.ends_with(&ended()));
    }

    #[test]
    fn a_prompt_that_was_taken_into_what_the_agent_was_at_is_answered_with_that() {
        let taken = [
            RunEvent::Acknowledged(OTHER),
            RunEvent::Acknowledged(PROMPT),
        ];
        for end in [ended(), own_ended()] {
            let mut course = after(&[RunEvent::Thinking], &taken);
            assert!(course.is_taken_up() && !course.is_beside());
            assert!(course.ends_with(&end), "{end:?}");
        }
        let mut course = after(&[RunEvent::Thinking], &taken[..1]);
        assert!(!course.is_taken_up() && course.is_beside());
        assert!(!course.ends_with(&own_ended()));
    }

    #[test]
    fn what_an_agent_goes_on_with_by_itself_needs_no_prompt() {
        for end in [ended(), own_ended()] {
            let mut course = Course::of(Origin::ByItself, PROMPT);
            assert!(course.is_prompted() && !course.precedes(&RunEvent::Thinking));
            assert!(course.ends_with(&end), "{end:?}");
        }
    }
}
