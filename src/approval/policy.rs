//! The project's tool rules, and what they decide of a call.

use std::{fmt, path::Path};

use super::rule::{Fit, PolicyError, ToolRule};
use crate::runtime::{Ask, AskKind, Verdict};

/// Tools that change nothing but the agent's own list of what it has to do.
const OWN_LIST: &[&str] = &[
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskUpdate",
    "TodoWrite",
];

/// Tools that look at the project's files and do nothing else: they change nothing, run nothing and
/// reach nobody.
const LOOKING: &[&str] = &["Read", "Grep", "Glob"];

/// The rules of one project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolPolicy {
    rules: Vec<ToolRule>,
    reach: Reach,
}

/// How much of a project's rules there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reach {
    /// All of them.
    #[default]
    Whole,
    /// Those that only let an agent look.
    Looking,
}

/// What was decided, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the agent is answered.
    pub verdict: Verdict,
    /// The rule that decided.
    pub rule: RuleRef,
}

/// The rule that made a decision; [`Display`](fmt::Display) is what is stored and shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleRef {
    /// A rule of the project, as the operator wrote it.
    Project(String),
    /// Built in: the agent may keep its own list of what it has to do.
    OwnList,
    /// Built in: what no rule of the project allows is denied.
    Unnamed,
    /// Built in: where guests speak, an agent only looks.
    LooksOnly,
    /// Built in: what the agent program's own rules do not allow is denied, as nobody is asked yet.
    NobodyAsked,
}

impl fmt::Display for RuleRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(rule) => write!(f, "allowed_tools: {rule}"),
            Self::OwnList => f.write_str("built in: the agent's own list"),
            Self::Unnamed => f.write_str("built in: no rule allows it"),
            Self::LooksOnly => f.write_str("built in: where guests speak, an agent only looks"),
            Self::NobodyAsked => f.write_str("built in: nobody is asked"),
        }
    }
}

impl ToolPolicy {
    /// Reads a project's `allowed_tools`; the first bad rule is the error.
    pub fn parse(rules: &[String]) -> Result<Self, PolicyError> {
        let rules = rules.iter().map(|rule| ToolRule::parse(rule));
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            reach: Reach::Whole,
        })
    }

    /// Those of the rules that let an agent look at the project, and no others.
    #[must_use]
    pub fn looking(&self) -> Self {
        let looks = |rule: &&ToolRule| LOOKING.contains(&rule.tool());
        Self {
            rules: self.rules.iter().filter(looks).cloned().collect(),
            reach: Reach::Looking,
        }
    }

    /// The rules as the operator wrote them.
    pub fn texts(&self) -> Vec<String> {
        self.rules.iter().map(|rule| rule.text.clone()).collect()
    }

    /// Decides of a call in the project's directory, which is absolute and without links.
    ///
    /// At the gate a call that a rule allows is deferred, never allowed outright: the agent
    /// program's own rules (deny rules, links out of the project) still come after. All else is
    /// denied, also what that program would allow by itself, such as `ls`.
    pub fn decide(&self, ask: &Ask, project: &Path) -> Decision {
        match ask.kind {
            AskKind::Gate => self.gate(ask, project),
            AskKind::Permission => Decision {
                verdict: Verdict::Deny(format!(
                    "This use of {} is not allowed in this project. Do not look for a way around; \
                     say what you would need and why.",
                    shown(&ask.tool)
                )),
                rule: RuleRef::NobodyAsked,
            },
        }
    }

    fn gate(&self, ask: &Ask, project: &Path) -> Decision {
        let mut refusal: Option<(&ToolRule, String)> = None;
        for rule in &self.rules {
            match rule.fit(&ask.tool, &ask.input, project) {
                Fit::Other => {}
                Fit::Allows => {
                    return Decision {
                        verdict: Verdict::Defer,
                        rule: RuleRef::Project(rule.text.clone()),
                    };
                }
                Fit::Refuses(why) => refusal = refusal.or(Some((rule, why))),
            }
        }
        if OWN_LIST.contains(&ask.tool.as_str()) {
            return Decision {
                verdict: Verdict::Defer,
                rule: RuleRef::OwnList,
            };
        }
        let tool = shown(&ask.tool);
        match refusal {
            Some((rule, why)) => Decision {
                verdict: Verdict::Deny(format!(
                    "{tool} is allowed in this project only by rule, and {why}. The operator can \
                     add a rule to the project's `allowed_tools`."
                )),
                rule: RuleRef::Project(rule.text.clone()),
            },
            None if self.reach == Reach::Looking => Decision {
                verdict: Verdict::Deny(format!(
                    "{tool} is not available here: guests speak in this conversation, so all you do \
                     is look, with {}. A member can ask for more in a conversation of his own.",
                    LOOKING.join(", ")
                )),
                rule: RuleRef::LooksOnly,
            },
            None => Decision {
                verdict: Verdict::Deny(format!(
                    "{tool} is not allowed in this project. The operator can allow it by adding \
                     \"{tool}\" to the project's `allowed_tools`."
                )),
                rule: RuleRef::Unnamed,
            },
        }
    }
}

