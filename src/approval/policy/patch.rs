//! Patches, which are decided on as the edits that they consist of.

use std::path::Path;

use serde_json::Value;

use super::{Decision, EVERYTHING, RuleRef, ToolPolicy};
use crate::{
    approval::{
        Grant,
        patch::{ChangeKind, PATCH, changes, edits},
        path::is_plain,
    },
    runtime::{Ask, ToolInput, Verdict},
};

/// Why a file of a patch is not allowed with everything else.
const UNCLEAR: &str = "which file that is cannot be told from its name";

impl ToolPolicy {
    /// The worst that is decided of any edit of a patch.
    pub(super) fn decide_patch(&self, ask: &Ask, project: &Path, grants: &[Grant]) -> Decision {
        let directory = ask.directory.as_deref();
        let Some(edits) = edits(&ask.input, directory) else {
            return unreadable();
        };
        // Of what allows a call only one grant is looked at again, so that each allows a patch by itself.
        let grants = if edits.len() == 1 { grants } else { &[] };
        let mut rules: Vec<RuleRef> = Vec::new();
        let mut asked = None;
        for edit in &edits {
            let decision = self.decide_call(&edit.call(directory), project, grants);
            let decision = match decision.verdict {
                Verdict::Allow if !is_plain(&edit.file) => {
                    let why = UNCLEAR.to_owned();
                    self.beyond(PATCH, Some((EVERYTHING.to_owned(), why)))
                }
                Verdict::Allow | Verdict::Ask(_) | Verdict::Deny(_) => decision,
            };
            let named = |why: String| match edits.len() {
                1 => why,
                _ => format!("{}: {why}", edit.file),
            };
            let rule = decision.rule;
            match decision.verdict {
                Verdict::Deny(why) => return Decision::deny(named(why), rule),
                Verdict::Ask(why) => {
                    let verdict = Verdict::Ask(named(why));
                    asked.get_or_insert(Decision { verdict, rule });
                }
                Verdict::Allow if rules.contains(&rule) => {}
                Verdict::Allow => rules.push(rule),
            }
        }
        asked.unwrap_or_else(|| Decision::allow(together(rules)))
    }

    /// The input of a patch without what only the agent program has read in files whose reading the project denies:
    /// what is deleted, and what stands around a change. `None` if nothing is left out.
    pub fn veiled(&self, ask: &Ask, project: &Path) -> Option<ToolInput> {
        let changes = changes(&ask.tool, &ask.input)?;
        let mut veiled = None;
        for (n, change) in changes.iter().enumerate() {
            let directory = ask.directory.as_deref().unwrap_or(project);
            if !self.hides(&directory.join(&change.path), project) {
                continue;
            }
            let seen = match (change.kind, &change.diff) {
                (ChangeKind::Update, Some(diff)) => without_surroundings(diff).into(),
                (ChangeKind::Delete, _) => Value::Null,
                (ChangeKind::Add | ChangeKind::Update, _) => continue,
            };
            let input = veiled.get_or_insert_with(|| ask.input.clone());
            input["changes"][n]["diff"] = seen;
        }
        veiled
    }
}

/// The lines of a unified diff that go and that come.
fn without_surroundings(diff: &str) -> String {
    let lines = diff.split_inclusive('\n');
    lines
        .filter(|line| line.starts_with(['+', '-', '@', '\\']))
        .collect()
}

/// All the rules that together allow a patch.
fn together(rules: Vec<RuleRef>) -> RuleRef {
    let texts: Option<Vec<&str>> = rules
        .iter()
        .map(|rule| {
            if let RuleRef::Project(text) = rule {
                Some(text.as_str())
            } else {
                None
            }
        })
        .collect();
    match texts {
        Some(texts) => RuleRef::Project(texts.join(", ")),
        None => rules.into_iter().next().unwrap_or(RuleRef::Unnamed),
    }
}

fn unreadable() -> Decision {
    Decision::deny(
        "This patch cannot be read: it changes nothing, or more than 200 files, or one of which nobody can \
         tell where it is. Name each file by its whole path, in smaller patches."
            .to_owned(),
        RuleRef::Unreadable,
    )
}
