//! Which rules may stand in which list, and what none allows.

use super::*;

#[test]
fn a_bad_rule_spoils_the_whole_policy_and_is_told_with_its_list() {
    let lists = ToolLists {
        member: texts(&["Read", "bash"]),
        ..ToolLists::default()
    };
    let guests = ToolLists {
        guest: texts(&["Read", "Edit(src/**)"]),
        ..ToolLists::default()
    };
    let errors: Vec<String> = [lists, guests]
        .iter()
        .filter_map(|lists| ProjectTools::parse(lists).err())
        .map(|error| error.to_string())
        .collect();
    assert_eq!(
        errors,
        [
            "`allowed_tools`: `bash` names no tool: write `Bash`",
            "`guest_tools`: `Edit(src/**)` does more than look, and guests only look: write rules of \
             Read, Grep, Glob",
        ]
    );
}

#[test]
fn every_tool_that_is_spoken_of_may_stand_in_a_rule() {
    for tool in [OWN_LIST, DIALOGS, LOOKING].concat() {
        assert_eq!(
            ToolRule::parse(tool).map(|rule| rule.text),
            Ok(tool.to_owned())
        );
    }
}

#[test]
fn what_nobody_can_tell_may_be_forbidden_by_its_first_words_and_not_allowed_by_them() {
    for rule in ["Bash(sudo:*)", "Bash(bash -c:*)", "Bash(awk:*)", "Bash(sh)"] {
        let lists = |member: &[&str], denied: &[&str]| ToolLists {
            member: texts(member),
            denied: texts(denied),
            ..ToolLists::default()
        };
        assert!(ProjectTools::parse(&lists(&[], &[rule])).is_ok(), "{rule}");
        let error = ProjectTools::parse(&lists(&[rule], &[])).expect_err(rule);
        assert!(
            error.to_string().contains("never allows anything"),
            "{error}"
        );
        assert!(GrantRule::parse(rule).is_err(), "{rule}");
    }
}

#[test]
fn a_line_that_ends_in_an_interpreter_or_holds_code_is_asked_for_whatever_is_allowed() {
    let lists = ToolLists {
        owner: texts(&[
            "Bash(cat:*)",
            "Bash(bash:*)",
            "Bash(python3:*)",
            "Bash(git:*)",
        ]),
        ..ToolLists::default()
    };
    let policy = tools(&lists).policy_for(Circle::Members, Tier::Owner);
    for line in [
        "cat x | bash",
        "cat x | python3",
        "cat x | python3 -",
        "python3 -c 'import os'",
        "bash -c id",
        "git -c alias.x='!id' x",
        "env A=b git status",
    ] {
        let decision = gate(&policy, "Bash", json!({"command": line}));
        assert!(
            matches!(decision.verdict, Verdict::Ask(_)),
            "{line}: {decision:?}"
        );
    }
    for line in [
        "cat x",
        "bash tools/x.sh",
        "python3 -m pytest",
        "cat x | git status",
    ] {
        let decision = gate(&policy, "Bash", json!({"command": line}));
        assert_eq!(decision.verdict, Verdict::Allow, "{line}");
    }
}

#[test]
fn what_may_not_be_read_is_hidden_from_people_too() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let lists = ToolLists {
        denied: texts(&["Read(.env)", "Read(keys/**)", "Bash(ls)"]),
        ..ToolLists::default()
    };
    let policy = tools(&lists).policy_for(Circle::Members, Tier::Owner);
    for (file, is_hidden) in [
        (".env", true),
        ("keys/a/b", true),
        ("src/.env", false),
        ("notes", false),
    ] {
        assert_eq!(policy.hides(&home.join(file), &home), is_hidden, "{file}");
    }
}
