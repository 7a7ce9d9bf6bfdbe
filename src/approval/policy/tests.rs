mod lists;
mod patches;
mod unconfined;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    approval::{GrantRule, ToolLists},
    runtime::AskKind,
    words::{Approvers, Circle, GrantId, Tier},
};

const PROJECT: &str = "/srv/app";

fn tools(lists: &ToolLists) -> ProjectTools {
    ProjectTools::parse(lists).expect("good rules")
}

fn texts(rules: &[&str]) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

/// Of a member's run, where nobody is asked.
fn policy(rules: &[&str]) -> ToolPolicy {
    let lists = ToolLists {
        member: texts(rules),
        approvers: Approvers::Nobody,
        ..ToolLists::default()
    };
    tools(&lists).policy_for(Circle::Members, Tier::Member)
}

fn ask(tool: &str, input: Value) -> Ask {
    Ask {
        id: "1".into(),
        kind: AskKind::Gate,
        call: "c".into(),
        sub_agent: None,
        tool: tool.into(),
        input,
        directory: Some(PROJECT.into()),
        reason: None,
        unconfined: false,
    }
}

fn gate(policy: &ToolPolicy, tool: &str, input: Value) -> Decision {
    policy.decide(&ask(tool, input), Path::new(PROJECT), &[])
}

#[test]
fn a_call_is_allowed_by_the_rule_that_allows_it() {
    let policy = policy(&[
        "Read",
        "Grep",
        "Glob",
        "Edit(src/**)",
        "Bash(git log:*)",
        "Bash(npm test)",
        "Task",
        "WebFetch(domain:docs.rs)",
        "mcp__forge",
        "mcp__x__y",
    ]);
    for (tool, input, rule) in [
        ("Read", json!({"file_path": "/srv/app/a"}), "Read"),
        (
            "Grep",
            json!({"pattern": "/etc", "path": "src", "glob": "*.rs"}),
            "Grep",
        ),
        ("Grep", json!({"pattern": "x"}), "Grep"),
        ("Glob", json!({"pattern": "**/*.rs"}), "Glob"),
        (
            "Write",
            json!({"file_path": "/srv/app/src/a"}),
            "Edit(src/**)",
        ),
        (
            "NotebookEdit",
            json!({"notebook_path": "/srv/app/src/a"}),
            "Edit(src/**)",
        ),
        ("Bash", json!({"command": "git log -3"}), "Bash(git log:*)"),
        ("Bash", json!({"command": "npm test"}), "Bash(npm test)"),
        (
            "Bash",
            json!({"command": "npm test && git log --grep 'a; b' | npm test"}),
            "Bash(npm test), Bash(git log:*)",
        ),
        ("Agent", json!({"prompt": "p"}), "Task"),
        ("Task", json!({"prompt": "p"}), "Task"),
        (
            "WebFetch",
            json!({"url": "https://docs.rs/x"}),
            "WebFetch(domain:docs.rs)",
        ),
        ("mcp__forge__send", json!({}), "mcp__forge"),
        ("mcp__x__y", json!({}), "mcp__x__y"),
    ] {
        assert_eq!(
            gate(&policy, tool, input.clone()),
            Decision {
                verdict: Verdict::Allow,
                rule: RuleRef::Project(rule.into())
            },
            "{tool} {input}"
        );
    }
}

#[test]
fn a_call_that_a_rule_does_not_cover_is_denied_by_it() {
    let policy = policy(&[
        "Read",
        "Grep",
        "Glob",
        "Edit(src/**)",
        "Bash(git log:*)",
        "WebFetch(domain:docs.rs)",
        "Write",
    ]);
    for (tool, input, rule) in [
        ("Read", json!({"file_path": "/etc/passwd"}), "Read"),
        ("Read", json!({"file_path": "/srv/app/../x"}), "Read"),
        ("Read", json!({}), "Read"),
        ("Grep", json!({"pattern": "x", "path": "/srv"}), "Grep"),
        ("Grep", json!({"pattern": "x", "path": ["/srv"]}), "Grep"),
        ("Glob", json!({"pattern": "/etc/*"}), "Glob"),
        ("Glob", json!({"pattern": "../*"}), "Glob"),
        (
            "Edit",
            json!({"file_path": "/srv/app/docs/a"}),
            "Edit(src/**)",
        ),
        ("Edit", json!({"file_path": "src/a"}), "Edit(src/**)"),
        (
            "Write",
            json!({"file_path": "/srv/other/a"}),
            "Edit(src/**)",
        ),
        (
            "Bash",
            json!({"command": "git log | sh"}),
            "Bash(git log:*)",
        ),
        ("Bash", json!({"command": "ls"}), "Bash(git log:*)"),
        ("Bash", json!({}), "Bash(git log:*)"),
        (
            "WebFetch",
            json!({"url": "https://docs.rs@evil.example"}),
            "WebFetch(domain:docs.rs)",
        ),
    ] {
        let decision = gate(&policy, tool, input.clone());
        assert!(
            matches!(decision.verdict, Verdict::Deny(_)),
            "{tool} {input}"
        );
        assert_eq!(
            decision.rule,
            RuleRef::Project(rule.into()),
            "{tool} {input}"
        );
    }
}

