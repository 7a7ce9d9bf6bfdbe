//! Lines for the shell against the real shell: what the rules let through runs nothing but what they name.

use std::{path::Path, process::Command};

use baton::{
    approval::{ProjectTools, ToolLists},
    runtime::{Ask, AskKind, Verdict},
    words::{Circle, Tier},
};
use proptest::prelude::*;

/// The commands that the project allows: with whatever behind them, and with nothing.
const RULES: [&str; 3] = ["Bash(a:*)", "Bash(bc a:*)", "Bash(é)"];

fn is_let_through(line: &str) -> bool {
    let lists = ToolLists {
        member: RULES.map(str::to_owned).into(),
        ..ToolLists::default()
    };
    let tools = ProjectTools::parse(&lists).unwrap();
    let ask = Ask {
        id: "1".into(),
        kind: AskKind::Gate,
        call: "c".into(),
        sub_agent: None,
        tool: "Bash".into(),
        input: serde_json::json!({ "command": line }),
        directory: None,
        reason: None,
        unconfined: false,
    };
    let policy = tools.policy_for(Circle::Members, Tier::Member);
    policy.decide(&ask, Path::new("/srv/app"), &[]).verdict == Verdict::Allow
}

fn is_named(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words[..], ["a", ..] | ["bc", "a", ..] | ["é"])
}

/// What bash runs: every command that it does not find is written down with its words.
fn run_by_bash(line: &str) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book");
    let note = "command_not_found_handle() { printf '%s\\0' \"$@\" $'\\x1e' >&7; }";
    // Nothing is found where there is nothing, and what the shell does itself is left out.
    let nothing = "enable -n '['\nPATH=/nowhere";
    let script = format!("exec 7>>'{}'\n{nothing}\n{note}\n{line}", book.display());
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-c", &script]);
    let out = bash.current_dir(folder.path()).output().unwrap();
    assert!(out.status.success(), "{line:?}: {out:?}");
    let left: Vec<_> = folder.path().read_dir().unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{line:?} wrote files: {left:?}");
    let book = std::fs::read_to_string(book).unwrap();
    let commands = book.split_terminator("\u{1e}\0");
    commands
        .map(|words| words.split_terminator('\0').map(str::to_owned).collect())
        .collect()
}

fn line() -> impl Strategy<Value = String> {
    let often = vec![
        "a", "a ", "bc", " ", " a", "'", "\"", ";", "&&", "|", "\n", "é",
    ];
    let seldom = vec![
        "$", "`", "\\", "~", "*", "{", "}", "(", ")", "=", " 2>&1", ">", "<", "#", "!", "-", "\t",
        ",", "&", "[", "]", "^", "%", "@", "+", "?",
    ];
    let part = prop_oneof![
        9 => prop::sample::select(often),
        1 => prop::sample::select(seldom),
    ];
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn bash_runs_of_a_line_that_is_let_through_what_the_rules_name_and_nothing_else(line in line()) {
        if is_let_through(&line) {
            let run = run_by_bash(&line);
            prop_assert!(!run.is_empty(), "{:?}", line);
            prop_assert!(run.iter().all(|words| is_named(words)), "{:?}: {:?}", line, run);
        }
    }
}

#[test]
fn what_is_let_through_is_enough_to_work_with() {
    for line in ["a", "a 'x; y' && bc a | é", "a\nbc a \"b c\" 2>&1"] {
        assert!(is_let_through(line), "{line}");
        assert!(
            run_by_bash(line).iter().all(|words| is_named(words)),
            "{line}"
        );
    }
    for line in ["b", "bc", "é x", "a; b", "a $(b)", "'a", "bc 'a '"] {
        assert!(!is_let_through(line), "{line}");
    }
}