/// A tool's name as it may be repeated: the agent wrote it.
fn shown(tool: &str) -> String {
    tool.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const PROJECT: &str = "/srv/app";

    fn policy(rules: &[&str]) -> ToolPolicy {
        let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
        ToolPolicy::parse(&rules).expect("good rules")
    }

    fn ask(kind: AskKind, tool: &str, input: Value) -> Ask {
        Ask {
            id: "1".into(),
            kind,
            tool: tool.into(),
            input,
        }
    }

    fn gate(policy: &ToolPolicy, tool: &str, input: Value) -> Decision {
        policy.decide(&ask(AskKind::Gate, tool, input), Path::new(PROJECT))
    }

    #[test]
    fn a_call_is_deferred_by_the_rule_that_allows_it() {
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
                    verdict: Verdict::Defer,
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
    fn a_tool_that_no_rule_names_is_denied_with_what_the_operator_can_write() {
        assert_eq!(
            gate(&policy(&["Read"]), "Bash", json!({"command": "ls"})),
            Decision {
                verdict: Verdict::Deny(
                    "Bash is not allowed in this project. The operator can allow it by adding \
                     \"Bash\" to the project's `allowed_tools`."
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
                verdict: Verdict::Defer,
                rule: RuleRef::OwnList
            }
        );
    }

    #[test]
    fn what_the_agent_programs_own_rules_do_not_allow_is_denied_even_if_a_rule_names_it() {
        let ask = ask(AskKind::Permission, "Bash", json!({"command": "ls"}));
        assert_eq!(
            policy(&["Bash"]).decide(&ask, Path::new(PROJECT)),
            Decision {
                verdict: Verdict::Deny(
                    "This use of Bash is not allowed in this project. Do not look for a way \
                     around; say what you would need and why."
                        .into()
                ),
                rule: RuleRef::NobodyAsked,
            }
        );
    }

    #[test]
    fn where_guests_speak_only_the_rules_are_left_that_let_an_agent_look() {
        let all = policy(&[
            "Read(docs/**)",
            "Grep",
            "Edit",
            "Bash",
            "WebFetch",
            "WebSearch",
            "Task",
            "mcp__forge",
        ]);
        let looking = all.looking();
        assert_eq!(looking.texts(), ["Read(docs/**)", "Grep"]);
        let inside = json!({"file_path": "/srv/app/docs/a", "command": "ls", "pattern": "x",
            "url": "https://docs.rs", "query": "x", "prompt": "p"});
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
            let decision = gate(&looking, tool, inside.clone());
            assert_eq!(decision.rule, rule, "{tool}");
            let denied = matches!(decision.verdict, Verdict::Deny(_));
            assert_eq!(denied, rule == RuleRef::LooksOnly, "{tool}");
        }
        let elsewhere = json!({"file_path": "/srv/app/src/a"});
        let decision = gate(&looking, "Read", elsewhere);
        assert!(matches!(decision.verdict, Verdict::Deny(_)));
    }

    #[test]
    fn a_bad_rule_spoils_the_whole_policy() {
        let rules = ["Read".to_owned(), "bash".to_owned()];
        assert_eq!(
            ToolPolicy::parse(&rules),
            Err(PolicyError::Capitals {
                rule: "bash".into(),
                right: "Bash".into()
            })
        );
    }

    proptest! {
        #[test]
        fn nothing_is_ever_allowed_outright(tool in "[A-Za-z_]{0,12}", command in "\\PC{0,30}") {
            let policy = policy(&["Read", "Bash(ls:*)"]);
            for kind in [AskKind::Gate, AskKind::Permission] {
                let input = json!({"command": command, "file_path": command});
                let decision = policy.decide(&ask(kind, &tool, input), Path::new(PROJECT));
                prop_assert_ne!(decision.verdict, Verdict::Allow);
            }
        }

        #[test]
        fn without_rules_every_tool_but_the_own_list_is_denied(tool in "[A-Za-z_]{1,12}") {
            prop_assume!(!OWN_LIST.contains(&tool.as_str()));
            let decision = gate(&ToolPolicy::default(), &tool, json!({"file_path": "/srv/app/a"}));
            prop_assert_eq!(decision.rule, RuleRef::Unnamed);
            prop_assert!(matches!(decision.verdict, Verdict::Deny(_)));
        }
    }
}
