//! The lists of tools, whose lines somebody else understands.

use super::{
    super::{ToolJudge, section::Section},
    read,
};
use crate::words::RuntimeKind;

/// What agents of guests, members and owners may do without a question if the project says nothing:
/// look; change the project's files; everything.
pub(super) const GUEST: [&str; 3] = ["Read", "Grep", "Glob"];
pub(super) const ALLOWED: [&str; 5] = ["Read", "Grep", "Glob", "Edit", "Write"];
pub(super) const OWNER: [&str; 1] = ["*"];

/// Reads one of the lists and reports each line of it that is no rule.
pub(super) fn list(
    section: &mut Section<'_>,
    name: &'static str,
    default: &[&str],
    (judge, runtime): (ToolJudge, RuntimeKind),
) -> Option<Vec<String>> {
    let source = section.source(name);
    let rules = section.or(name, default.to_vec(), read::tools)?;
    for complaint in judge(name, &rules, runtime) {
        section.report(name, source.clone(), complaint);
    }
    Some(rules)
}
