//! Patches are decided on as the edits that they consist of.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use super::*;
use crate::approval::leads_to;

/// A project with a link out of it, and a directory beside it.
struct Ground {
    _home: tempfile::TempDir,
    app: PathBuf,
}

impl Ground {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let app = home.path().canonicalize().unwrap().join("app");
        for made in ["src", ".git/hooks", "secrets", "../out"] {
            fs::create_dir_all(app.join(made)).unwrap();
        }
        for (link, leads) in [("src/way", "../../out"), ("src/hooks", "../.git/hooks")] {
            symlink(leads, app.join(link)).unwrap();
        }
        Self { _home: home, app }
    }

    /// The whole path of a file, which may be beside the project.
    fn path(&self, file: &str) -> String {
        match file.strip_prefix("../") {
            Some(file) => self.app.parent().unwrap().join(file),
            None => self.app.join(file),
        }
        .display()
        .to_string()
    }

    fn change(&self, (kind, file): (&str, &str)) -> Value {
        match kind.strip_prefix("move to ") {
            Some(to) => {
                json!({"path": self.path(file), "kind": "update", "diff": "@@ @@\n-a\n+b\n",
                "move_path": self.path(to)})
            }
            None => json!({"path": self.path(file), "kind": kind, "diff": "+b\n"}),
        }
    }

    fn patch(&self, all: &[(&str, &str)]) -> Ask {
        let changes: Vec<Value> = all.iter().map(|one| self.change(*one)).collect();
        Ask {
            directory: Some(self.app.clone()),
            ..ask("Patch", json!({ "changes": changes }))
        }
    }

    fn decide(&self, policy: &ToolPolicy, all: &[(&str, &str)]) -> Decision {
        policy.decide(&self.patch(all), &self.app, &[])
    }
}

fn verdict(decision: &Decision) -> String {
    let verdict = match decision.verdict {
        Verdict::Allow => "allow",
        Verdict::Ask(_) => "ask",
        Verdict::Deny(_) => "deny",
    };
    format!("{verdict} {}", decision.rule)
}

fn lists(member: &[&str]) -> ToolLists {
    ToolLists {
        denied: texts(&["Edit(secrets/**)"]),
        asked: texts(&["Edit(src/asked)"]),
        guest: texts(&["Read", "Grep"]),
        member: texts(member),
        owner: texts(&["*"]),
        ..ToolLists::default()
    }
}

#[test]
fn the_worst_of_what_is_decided_of_its_files_is_decided_of_a_patch() {
    let ground = Ground::new();
    let tools = tools(&lists(&["Edit(src/**)", "Edit(docs/**)"]));
    let of_member = tools.policy_for(Circle::Members, Tier::Member);
    let inside = ("update", "src/a");
    for (all, decided) in [
        (vec![inside], "allow allowed: Edit(src/**)"),
        (
            vec![("add", "src/new"), inside, ("delete", "src/b")],
            "allow allowed: Edit(src/**)",
        ),
        (
            vec![inside, ("add", "docs/a")],
            "allow allowed: Edit(src/**), Edit(docs/**)",
        ),
        (
            vec![("move to docs/a", "src/a")],
            "allow allowed: Edit(src/**), Edit(docs/**)",
        ),
        (
            vec![inside, ("update", "other")],
            "ask allowed: Edit(src/**)",
        ),
        (vec![("delete", "other")], "ask allowed: Edit(src/**)"),
        (
            vec![("move to other", "src/a")],
            "ask allowed: Edit(src/**)",
        ),
        (
            vec![("move to src/a", "other")],
            "ask allowed: Edit(src/**)",
        ),
        (
            vec![inside, ("update", "src/asked")],
            "ask always asked: Edit(src/asked)",
        ),
        (
            vec![inside, ("delete", "secrets/a"), ("add", "src/b")],
            "deny denied: Edit(secrets/**)",
        ),
        (
            vec![("add", "other"), ("add", "secrets/a")],
            "deny denied: Edit(secrets/**)",
        ),
        (
            vec![("move to secrets/a", "src/a")],
            "deny denied: Edit(secrets/**)",
        ),
        (
            vec![("move to src/a", "secrets/a")],
            "deny denied: Edit(secrets/**)",
        ),
        // Out of the project, by its name or behind a link, and what makes other programs run something.
        (
            vec![inside, ("add", "../out/a")],
            "ask allowed: Edit(src/**)",
        ),
        (
            vec![("move to ../out/a", "src/a")],
            "ask allowed: Edit(src/**)",
        ),
        (
            vec![inside, ("update", "src/way/a")],
            "ask allowed: Edit(src/**)",
        ),
        (
            vec![inside, ("add", "src/hooks/x")],
            "ask allowed: Edit(src/**)",
        ),
        (
            vec![inside, ("add", ".git/hooks/x")],
            "ask allowed: Edit(src/**)",
        ),
        (
            vec![inside, ("update", "src/../src/a")],
            "deny denied: Edit(secrets/**)",
        ),
    ] {
        assert_eq!(
            verdict(&ground.decide(&of_member, &all)),
            decided,
            "{all:?}"
        );
    }
}

