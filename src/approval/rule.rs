//! One line of `allowed_tools`, in Claude Code's syntax: `Tool` or `Tool(what)`.

use std::path::Path;

use serde_json::Value;

use super::{
    command::CommandRule,
    path::{PathRule, inside},
};
use crate::runtime::claude::UNANSWERABLE;

/// A line of `allowed_tools` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is not of the form of a rule.
    #[error(
        "`{rule}` is not a tool rule: write `Tool` or `Tool(what)`, for example `Read` or `Bash(npm test)`"
    )]
    Form {
        /// The line.
        rule: String,
    },
    /// Tools are named with their capitals.
    #[error("`{rule}` names no tool: write `{right}`")]
    Capitals {
        /// The line.
        rule: String,
        /// The tool's name.
        right: String,
    },
    /// The tool needs a terminal, or acts unasked.
    #[error("`{rule}` cannot be used in a chat: leave it out")]
    Unanswerable {
        /// The line.
        rule: String,
    },
    /// What stands in the parentheses cannot be used.
    #[error("`{rule}`: {advice}")]
    What {
        /// The line.
        rule: String,
        /// What to write.
        advice: String,
    },
}

/// A rule of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToolRule {
    /// As the operator wrote it.
    pub(super) text: String,
    tool: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Anything,
    Command(CommandRule),
    File(PathRule),
    Domain(String),
}

/// What a rule says about a call.
pub(super) enum Fit {
    /// It is about another tool.
    Other,
    /// It allows the call.
    Allows,
    /// It is about this tool, but does not allow this; says why.
    Refuses(String),
}

/// The tools whose names are checked for their capitals.
const KNOWN: &[&str] = &[
    "Agent",
    "Bash",
    "Edit",
    "Glob",
    "Grep",
    "MultiEdit",
    "NotebookEdit",
    "Read",
    "Skill",
    "Task",
    "WebFetch",
    "WebSearch",
    "Write",
];

impl ToolRule {
    /// The tool that it is about.
    pub(super) fn tool(&self) -> &str {
        &self.tool
    }

    pub(super) fn parse(text: &str) -> Result<Self, PolicyError> {
        let rule = text.trim().to_owned();
        let (name, what) = match rule.split_once('(') {
            None => (rule.as_str(), None),
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(what) => (name, Some(what)),
                None => return Err(PolicyError::Form { rule }),
            },
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(PolicyError::Form { rule });
        }
        if UNANSWERABLE.contains(&name) {
            return Err(PolicyError::Unanswerable { rule });
        }
        let meant = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name));
        if let Some(right) = meant.filter(|right| **right != name) {
            let right = (*right).to_owned();
            return Err(PolicyError::Capitals { rule, right });
        }
        let parsed = match what {
            None => Ok(What::Anything),
            Some(what) => what_of(name, what),
        };
        match parsed {
            Ok(what) => Ok(Self {
                tool: one_name(name).to_owned(),
                what,
                text: rule,
            }),
            Err(advice) => Err(PolicyError::What { rule, advice }),
        }
    }

    /// What it says about a call of `tool` with `input` in `project`.
    pub(super) fn fit(&self, tool: &str, input: &Value, project: &Path) -> Fit {
        if !self.names(one_name(tool)) {
            return Fit::Other;
        }
        let answer = match &self.what {
            What::Anything => stays_inside(tool, input, project),
            What::Command(rule) => rule.allows(input["command"].as_str().unwrap_or("")),
            What::File(rule) => match file_of(tool, input) {
                Some(file) if rule.holds(file, project) => Ok(()),
                Some(file) if !file.starts_with('/') => {
                    Err("name the file by its whole path".into())
                }
                _ => Err("this file is not among the allowed ones".into()),
            },
            What::Domain(domain) => match host(input["url"].as_str().unwrap_or("")) {
                Some(host) if host.eq_ignore_ascii_case(domain) => Ok(()),
                _ => Err("this address is not of an allowed domain".into()),
            },
        };
        match answer {
            Ok(()) => Fit::Allows,
            Err(why) => Fit::Refuses(why),
        }
    }

    fn names(&self, tool: &str) -> bool {
        // As in Claude Code, who may edit may also write.
        let edits = self.tool == "Edit" && matches!(tool, "MultiEdit" | "NotebookEdit" | "Write");
        // `mcp__server` names all tools of that server.
        let serves = self.tool.starts_with("mcp__")
            && tool
                .strip_prefix(self.tool.as_str())
                .is_some_and(|rest| rest.starts_with("__"));
        self.tool == tool || edits || serves
    }
}

/// Sub-agents are called by either name.
fn one_name(tool: &str) -> &str {
    if tool == "Task" { "Agent" } else { tool }
}

fn what_of(tool: &str, what: &str) -> Result<What, String> {
    match tool {
        "Bash" => CommandRule::parse(what).map(What::Command),
        "Read" | "Edit" => PathRule::parse(what).map(What::File),
        "MultiEdit" | "NotebookEdit" | "Write" => {
            Err(format!("write `Edit({what})`, which covers {tool}"))
        }
        "Glob" | "Grep" => Err(format!(
            "write `{tool}` alone; it searches the project only"
        )),
        "WebFetch" => what
            .strip_prefix("domain:")
            .filter(|domain| domain.contains('.') && domain.chars().all(host_character))
            .map(|domain| What::Domain(domain.to_owned()))
            .ok_or_else(|| "write `WebFetch(domain:example.org)`".to_owned()),
        _ => Err(format!("write `{tool}` alone")),
    }
}

/// A file tool without a pattern is for the project's files.
fn stays_inside(tool: &str, input: &Value, project: &Path) -> Result<(), String> {
    let named: &[&str] = match tool {
        "Read" | "Edit" | "MultiEdit" | "Write" | "NotebookEdit" => {
            let inside = file_of(tool, input).is_some_and(|file| inside(file, project));
            return inside.then_some(()).ok_or_else(outside);
        }
        // Glob takes absolute patterns, and lists what is there.
        "Glob" => &["path", "pattern"],
        "Grep" => &["path", "glob"],
        _ => &[],
    };
    let leaves = |key: &str| match &input[key] {
        Value::Null => false,
        Value::String(path) => !inside(path, project),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
    };
    if named.iter().any(|key| leaves(key)) {
        return Err(outside());
    }
    Ok(())
}

fn outside() -> String {
    "it reaches out of the project's directory".to_owned()
}

fn file_of<'a>(tool: &str, input: &'a Value) -> Option<&'a str> {
    let key = if tool == "NotebookEdit" {
        "notebook_path"
    } else {
        "file_path"
    };
    input[key].as_str()
}

fn host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '.' || c == '-'
}

/// The host of a plain web address; `None` for anything that programs may read differently.
fn host(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.split_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        Some(_) => return None,
        None => authority,
    };
    (!host.is_empty() && host.chars().all(host_character)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_refused_with_what_to_write() {
        let refused: Vec<String> = [
            "",
            "Read Write",
            "Bash(ls",
            "(x)",
            "bash",
            "websearch",
            "AskUserQuestion",
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
}
