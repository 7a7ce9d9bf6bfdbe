//! What people are shown of a call, and what they can allow with it.

use std::path::Path;

use crate::{
    approval::{Grant, GrantRule, ToolPolicy, found, named},
    delivery::shows_what_is_there,
    runtime::{Ask, Verdict},
    words::{Found, GrantId, Unread},
};

/// What a person would grant who allows a call for longer; nothing if that would not help the next time.
pub(in crate::session) fn grant_rule(
    policy: &ToolPolicy,
    project: &Path,
    ask: &Ask,
) -> Option<String> {
    let rule = GrantRule::of(ask)?;
    let text = rule.to_string();
    let grant = Grant {
        id: GrantId::fresh(),
        rule,
    };
    let then = policy.decide(ask, project, &[grant]);
    (then.verdict == Verdict::Allow).then_some(text)
}

/// What stands where a call leads, if that shows what it does. Nobody is shown what the agent may not read.
pub(in crate::session) fn looked_up(
    policy: &ToolPolicy,
    project: &Path,
    ask: &Ask,
    leads_to: Option<&Path>,
) -> Option<Found> {
    if !shows_what_is_there(&ask.tool, &ask.input) {
        return None;
    }
    let is_hidden = |file: &Path| policy.hides(file, project);
    let written = named(&ask.tool, &ask.input).map(Path::new);
    Some(match leads_to {
        None => Found::Unread(Unread::Outside),
        Some(file) if is_hidden(file) || written.is_some_and(is_hidden) => {
            Found::Unread(Unread::Denied)
        }
        Some(file) => found(project, file),
    })
}
