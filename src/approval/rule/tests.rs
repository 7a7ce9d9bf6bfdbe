//! What rules say about calls.

use serde_json::json;

use super::*;
use crate::runtime::{Ask, AskKind};

/// A call of a tool at the gate, made in a directory.
fn ask(tool: &str, input: Value, directory: &Path) -> Ask {
    Ask {
        id: String::new(),
        kind: AskKind::Gate,
        call: String::new(),
        sub_agent: None,
        tool: tool.to_owned(),
        input,
        directory: Some(directory.to_owned()),
        reason: None,
        unconfined: false,
    }
}

#[test]
fn what_cannot_be_used_is_refused_with_what_to_write() {
    let refused: Vec<String> = [
        "",
        "Read Write",
        "Bash(ls",
        "(x)",
        "bash",
        "websearch",
        "read(src/**)",
        "Bsh(rm *)",
        "WebFech(domain:docs.rs)",
        "Frobnicate",
        "Patch(src/**)",
        "mcp",
        "mcp__",
        "Read__*",
        "EnterPlanMode",
        "Bash(*)",
        "Bash(git *)",
        "Bash(a && b)",
        "Write(src/**)",
        "Grep(src/**)",
        "Read(/etc/**)",
        "Edit(../x)",
        "WebFetch(example.org)",
        "WebFetch(domain:*)",
        "WebSearch(x)",
    ]
    .iter()
    .map(|rule| match ToolRule::parse(rule) {
        Ok(rule) => format!("accepted: {rule:?}"),
        Err(error) => error.to_string(),
    })
    .collect();
    insta::assert_snapshot!(refused.join("\n"));
}

#[test]
fn only_a_plain_address_has_a_host() {
    for (url, expected) in [
        ("https://docs.rs/serde", Some("docs.rs")),
        ("http://docs.rs:8080?x", Some("docs.rs")),
        ("https://docs.rs@evil.example/", None),
        ("https://docs.rs:x@evil.example/", None),
        ("https://evil.example\\@docs.rs/", None),
        ("ftp://docs.rs/", None),
        ("docs.rs", None),
        ("https:///x", None),
    ] {
        assert_eq!(host(url), expected, "{url}");
    }
}

#[test]
fn what_makes_other_programs_run_something_is_not_written_behind_a_link_either() {
    let home = tempfile::tempdir().expect("a directory");
    let app = home.path().canonicalize().expect("a directory");
    std::fs::create_dir_all(app.join(".git/hooks")).expect("a directory");
    for (link, leads) in [
        ("hooks", ".git/hooks"),
        ("later", ".claude/new"),
        ("docs", "."),
    ] {
        std::os::unix::fs::symlink(leads, app.join(link)).expect("a link");
    }
    for (rule, file, may) in [
        ("Edit", "src/main.rs", true),
        ("Edit", "docs/a.md", true),
        ("Edit", ".git/hooks/pre-commit", false),
        ("Edit", "hooks/pre-commit", false),
        ("Edit", "later", false),
        ("Edit", ".GIT/config", false),
        ("Edit", ".codex/config.toml", false),
        ("Edit", ".agents/skills/a", false),
        ("Edit(hooks/**)", "hooks/pre-commit", false),
        ("Edit(.git/hooks/**)", ".git/hooks/pre-commit", true),
    ] {
        let ask = ask(
            "Write",
            json!({"file_path": app.join(file), "content": ""}),
            &app,
        );
        let fit = ToolRule::parse(rule)
            .expect("a rule")
            .fit(&Call::new(&ask, &app));
        assert_eq!(matches!(fit, Fit::Allows), may, "{rule} {file}");
    }
}

#[test]
fn tools_of_servers_are_named_one_by_one_by_server_or_all_together() {
    for (rule, tool, may) in [
        ("mcp__files__read", "mcp__files__read", true),
        ("mcp__files__read", "mcp__files__write", false),
        ("mcp__files", "mcp__files__write", true),
        ("mcp__files", "mcp__filesystem__write", false),
        ("mcp__files__*", "mcp__files__write", true),
        ("mcp__files__*", "mcp__mail__send", false),
        ("mcp__*", "mcp__mail__send", true),
        ("mcp__*", "Read", false),
    ] {
        let root = Path::new("/");
        let ask = ask(tool, json!({}), root);
        let fits = ToolRule::parse(rule)
            .expect("a rule")
            .may_fit(&Call::new(&ask, root));
        assert_eq!(fits, may, "{rule} {tool}");
    }
}

#[test]
fn a_name_that_may_be_of_another_server_is_forbidden_with_the_server_and_not_allowed_with_it() {
    for (rule, tool, allows) in [
        ("mcp__a", "mcp__a__c", true),
        ("mcp__a", "mcp__a__b_c", true),
        // `c` of `a__b`, or `b__c` of `a`; `c` of `a_`, or `_c` of `a`.
        ("mcp__a", "mcp__a__b__c", false),
        ("mcp__a__b", "mcp__a__b__c", false),
        ("mcp__a", "mcp__a___c", false),
        ("mcp__a_", "mcp__a___c", false),
        ("mcp__a__b__c", "mcp__a__b__c", true),
        ("mcp__*", "mcp__a__b__c", true),
    ] {
        let root = Path::new("/");
        let ask = ask(tool, json!({}), root);
        let call = Call::new(&ask, root);
        let rule = ToolRule::parse(rule).expect("a rule");
        assert!(rule.may_fit(&call), "{rule:?} {tool}");
        let fit = rule.fit(&call);
        assert_eq!(matches!(fit, Fit::Allows), allows, "{rule:?} {tool}");
    }
}