#[test]
fn with_everything_allowed_no_file_of_a_patch_is_behind_a_link_or_an_unclear_name() {
    let ground = Ground::new();
    let lists = ToolLists {
        owner: texts(&["*"]),
        ..ToolLists::default()
    };
    let policy = tools(&lists).policy_for(Circle::Members, Tier::Owner);
    for (file, decided) in [
        ("src/a", "allow allowed: everything"),
        ("../out/a", "allow allowed: everything"),
        ("src/way/a", "ask allowed: *"),
        ("src/way/../a", "ask allowed: *"),
        ("src/a ", "ask allowed: *"),
        ("src/e\u{301}", "ask allowed: *"),
    ] {
        for all in [
            vec![("add", file)],
            vec![("update", "src/b"), ("delete", file)],
            vec![(&*format!("move to {file}"), "src/b")],
        ] {
            assert_eq!(verdict(&ground.decide(&policy, &all)), decided, "{all:?}");
        }
    }
    let home = Ask {
        input: json!({"changes": [{"path": "~/a", "kind": "add", "diff": ""}]}),
        ..ground.patch(&[])
    };
    let decision = policy.decide(&home, &ground.app, &[]);
    assert_eq!(verdict(&decision), "ask allowed: *");
}

#[test]
fn where_one_only_looks_or_plans_and_where_nobody_is_asked_a_patch_is_denied() {
    let ground = Ground::new();
    let nobody = ToolLists {
        approvers: Approvers::Nobody,
        ..lists(&["Edit(src/**)"])
    };
    let inside = [("update", "src/a"), ("add", "src/b")];
    let tools_ = tools(&lists(&["Edit"]));
    for policy in [
        tools_.policy_for(Circle::Guests, Tier::Owner),
        tools_.policy_for(Circle::Members, Tier::Guest),
    ] {
        let decided = verdict(&ground.decide(&policy, &inside));
        assert_eq!(
            decided,
            "deny built in: where guests speak, an agent only looks"
        );
    }
    for tier in [Tier::Member, Tier::Owner] {
        let policy = tools_.planning_policy_for(Circle::Members, tier);
        let decided = verdict(&ground.decide(&policy, &inside));
        assert_eq!(
            decided,
            "deny built in: an agent that makes a plan only looks"
        );
    }
    let policy = tools(&nobody).policy_for(Circle::Members, Tier::Member);
    let decision = ground.decide(&policy, &inside);
    assert_eq!(verdict(&decision), "allow allowed: Edit(src/**)");
    let decision = ground.decide(&policy, &[inside[0], ("add", "other")]);
    assert_eq!(verdict(&decision), "deny allowed: Edit(src/**)");
    let Verdict::Deny(why) = decision.verdict else {
        panic!("it is denied");
    };
    // With its file, as there are several.
    assert!(
        why.starts_with(&format!("{}: ", ground.path("other"))),
        "{why}"
    );
}

