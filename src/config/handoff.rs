//! `[handoff]`: bounds of what agents hand to each other.

use super::{section::Section, values};

/// `[handoff]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handoff {
    /// How often a piece of work may be handed on, from one agent to the next; 0 for never.
    pub max_hops: usize,
    /// How many tokens all agents of such a chain may use together.
    pub token_budget: usize,
}

impl Handoff {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let max_hops = section.or("max_hops", 4, values::count(0..=100));
        let token_budget = section.or("token_budget", 50_000, values::count(1..=1_000_000_000));
        section.finish();
        Some(Self {
            max_hops: max_hops?,
            token_budget: token_budget?,
        })
    }
}
