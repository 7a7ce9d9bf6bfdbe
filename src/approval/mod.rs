//! Whether a tool call may run: decided by the project's rules, always with the rule that decided.
//!
//! Pure: it may not know who asks (tiers come with grants and approvals by people), Discord, or how
//! an agent program is spoken to. What it defers, the agent program's own rules decide after it, so
//! that both must agree.

mod command;
mod path;
mod policy;
mod rule;

pub use policy::{Decision, RuleRef, ToolPolicy};
pub use rule::PolicyError;