#[test]
fn a_patch_that_cannot_be_read_is_denied() {
    let policy = tools(&lists(&["Edit"])).policy_for(Circle::Members, Tier::Owner);
    let change = json!({"path": "/srv/app/a", "kind": "update", "diff": ""});
    let with = |field: &str, value: Value| {
        let mut change = change.clone();
        change[field] = value;
        json!({"changes": [change]})
    };
    let many: Vec<Value> = (0..201).map(|_| change.clone()).collect();
    for input in [
        json!({}),
        json!(null),
        json!({"changes": []}),
        json!({"changes": {}}),
        json!({"changes": ["/srv/app/a"]}),
        json!({"changes": [change, {"kind": "add", "diff": ""}]}),
        json!({"changes": [change], "more": true}),
        json!({"changes": many}),
        with("path", json!(7)),
        with("path", json!("")),
        with("kind", json!("chmod")),
        with("kind", json!({"type": "add"})),
        with("diff", json!(null)),
        with("move_path", json!(["/srv/app/b"])),
        with("mode", json!("755")),
    ] {
        let decision = gate(&policy, "Patch", input.clone());
        assert_eq!(
            verdict(&decision),
            "deny built in: nobody can read the call",
            "{input}"
        );
    }
    let relative = with("path", json!("src/a"));
    for (directory, decided) in [
        (None, "deny built in: nobody can read the call"),
        (Some("srv/app"), "deny built in: nobody can read the call"),
        (Some("/srv/app"), "allow allowed: everything"),
        (Some("/srv/app/secrets"), "deny denied: Edit(secrets/**)"),
    ] {
        let ask = Ask {
            directory: directory.map(PathBuf::from),
            ..ask("Patch", relative.clone())
        };
        let decision = policy.decide(&ask, Path::new(PROJECT), &[]);
        assert_eq!(verdict(&decision), decided, "{directory:?}");
    }
}

#[test]
fn no_rule_names_a_patch_wider_permissions_or_a_question_of_a_server_and_nothing_allows_those() {
    for name in ["Patch", "Patch(src/**)", "Permissions", "Elicitation"] {
        assert!(ToolRule::parse(name).is_err(), "{name}");
    }
    let lists = lists(&["Edit", "Bash"]);
    let wider = json!({"permissions": {"network": {"enabled": true}}});
    let asked = json!({"server": "fruit", "message": "Shall I pay?", "mode": "form"});
    let calls = [ask("Permissions", wider), ask("Elicitation", asked)];
    let granted = calls.each_ref().map(|call| Grant {
        id: GrantId::fresh(),
        rule: GrantRule::of(call).expect("a rule"),
    });
    for (approvers, tier, decided) in [
        (
            Approvers::Owners,
            Tier::Owner,
            "ask built in: no rule allows it",
        ),
        (
            Approvers::Owners,
            Tier::Member,
            "ask built in: no rule allows it",
        ),
        (
            Approvers::Nobody,
            Tier::Owner,
            "deny built in: no rule allows it",
        ),
        (
            Approvers::Owners,
            Tier::Guest,
            "deny built in: where guests speak, an agent only looks",
        ),
    ] {
        let lists = ToolLists {
            approvers,
            ..lists.clone()
        };
        let policy = tools(&lists).policy_for(Circle::Members, tier);
        for call in &calls {
            let decision = policy.decide(call, Path::new(PROJECT), &granted);
            assert_eq!(verdict(&decision), decided, "{}", call.tool);
        }
    }
}

#[test]
fn a_grant_allows_a_patch_of_its_file_and_none_of_several() {
    let ground = Ground::new();
    let policy = tools(&lists(&["Read"])).policy_for(Circle::Members, Tier::Member);
    let grants: Vec<Grant> = ["a", "b"]
        .map(|file| Grant {
            id: GrantId::fresh(),
            rule: GrantRule::of(&ground.patch(&[("update", file)])).expect("a rule"),
        })
        .into();
    assert_eq!(
        grants[0].rule.to_string(),
        format!("Edit(/{})", ground.path("a"))
    );
    for (all, is_allowed) in [
        (vec![("update", "a")], true),
        (vec![("add", "a")], true),
        (vec![("delete", "b")], true),
        (vec![("update", "c")], false),
        (vec![("update", "a"), ("update", "b")], false),
        (vec![("move to b", "a")], false),
        (vec![("delete", "secrets/a")], false),
    ] {
        let decision = policy.decide(&ground.patch(&all), &ground.app, &grants);
        assert_eq!(decision.verdict == Verdict::Allow, is_allowed, "{all:?}");
    }
    for all in [
        vec![("update", "a"), ("update", "b")],
        vec![("move to b", "a")],
        vec![("update", "a*")],
        vec![],
    ] {
        assert_eq!(GrantRule::of(&ground.patch(&all)), None, "{all:?}");
    }
}

