//! One line of `allowed_tools`, in Claude Code's syntax: `Tool` or `Tool(what)`.

use std::path::Path;

use serde_json::Value;

use super::{
    call::Call,
    command::CommandRule,
    patch::PATCH,
    path::{Ground, PathRule, real},
    shell::Unclear,
};
use crate::{
    runtime::claude::{TOOLS, UNANSWERABLE},
    words::nearest,
};

const NO_RULE: &str = "is not a tool rule";
const FORM: &str = "write `Tool` or `Tool(what)`, for example `Read` or `Bash(npm test)`";

/// A line of a list of tools that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{rule}` {is}: {advice}")]
pub struct PolicyError {
    /// The line.
    pub rule: String,
    /// What is wrong with it: what follows on its name in a sentence.
    pub is: &'static str,
    /// What to do about it, as an end of that sentence.
    pub advice: String,
}

/// A rule of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRule {
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

/// The tool that runs a line in a shell; the line is its `command`.
pub(super) const SHELL: &str = "Bash";

/// The rule that lets every file of the machine be read.
const EVERY_FILE: &str = "Read(//**)";

impl ToolRule {
    /// The tool that it is about.
    pub(super) fn tool(&self) -> &str {
        &self.tool
    }

    /// Whether it allows every call of a tool. One that reads files does so with all of the machine.
    pub(super) fn allows_all_of(&self, tool: &str) -> bool {
        let is_whole = match &self.what {
            What::Anything => tool != "Read",
            What::File(_) => self.text == EVERY_FILE,
            What::Command(_) | What::Domain(_) => false,
        };
        is_whole && self.tool == tool
    }

    /// Whether it names files.
    pub(super) const fn is_about_files(&self) -> bool {
        matches!(self.what, What::File(_))
    }

    /// Whether it is of any use where it should allow something; the error says what to write instead.
    pub(super) fn allowing(self) -> Result<Self, PolicyError> {
        let advice = match &self.what {
            What::Command(rule) => rule.allows_nothing(),
            What::Anything | What::File(_) | What::Domain(_) => None,
        };
        match advice {
            Some(advice) => Err(PolicyError {
                rule: self.text,
                is: "never allows anything",
                advice: advice.to_owned(),
            }),
            None => Ok(self),
        }
    }