#[test]
fn where_nobody_is_asked_a_tool_that_no_rule_names_is_denied() {
    assert_eq!(
        gate(&policy(&["Read"]), "Bash", json!({"command": "ls"})),
        Decision {
            verdict: Verdict::Deny(
                "Bash is not allowed in this project. Do not look for a way around: say what you \
                 would need and why."
                    .into()
            ),
            rule: RuleRef::Unnamed,
        }
    );
}

#[test]
fn the_agent_may_keep_its_own_list() {
    assert_eq!(
        gate(
            &ToolPolicy::default(),
            "TaskCreate",
            json!({"subject": "s"})
        ),
        Decision {
            verdict: Verdict::Allow,
            rule: RuleRef::OwnList
        }
    );
}

#[test]
fn where_guests_speak_only_the_rules_are_left_that_let_an_agent_look() {
    let lists = ToolLists {
        guest: texts(&["Read(docs/**)", "Grep"]),
        member: texts(&["Edit", "Bash"]),
        owner: texts(&["*"]),
        approvers: Approvers::Members,
        ..ToolLists::default()
    };
    let tools = tools(&lists);
    let inside = json!({"file_path": "/srv/app/docs/a", "command": "ls", "pattern": "x",
        "url": "https://docs.rs", "query": "x", "prompt": "p"});
    let runs = [
        (Circle::Guests, Tier::Guest),
        (Circle::Guests, Tier::Owner),
        (Circle::Members, Tier::Guest),
    ];
    for (circle, tier) in runs {
        let looking = tools.policy_for(circle, tier);
        for (tool, rule) in [
            ("Read", RuleRef::Project("Read(docs/**)".into())),
            ("Grep", RuleRef::Project("Grep".into())),
            ("TaskCreate", RuleRef::OwnList),
            ("Glob", RuleRef::LooksOnly),
            ("Write", RuleRef::LooksOnly),
            ("Bash", RuleRef::LooksOnly),
            ("WebFetch", RuleRef::LooksOnly),
            ("WebSearch", RuleRef::LooksOnly),
            ("Task", RuleRef::LooksOnly),
            ("mcp__forge__send", RuleRef::LooksOnly),
        ] {
            let granted = Grant {
                id: GrantId::fresh(),
                rule: GrantRule::of(&ask(tool, inside.clone())).expect("a rule"),
            };
            let ask = ask(tool, inside.clone());
            let decision = looking.decide(&ask, Path::new(PROJECT), &[granted]);
            assert_eq!(decision.rule, rule, "{tool}");
            let denied = matches!(decision.verdict, Verdict::Deny(_));
            assert_eq!(denied, rule == RuleRef::LooksOnly, "{tool}");
        }
        let elsewhere = json!({"file_path": "/srv/app/src/a"});
        let decision = gate(&looking, "Read", elsewhere);
        assert!(matches!(decision.verdict, Verdict::Deny(_)));
    }
}

