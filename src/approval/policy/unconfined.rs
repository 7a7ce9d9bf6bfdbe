//! Calls that would run outside of the sandbox that the agent program keeps its tools in. Rules and grants are given
//! for what runs within it, so that none allows them.

use super::{Beyond, Decision, NO_WAY_AROUND, ToolPolicy, shown};
use crate::runtime::{Ask, Verdict};

/// What a person is told first who decides on such a call; why he is asked stands behind it.
const OUTSIDE: &str = "it would run outside of the agent's sandbox: ";

/// Why he is asked where a rule would allow the call.
const WITHIN: &str = "what is allowed by rule is allowed within the sandbox only";

impl ToolPolicy {
    /// What becomes of what was decided of a call if that runs outside of the sandbox.
    pub(super) fn unconfined(&self, ask: &Ask, decision: Decision) -> Decision {
        let why = match decision.verdict {
            Verdict::Deny(_) => return decision,
            Verdict::Allow => WITHIN.to_owned(),
            Verdict::Ask(why) => why,
        };
        let verdict = match self.beyond {
            Beyond::Asked => {
                let says = ask
                    .reason
                    .as_ref()
                    .map(|it| format!("; the agent says: {it}"));
                Verdict::Ask(format!("{OUTSIDE}{why}{}", says.unwrap_or_default()))
            }
            Beyond::Denied | Beyond::LooksOnly | Beyond::Planning => Verdict::Deny(format!(
                "{} would run outside of your sandbox, and nobody is asked here who could allow that. Run it within \
                 the sandbox. {NO_WAY_AROUND}",
                shown(&ask.tool)
            )),
        };
        Decision {
            verdict,
            rule: decision.rule,
        }
    }
}

/// What is left of why people are asked without the warning that a call would run outside of the sandbox; `None` if
/// that does not stand there.
pub fn within_sandbox(why: &str) -> Option<&str> {
    why.strip_prefix(OUTSIDE)
}