#[test]
fn a_patch_leads_elsewhere_as_soon_as_one_of_its_files_does() {
    let ground = Ground::new();
    let leads = |all: &[(&str, &str)]| {
        let ask = ground.patch(all);
        let leads = leads_to("Patch", &ask.input, ask.directory.as_deref());
        leads.map(|path| path.display().to_string())
    };
    assert_eq!(leads(&[("update", "src/a")]), Some(ground.path("src/a")));
    assert_eq!(
        leads(&[("update", "src/way/a")]),
        Some(ground.path("../out/a"))
    );
    assert_eq!(leads(&[("update", "src/way/../a")]), None);
    let several: [&[(&str, &str)]; 2] = [
        &[("update", "src/a"), ("delete", "src/b"), ("add", "src/c")],
        &[("move to src/b", "src/a")],
    ];
    for all in several {
        assert_eq!(leads(all).as_deref(), Some("what it names"));
        for leading in ["../../out/b", "../secrets/b", "../nowhere/b", "b"] {
            let link = ground.app.join("src/b");
            symlink(leading, &link).unwrap();
            let told = leads(all).unwrap();
            let file = ground.path("src/b");
            let found = match leading {
                "b" => "nobody can tell where".to_owned(),
                _ => format!("{:?}", ground.path(&leading[3..])),
            };
            assert_eq!(told, format!("{file:?} → {found}"));
            fs::remove_file(&link).unwrap();
        }
    }
}

#[test]
fn of_a_file_that_may_not_be_read_only_what_the_agent_wrote_is_kept() {
    let ground = Ground::new();
    let lists = ToolLists {
        denied: texts(&["Read(secrets/**)"]),
        ..ToolLists::default()
    };
    let policy = tools(&lists).policy_for(Circle::Members, Tier::Owner);
    fs::write(ground.app.join("secrets/a"), "x").unwrap();
    symlink("secrets/a", ground.app.join("link")).unwrap();
    let diff = "@@ -1,3 +1,3 @@\n kept\n-old\n+new\n\\ No newline at end of file\n";
    let of =
        |file: &str, kind: &str| json!({"path": ground.path(file), "kind": kind, "diff": diff});
    let input = json!({"changes": [
        of("src/a", "update"), of("src/b", "delete"), of("secrets/a", "update"), of("link", "delete"),
        of("secrets/b", "add"),
    ]});
    let ask = Ask {
        input: input.clone(),
        ..ground.patch(&[])
    };
    let mut veiled = input;
    veiled["changes"][2]["diff"] = diff.replace(" kept\n", "").into();
    veiled["changes"][3]["diff"] = Value::Null;
    assert_eq!(policy.veiled(&ask, &ground.app), Some(veiled));
    let open = ground.patch(&[("update", "src/a")]);
    assert_eq!(policy.veiled(&open, &ground.app), None);
}

proptest! {
    /// What a patch is allowed, each of its files is allowed by itself; and it is denied if one of them is.
    #[test]
    fn a_patch_is_allowed_no_more_than_any_of_its_files(
        files in prop::collection::vec((
            prop_oneof![Just("add"), Just("update"), Just("delete")],
            prop_oneof![Just("src/a"), Just("src/way/a"), Just("secrets/a"), Just("src/asked"), Just(".git/a"),
                Just("../out/a"), Just("docs/a")],
        ), 1..5),
        tier in prop_oneof![Just(Tier::Guest), Just(Tier::Member), Just(Tier::Owner)],
    ) {
        let ground = Ground::new();
        let policy = tools(&lists(&["Edit(src/**)"])).policy_for(Circle::Members, tier);
        let rank = |all: &[(&str, &str)]| match ground.decide(&policy, all).verdict {
            Verdict::Allow => 0,
            Verdict::Ask(_) => 1,
            Verdict::Deny(_) => 2,
        };
        let worst = files.iter().map(|one| rank(&[*one])).max();
        prop_assert_eq!(Some(rank(&files)), worst);
    }
}