/// What decides, in this order: denied, always asked, the profile, a grant, a person.
#[test]
fn the_order_is_deny_always_ask_profile_grant_ask() {
    let lists = ToolLists {
        denied: texts(&["Bash(rm:*)", "Read(secrets/**)"]),
        asked: texts(&["Bash(git push:*)", "WebFetch"]),
        member: texts(&["Read", "Bash(git:*)", "Bash(rm:*)"]),
        owner: texts(&["*"]),
        ..ToolLists::default()
    };
    let tools = tools(&lists);
    let line = |line: &str| json!({"command": line});
    let file = |path: &str| json!({"file_path": path});
    let of = |tier| tools.policy_for(Circle::Members, tier);
    for (tier, tool, input, decided) in [
        (
            Tier::Member,
            "Bash",
            line("git log"),
            "allow allowed: Bash(git:*)",
        ),
        (
            Tier::Owner,
            "Bash",
            line("make"),
            "allow allowed: everything",
        ),
        (
            Tier::Owner,
            "Grep",
            json!({"pattern": "x", "path": "/srv/app/src"}),
            "allow allowed: everything",
        ),
        (
            Tier::Owner,
            "Glob",
            json!({"pattern": "**"}),
            "allow allowed: everything",
        ),
        (
            Tier::Owner,
            "Grep",
            json!({"pattern": "x", "path": "/srv"}),
            "ask allowed: *",
        ),
        (
            Tier::Owner,
            "Glob",
            json!({"pattern": "**", "path": "~"}),
            "ask allowed: *",
        ),
        (
            Tier::Owner,
            "Glob",
            json!({"pattern": "/home/*/.ssh/*"}),
            "ask allowed: *",
        ),
        (
            Tier::Owner,
            "Grep",
            json!({"pattern": "x", "glob": "../*"}),
            "ask allowed: *",
        ),
        (
            Tier::Owner,
            "Read",
            file("/usr/include/stdio.h"),
            "allow allowed: everything",
        ),
        (
            Tier::Owner,
            "Bash",
            line("echo $(id)"),
            "ask denied: Bash(rm:*)",
        ),
        (
            Tier::Owner,
            "Bash",
            line("ls; rm x"),
            "deny denied: Bash(rm:*)",
        ),
        (
            Tier::Member,
            "Bash",
            line("rm x"),
            "deny denied: Bash(rm:*)",
        ),
        (
            Tier::Owner,
            "Bash",
            line("git push"),
            "ask always asked: Bash(git push:*)",
        ),
        (
            Tier::Member,
            "Bash",
            line("git push -f"),
            "ask always asked: Bash(git push:*)",
        ),
        (
            Tier::Member,
            "Bash",
            line("make"),
            "ask allowed: Bash(git:*)",
        ),
        (Tier::Member, "Bash", line("make test"), "allow grant"),
        (
            Tier::Member,
            "Write",
            file("/srv/app/a"),
            "ask built in: no rule allows it",
        ),
        (
            Tier::Member,
            "Read",
            file("/srv/app/secrets/a"),
            "deny denied: Read(secrets/**)",
        ),
        (
            Tier::Owner,
            "Read",
            file("/srv/app/secrets/a"),
            "deny denied: Read(secrets/**)",
        ),
        (
            Tier::Owner,
            "Read",
            file("/srv/app/x/../secrets/a"),
            "deny denied: Read(secrets/**)",
        ),
        (
            Tier::Owner,
            "WebFetch",
            json!({"url": "x"}),
            "ask always asked: WebFetch",
        ),
        (
            Tier::Member,
            "WebFetch",
            json!({"url": "x"}),
            "ask always asked: WebFetch",
        ),
    ] {
        let granted = Grant {
            id: GrantId::fresh(),
            rule: GrantRule::parse("Bash(make test)").expect("a rule"),
        };
        let pushed = Grant {
            id: GrantId::fresh(),
            rule: GrantRule::parse("Bash(git push:*)").expect("a rule"),
        };
        let call = ask(tool, input.clone());
        let decision = of(tier).decide(&call, Path::new(PROJECT), &[granted, pushed]);
        let verdict = match decision.verdict {
            Verdict::Allow => "allow",
            Verdict::Ask(_) => "ask",
            Verdict::Deny(_) => "deny",
        };
        let found = format!("{verdict} {}", decision.rule);
        assert!(
            found.starts_with(decided),
            "{tier:?} {tool} {input}: {found}"
        );
    }
}

proptest! {
    #[test]
    fn without_rules_a_person_decides_on_every_tool_but_the_own_list(tool in "[A-Za-z_]{1,12}") {
        prop_assume!(!OWN_LIST.contains(&tool.as_str()));
        let policy = tools(&ToolLists::default()).policy_for(Circle::Members, Tier::Owner);
        let decision = gate(&policy, &tool, json!({"file_path": "/srv/app/a"}));
        prop_assert_eq!(decision.rule, RuleRef::Unnamed);
        prop_assert!(matches!(decision.verdict, Verdict::Ask(_)));
    }
}