    /// What it allows, in words.
    pub(super) fn meaning(&self) -> &'static str {
        match &self.what {
            What::Command(CommandRule::Exactly(_)) => "this very command",
            What::Command(CommandRule::Begins(_)) => "every command that begins like this",
            What::File(_) if self.tool == "Read" => "reading this, whatever it says by then",
            What::File(_) => "every change of this, whatever is written",
            What::Domain(_) => "everything of this domain",
            What::Anything => "every use of this tool",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, PolicyError> {
        let wrong = |is, advice| {
            let rule = text.trim().to_owned();
            Err(PolicyError { rule, is, advice })
        };
        let rule = text.trim();
        let (name, what) = match rule.split_once('(') {
            None => (rule, None),
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(what) => (name, Some(what)),
                None => return wrong(NO_RULE, FORM.to_owned()),
            },
        };
        let (tool, many) = match name.strip_suffix("__*") {
            Some(of_servers) => (of_servers, true),
            None => (name, false),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if tool.is_empty() || !tool.chars().all(plain) {
            return wrong(NO_RULE, FORM.to_owned());
        }
        if UNANSWERABLE.contains(&tool) {
            return wrong("cannot be used in a chat", "leave it out".to_owned());
        }
        let of_server = tool.strip_prefix("mcp__");
        let is_of_servers =
            of_server.is_some_and(|server| !server.is_empty()) || many && tool == "mcp";
        if !is_of_servers && (many || !TOOLS.contains(&tool)) {
            return wrong("names no tool", meant(tool));
        }
        let what = match what {
            None => Ok(What::Anything),
            Some(what) => what_of(tool, what),
        };
        match what {
            Ok(what) => Ok(Self {
                tool: one_name(tool).to_owned(),
                what,
                text: rule.to_owned(),
            }),
            Err(advice) => wrong("cannot be used", advice),
        }
    }

    /// What it says about a call.
    pub(super) fn fit(&self, call: &Call<'_>) -> Fit {
        let (tool, input, ground) = (call.tool(), call.input(), call.ground);
        if !self.certainly_names(one_name(tool)) {
            return Fit::Other;
        }
        let answer = match &self.what {
            What::Anything => match file_of(tool, input) {
                Some(file) if self.is_machinery(tool, file, ground) => Err(machinery()),
                Some(_) | None => stays_inside(tool, input, ground),
            },
            // Lines for a shell are judged command by command.
            What::Command(_) => return Fit::Other,
            What::File(rule) => match file_of(tool, input) {
                Some(file) if self.is_machinery(tool, file, ground) => Err(machinery()),
                Some(file) if rule.holds(file, ground.project) => Ok(()),
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

    /// Whether the call may be one of the rule's, if the rule forbids: what is unclear is.
    pub(super) fn may_fit(&self, call: &Call<'_>) -> bool {
        let (tool, input, ground) = (call.tool(), call.input(), call.ground);
        if let (What::File(rule), "Read", "Glob" | "Grep") = (&self.what, &*self.tool, tool) {
            return ground
                .searched(input)
                .is_none_or(|searched| rule.may_hold(&searched, ground.project));
        }
        if !self.may_name(one_name(tool)) {
            return false;
        }
        match &self.what {
            What::Anything => true,
            What::Command(rule) => match call.commands() {
                Ok(commands) => commands.iter().any(|words| rule.may_allow(words)),
                Err(_) => true,
            },
            What::File(rule) => {
                file_of(tool, input).is_none_or(|file| rule.may_hold(file, ground.project))
            }
            What::Domain(domain) => host(input["url"].as_str().unwrap_or(""))
                .is_none_or(|host| host.eq_ignore_ascii_case(domain)),
        }
    }

    /// Whether it certainly is: a plain line, a file that is named.
    pub(super) fn certainly_fits(&self, call: &Call<'_>) -> bool {
        let is_clear = match &self.what {
            What::Anything | What::File(_) | What::Domain(_) => true,
            What::Command(rule) => call
                .commands()
                .is_ok_and(|commands| commands.iter().any(|words| rule.names(words))),
        };
        is_clear && self.may_fit(call)
    }

    /// What it says about a command of a line for the shell, or about a line that is not plain.
    pub(super) fn fit_command(&self, command: Result<&[String], &Unclear>) -> Fit {
        let unlisted = || Fit::Refuses("this command is not among the allowed ones".to_owned());
        match (&self.what, command) {
            _ if self.tool != SHELL => Fit::Other,
            (What::Command(rule), Ok(words)) if rule.allows(words) => Fit::Allows,
            (What::Command(_), Err(why)) => Fit::Refuses(why.to_string()),
            (What::Anything, _) => Fit::Allows,
            (What::Command(_) | What::File(_) | What::Domain(_), _) => unlisted(),
        }
    }

    /// Whether a file that would be written is of those that make other programs run something, as it is
    /// written or as it really is, and the rule does not name them.
    fn is_machinery(&self, tool: &str, file: &str, ground: Ground<'_>) -> bool {
        let writes = matches!(tool, "Edit" | "MultiEdit" | "NotebookEdit" | "Write");
        if !writes {
            return false;
        }
        let whole = ground.directory.unwrap_or(ground.project).join(file);
        let really = real(&whole);
        MACHINERY.iter().any(|name| {
            let is_part = is_of(Path::new(file), name)
                || really.as_deref().is_none_or(|really| is_of(really, name));
            let is_named = self.text.split(['/', '(', ')']).any(|part| part == *name);
            is_part && !is_named
        })
    }

    /// Whether a tool may be one of the rule's.
    fn may_name(&self, tool: &str) -> bool {
        self.certainly_names(tool) || self.of_server(tool).is_some()
    }

    /// Whether it is. The same name may be that of `b__c` of the server `a` and of `c` of `a__b`: then it is nobody's
    /// but who names it whole.
    fn certainly_names(&self, tool: &str) -> bool {
        // As in Claude Code, who may edit may also write.
        let edits = self.tool == "Edit" && matches!(tool, "MultiEdit" | "NotebookEdit" | "Write");
        let serves = self.of_server(tool).is_some_and(|(server, tool)| {
            server.is_none_or(|server| {
                let is_whole = !server.contains("__") && !server.ends_with('_');
                is_whole && !tool.contains("__") && !tool.starts_with('_')
            })
        });
        self.tool == tool || edits || serves
    }

    /// The server that the rule names with all its tools, and the tool of it that this name may be; no server for those
    /// of all. `mcp__server` names all tools of a server, `mcp__*` those of all.
    fn of_server<'a>(&self, tool: &'a str) -> Option<(Option<&str>, &'a str)> {
        let server = match self.tool.strip_prefix("mcp") {
            Some("") => None,
            Some(rest) => Some(rest.strip_prefix("__")?),
            None => return None,
        };
        let tool = tool.strip_prefix(self.tool.as_str())?;
        Some((server, tool.strip_prefix("__")?))
    }
}

/// Directories whose files make other programs run something.
const MACHINERY: [&str; 4] = [".git", ".claude", ".agents", ".codex"];

fn is_of(file: &Path, directory: &str) -> bool {
    let mut parts = file.components();
    parts.any(|part| part.as_os_str().eq_ignore_ascii_case(directory))
}

fn machinery() -> String {
    format!(
        "files of {} make other programs run something",
        MACHINERY.join(", ")
    )
}

/// Sub-agents are called by either name.
fn one_name(tool: &str) -> &str {
    if tool == "Task" { "Agent" } else { tool }
}

/// What to write for a name that is no tool's.
fn meant(name: &str) -> String {
    if name == PATCH {
        return "write `Edit`, which covers every file of a patch".to_owned();
    }
    match nearest(name, TOOLS.iter().copied()) {
        Some(tool) => format!("write `{tool}`"),
        None => format!(
            "write one of {}; or `mcp__server` for the tools of a server",
            TOOLS.join(", ")
        ),
    }
}

fn what_of(tool: &str, what: &str) -> Result<What, String> {
    match tool {
        SHELL => CommandRule::parse(what).map(What::Command),
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
pub(super) fn stays_inside(tool: &str, input: &Value, ground: Ground<'_>) -> Result<(), String> {
    let named: &[&str] = match tool {
        "Read" | "Edit" | "MultiEdit" | "Write" | "NotebookEdit" => {
            let inside = file_of(tool, input).is_some_and(|file| ground.holds(file));
            return inside.then_some(()).ok_or_else(outside);
        }
        // Glob takes absolute patterns, and lists what is there.
        "Glob" => &["path", "pattern"],
        "Grep" => &["path", "glob"],
        _ => return Ok(()),
    };
    let stays = |key: &str| match &input[key] {
        Value::Null => true,
        Value::String(path) => ground.holds(path),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    };
    // Without a path it searches where the agent is.
    let starts = input["path"].is_string() || ground.holds(".");
    if starts && named.iter().all(|key| stays(key)) {
        return Ok(());
    }
    Err(outside())
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
mod tests;
