//! Whether a tool call may run: decided by rule, always with the rule that decided, or by a person.
//!
//! Knows the project's rules, what people of a tier may, and who may say yes; looks at nothing but where
//! links lead and at what stands where a call writes. It may not know Discord, how an agent program is spoken to, or how a person is asked.

mod approvers;
mod call;
mod command;
mod found;
mod grant;
mod leads;
mod patch;
mod path;
mod policy;
mod rule;
mod shell;
mod tools;

pub use approvers::{MayNot, may_decide, may_still_give};
pub use found::{LONGEST_FOUND, found};
pub use grant::{Grant, GrantRule, input_hash};
pub use leads::{leads_to, named};
pub use patch::{Change, ChangeKind, changes, leads_as_named};
pub use policy::{Decision, RuleRef, ToolPolicy, shown, within_sandbox};
pub use rule::{PolicyError, ToolRule};
pub use tools::{ProjectTools, ToolListError, ToolLists, faults};
