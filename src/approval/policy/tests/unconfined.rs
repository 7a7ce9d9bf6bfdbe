//! What would run outside of the agent's sandbox, no rule allows.

use super::*;

fn lists(approvers: Approvers) -> ToolLists {
    ToolLists {
        denied: texts(&["Bash(rm:*)"]),
        guest: texts(&["Read"]),
        member: texts(&["Bash(ls)", "Edit"]),
        owner: texts(&["*"]),
        approvers,
        ..ToolLists::default()
    }
}

fn outside(tool: &str, input: Value) -> Ask {
    Ask {
        unconfined: true,
        reason: Some("the network is needed".into()),
        ..ask(tool, input)
    }
}

#[test]
fn what_a_rule_or_a_grant_allows_a_person_decides_outside_of_the_sandbox() {
    let tools = tools(&lists(Approvers::Owners));
    let patch = json!({"changes": [{"path": "/srv/app/a", "kind": "add", "diff": ""}]});
    let line = |line: &str| json!({"command": line});
    for (tier, tool, input, why) in [
        (
            Tier::Member,
            "Bash",
            line("ls"),
            "what is allowed by rule is allowed within the sandbox only",
        ),
        (
            Tier::Owner,
            "Bash",
            line("ls"),
            "what is allowed by rule is allowed within the sandbox only",
        ),
        (
            Tier::Owner,
            "Patch",
            patch,
            "what is allowed by rule is allowed within the sandbox only",
        ),
        (
            Tier::Member,
            "Bash",
            line("make"),
            "what is allowed by rule is allowed within the sandbox only",
        ),
        (
            Tier::Member,
            "WebSearch",
            json!({"query": "x"}),
            "no rule of the project allows it",
        ),
    ] {
        let granted = Grant {
            id: GrantId::fresh(),
            rule: GrantRule::parse("Bash(make)").expect("a rule"),
        };
        let policy = tools.policy_for(Circle::Members, tier);
        for kind in [AskKind::Gate, AskKind::Permission] {
            let call = Ask {
                kind,
                ..outside(tool, input.clone())
            };
            let decision = policy.decide(&call, Path::new(PROJECT), std::slice::from_ref(&granted));
            let Verdict::Ask(told) = decision.verdict else {
                panic!("{tool} {input}: {decision:?}");
            };
            let rest = format!("{why}; the agent says: the network is needed");
            assert_eq!(within_sandbox(&told), Some(&*rest), "{told}");
        }
    }
}

#[test]
fn where_nobody_may_be_asked_what_would_run_outside_of_the_sandbox_is_denied() {
    let of = |approvers, circle, tier| tools(&lists(approvers)).policy_for(circle, tier);
    let planning =
        tools(&lists(Approvers::Owners)).planning_policy_for(Circle::Members, Tier::Owner);
    for policy in [
        of(Approvers::Nobody, Circle::Members, Tier::Owner),
        of(Approvers::Owners, Circle::Members, Tier::Guest),
        of(Approvers::Owners, Circle::Guests, Tier::Owner),
        planning,
    ] {
        for (tool, input) in [
            ("Read", json!({"file_path": "/srv/app/a"})),
            ("Bash", json!({"command": "ls"})),
            ("Bash", json!({"command": "rm x"})),
        ] {
            let decision = policy.decide(&outside(tool, input.clone()), Path::new(PROJECT), &[]);
            assert!(
                matches!(decision.verdict, Verdict::Deny(_)),
                "{tool} {input}: {decision:?}"
            );
        }
    }
    let policy = of(Approvers::Nobody, Circle::Members, Tier::Owner);
    let decision = policy.decide(
        &outside("Bash", json!({"command": "ls"})),
        Path::new(PROJECT),
        &[],
    );
    assert_eq!(
        decision.verdict,
        Verdict::Deny(
            "Bash would run outside of your sandbox, and nobody is asked here who could allow that. Run it within \
             the sandbox. Do not look for a way around: say what you would need and why."
                .into()
        )
    );
}

#[test]
fn what_is_denied_is_denied_outside_of_the_sandbox_too_and_what_runs_within_is_as_it_was() {
    let policy = tools(&lists(Approvers::Owners)).policy_for(Circle::Members, Tier::Owner);
    let call = outside("Bash", json!({"command": "rm x"}));
    let decision = policy.decide(&call, Path::new(PROJECT), &[]);
    assert!(matches!(decision.verdict, Verdict::Deny(_)), "{decision:?}");
    let within = Ask {
        unconfined: false,
        ..outside("Bash", json!({"command": "ls"}))
    };
    let decision = policy.decide(&within, Path::new(PROJECT), &[]);
    assert_eq!(decision.verdict, Verdict::Allow);
}
