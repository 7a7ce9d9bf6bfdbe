//! A tool call in one line, for the place where its agent works.

use crate::{
    approval::{self, Change, ChangeKind},
    observe::Secrets,
    runtime::Ask,
};

/// Longest description of a tool call, in characters.
const CHARS: usize = 100;

/// What is looked at for it: lines are joined, so that of a text with many spaces there may be less.
const LOOKED_AT: usize = 4 * CHARS;

/// The fields of an input that tell most, the best first.
const TELLING: [&str; 7] = [
    "command",
    "file_path",
    "path",
    "pattern",
    "url",
    "query",
    "description",
];

/// A call whose input nobody may see here.
pub(super) fn named(tool: &str) -> String {
    let name = approval::shown(tool);
    if name.is_empty() {
        "a tool".to_owned()
    } else {
        name
    }
}

/// A call that is allowed: the tool and the part of its input that tells most, without secrets.
pub(super) fn described(secrets: &Secrets, ask: &Ask) -> String {
    let name = named(&ask.tool);
    let input = &ask.input;
    let patch = approval::changes(&ask.tool, input).map(|changes| patched(&changes));
    let told = || TELLING.iter().find_map(|key| input.get(key)?.as_str());
    let Some(detail) = patch.as_deref().or_else(told) else {
        return name;
    };
    let detail = secrets.beginning(detail, LOOKED_AT);
    let words: Vec<&str> = detail.split_whitespace().collect();
    let line = format!("{name}: {}", words.join(" "));
    if line.chars().count() <= CHARS {
        return line;
    }
    line.chars().take(CHARS - 1).chain(['…']).collect()
}

/// What becomes of the files of a patch.
fn patched(changes: &[Change]) -> String {
    let each = changes.iter().map(|change| {
        let what = match (change.kind, &change.move_path) {
            (_, Some(to)) => return format!("moves {} to {to}", change.path),
            (ChangeKind::Add, None) => "writes",
            (ChangeKind::Update, None) => "changes",
            (ChangeKind::Delete, None) => "deletes",
        };
        format!("{what} {}", change.path)
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::runtime::AskKind;

    fn told(tool: &str, input: Value) -> String {
        let ask = Ask {
            id: "a".into(),
            kind: AskKind::Gate,
            call: "c".into(),
            sub_agent: None,
            tool: tool.into(),
            input,
            directory: None,
            reason: None,
            unconfined: false,
        };
        described(&Secrets::new(["correct  horse".into()]), &ask)
    }

    #[test]
    fn a_call_is_told_in_one_short_line() {
        let long = format!("echo {}\nls", "x".repeat(200));
        let line = told("Bash", json!({"command": long, "description": "d"}));
        assert_eq!(line.chars().count(), 100);
        assert!(
            line.starts_with("Bash: echo xxx") && line.ends_with('…'),
            "{line}"
        );
        assert_eq!(told("Bash", json!({"command": "a\n  b"})), "Bash: a b");
        assert_eq!(told("Wait", json!({"seconds": 3})), "Wait");
        let patch = json!({"changes": [
            {"path": "/a", "kind": "add", "diff": "x"}, {"path": "/b", "kind": "update", "diff": "x"},
            {"path": "/c", "kind": "delete"},
            {"path": "/d", "kind": "update", "diff": "", "move_path": "/correct  horse"}]});
        assert_eq!(
            told("Patch", patch),
            "Patch: writes /a, changes /b, deletes /c, moves /d to /[redacted]"
        );
        assert_eq!(told("Patch", json!({"changes": []})), "Patch");
        assert_eq!(told("`\n`", json!({})), "a tool");
    }

    #[test]
    fn no_secret_is_in_it_wherever_the_line_ends() {
        let line = |before: usize| {
            let command = format!("{} correct  horse", "x".repeat(before));
            told("Bash", json!({ "command": command }))
        };
        assert_eq!(line(1), "Bash: x [redacted]");
        for before in 0..500 {
            assert!(!line(before).contains("corr"), "{before}");
        }
    }
}
