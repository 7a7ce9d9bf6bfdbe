//! A tool call that is decided on.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    grant::input_hash,
    path::{Ground, real},
    shell::{Unclear, plain},
};
use crate::runtime::Ask;

/// A call, where it is made, and what rules want to know of it. Each of a hundred rules and grants may
/// want to know what a line runs, and an agent may write a line that takes long to read: so that is found
/// out once, by the first who asks.
pub(super) struct Call<'a> {
    pub(super) ask: &'a Ask,
    pub(super) ground: Ground<'a>,
    commands: OnceCell<Result<Vec<Vec<String>>, Unclear>>,
    hash: OnceCell<String>,
    directory: OnceCell<Option<PathBuf>>,
}

impl<'a> Call<'a> {
    /// A call in the project's directory, which is absolute and without links.
    pub(super) fn new(ask: &'a Ask, project: &'a Path) -> Self {
        Self {
            ask,
            ground: Ground {
                project,
                directory: ask.directory.as_deref(),
            },
            commands: OnceCell::new(),
            hash: OnceCell::new(),
            directory: OnceCell::new(),
        }
    }

    /// The tool's name, as the agent wrote it.
    pub(super) fn tool(&self) -> &'a str {
        &self.ask.tool
    }

    /// What the tool is given.
    pub(super) fn input(&self) -> &'a Value {
        &self.ask.input
    }

    /// What a line for the shell runs, if that can be told.
    pub(super) fn commands(&self) -> Result<&[Vec<String>], &Unclear> {
        let read = || plain(self.input()["command"].as_str().unwrap_or(""));
        self.commands.get_or_init(read).as_deref()
    }

    /// By what the input is known again.
    pub(super) fn hash(&self) -> &str {
        self.hash.get_or_init(|| input_hash(self.input()))
    }

    /// Where it is made, without links, if that can be told.
    pub(super) fn directory(&self) -> Option<&PathBuf> {
        let really = || self.ground.directory.and_then(real);
        self.directory.get_or_init(really).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        approval::{Grant, GrantRule, ProjectTools, ToolLists, shell::READ},
        runtime::{AskKind, Verdict},
        words::{Approvers, Circle, GrantId, Tier},
    };

    #[test]
    fn a_line_is_read_once_however_many_rules_and_grants_look_at_it() {
        let rules = |name: &str| (0..10).map(|n| format!("Bash({name} {n}:*)")).collect();
        let tools = ProjectTools::parse(&ToolLists {
            denied: rules("denied"),
            asked: rules("asked"),
            member: rules("allowed"),
            approvers: Approvers::Owners,
            ..ToolLists::default()
        });
        let policy = tools
            .expect("rules")
            .policy_for(Circle::Members, Tier::Member);
        let grant = |n| Grant {
            id: GrantId::fresh(),
            rule: GrantRule::parse(&format!("Bash(granted {n}:*)")).expect("a rule"),
        };
        let grants: Vec<Grant> = (0..100).map(grant).collect();
        for (line, is_allowed) in [("granted 99; granted 98", false), ("granted 99", true)] {
            let ask = Ask {
                id: "1".into(),
                kind: AskKind::Gate,
                call: "c".into(),
                sub_agent: None,
                tool: "Bash".into(),
                input: json!({"command": line}),
                directory: None,
                reason: None,
                unconfined: false,
            };
            let before = READ.get();
            let decision = policy.decide(&ask, Path::new("/srv/app"), &grants);
            assert_eq!(
                decision.verdict == Verdict::Allow,
                is_allowed,
                "{decision:?}"
            );
            assert_eq!(READ.get() - before, 1, "{line}");
        }
    }
}
