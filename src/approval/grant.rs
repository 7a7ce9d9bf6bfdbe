//! What a person has allowed for longer than once.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    call::Call,
    patch::{PATCH, edits},
    path::real,
    rule::{Fit, PolicyError, SHELL, ToolRule},
    shell::plain,
};
use crate::{runtime::Ask, words::GrantId};

/// How [`What::Same`] is written, and what stands between a rule and its directory, with the first letter of
/// that.
const SAME: &str = "the same ";
const IN: &str = " in /";

/// A standing grant that may hold for a run: its scope and time were looked at by who read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which.
    pub id: GrantId,
    /// What it allows.
    pub rule: GrantRule,
}

/// What a grant allows. [`Display`](fmt::Display) is what is stored and shown, and what
/// [`GrantRule::parse`] reads: what stands in `allowed_tools`, or the same call, and perhaps ` in ` and a
/// directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRule {
    what: What,
    /// The directory, without links, in which calls are covered; `None` for any.
    directory: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// What a rule allows, as in `allowed_tools`.
    Rule(ToolRule),
    /// The very same call: this tool with an input of this SHA-256, 64 hexadecimal digits.
    Same { tool: String, input: String },
}

impl GrantRule {
    /// The narrowest that allows a call again: the same command in the same directory, the same file, or
    /// the very same call. `None` if that cannot be said, because nobody knows where the call is made, or because it is
    /// a patch of several files.
    pub fn of(ask: &Ask) -> Option<Self> {
        let Ask { tool, input, .. } = ask;
        if tool == PATCH {
            let edits = edits(input, ask.directory.as_deref())?;
            let [edit] = edits.as_slice() else {
                return None;
            };
            // The next patch of the file is another call.
            return Self::of(&edit.call(ask.directory.as_deref())).filter(Self::is_about_files);
        }
        let text = match tool.as_str() {
            SHELL => input["command"]
                .as_str()
                .filter(|line| plain(line).is_ok_and(|all| all.len() == 1))
                .map(|line| format!("{SHELL}({line})")),
            "Edit" | "Write" | "MultiEdit" | "NotebookEdit" => {
                file(input).map(|file| format!("Edit(/{file})"))
            }
            "Read" => file(input).map(|file| format!("Read(/{file})")),
            _ => None,
        };
        let rule = text.and_then(|text| ToolRule::parse(&text).ok()?.allowing().ok());
        // A whole path is the same everywhere.
        let directory = match &rule {
            Some(rule) if rule.is_about_files() => None,
            Some(_) | None => Some(real(ask.directory.as_deref()?)?),
        };
        let what = rule.map_or_else(|| What::same(ask), What::Rule);
        let rule = Self { what, directory };
        // What could be read as something else is not granted.
        let is_clear = Self::parse(&rule.to_string()).as_ref() == Ok(&rule);
        is_clear.then_some(rule)
    }

    /// Reads what a person wrote or the database has.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let text = text.trim();
        let directory = None;
        let whole = What::parse(text).map(|what| Self { what, directory });
        match (whole, text.rsplit_once(IN)) {
            (Err(_), Some((what, directory))) => Ok(Self {
                what: What::parse(what)?,
                directory: Some(Path::new("/").join(directory)),
            }),
            (whole, _) => whole,
        }
    }

    /// What it covers, in words.
    pub fn meaning(&self) -> String {
        let what = match &self.what {
            What::Rule(rule) => rule.meaning(),
            What::Same { .. } => "this very call, letter by letter",
        };
        let place = if self.directory.is_some() {
            ", in this directory"
        } else {
            ""
        };
        format!("{what}{place}")
    }

    const fn is_about_files(&self) -> bool {
        match &self.what {
            What::Rule(rule) => rule.is_about_files(),
            What::Same { .. } => false,
        }
    }

    /// Whether it allows the call.
    pub(super) fn covers(&self, call: &Call<'_>) -> bool {
        let is_there = self
            .directory
            .as_ref()
            .is_none_or(|bound| call.directory() == Some(bound));
        is_there && self.what.covers(call)
    }
}

impl What {
    fn same(ask: &Ask) -> Self {
        Self::Same {
            tool: ask.tool.clone(),
            input: input_hash(&ask.input),
        }
    }

    fn parse(text: &str) -> Result<Self, PolicyError> {
        if let Some((tool, input)) = text
            .strip_prefix(SAME)
            .and_then(|rest| rest.split_once(' '))
            && input.len() == 64
            && input.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            let (tool, input) = (tool.to_owned(), input.to_owned());
            return Ok(Self::Same { tool, input });
        }
        ToolRule::parse(text)?.allowing().map(Self::Rule)
    }

    fn covers(&self, call: &Call<'_>) -> bool {
        match self {
            Self::Same { tool, input } => tool == call.tool() && input == call.hash(),
            Self::Rule(rule) if call.tool() == SHELL => call.commands().is_ok_and(|commands| {
                let allows =
                    |words: &Vec<String>| matches!(rule.fit_command(Ok(words)), Fit::Allows);
                commands.iter().all(allows)
            }),
            Self::Rule(rule) => matches!(rule.fit(call), Fit::Allows),
        }
    }
}

impl fmt::Display for GrantRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Rule(rule) => f.write_str(&rule.text)?,
            What::Same { tool, input } => write!(f, "{SAME}{tool} {input}")?,
        }
        match &self.directory {
            Some(directory) => write!(f, " in {}", directory.display()),
            None => Ok(()),
        }
    }
}

/// The SHA-256 of a tool's input as JSON without needless spaces and with its keys in order, in
/// hexadecimal digits.
pub fn input_hash(input: &Value) -> String {
    // serde_json keeps the keys of a map in order.
    format!("{:x}", Sha256::digest(input.to_string()))
}

/// The absolute file of a call, if a rule can name it.
fn file(input: &Value) -> Option<&str> {
    let file = input["file_path"]
        .as_str()
        .or(input["notebook_path"].as_str())?;
    let is_plain = file.starts_with('/') && !file.contains(['*', '?']);
    is_plain.then_some(file)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::runtime::AskKind;

    fn ask_in(directory: Option<&str>, tool: &str, input: Value) -> Ask {
        Ask {
            id: "1".into(),
            kind: AskKind::Permission,
            call: "c".into(),
            sub_agent: None,
            tool: tool.into(),
            input,
            directory: directory.map(PathBuf::from),
            reason: None,
            unconfined: false,
        }
    }

    fn ask(tool: &str, input: Value) -> Ask {
        ask_in(Some("/srv/app"), tool, input)
    }

    fn granted(tool: &str, input: Value) -> GrantRule {
        GrantRule::of(&ask(tool, input)).expect("a rule")
    }

    fn covers(rule: &GrantRule, ask: &Ask) -> bool {
        rule.covers(&Call::new(ask, Path::new("/srv/app")))
    }

    #[test]
    fn a_grant_is_as_narrow_as_the_call_and_reads_back_as_it_is_shown() {
        for (tool, input, shown, meaning) in [
            (
                "Bash",
                json!({"command": "npm test"}),
                "Bash(npm test) in /srv/app",
                "this very command, in this directory",
            ),
            (
                "Bash",
                json!({"command": "echo ') in /b)'"}),
                "Bash(echo ') in /b)') in /srv/app",
                "this very command, in this directory",
            ),
            (
                "Edit",
                json!({"file_path": "/srv/app/a"}),
                "Edit(//srv/app/a)",
                "every change of this, whatever is written",
            ),
            (
                "Write",
                json!({"file_path": "/etc/x"}),
                "Edit(//etc/x)",
                "every change of this, whatever is written",
            ),
            (
                "Read",
                json!({"file_path": "/etc/x"}),
                "Read(//etc/x)",
                "reading this, whatever it says by then",
            ),
            (
                "Bash",
                json!({"command": "a && b"}),
                "the same Bash HASH in /srv/app",
                "this very call, letter by letter, in this directory",
            ),
            (
                "WebFetch",
                json!({"url": "https://docs.rs/"}),
                "the same WebFetch HASH in /srv/app",
                "this very call, letter by letter, in this directory",
            ),
        ] {
            let ask = ask(tool, input);
            let rule = GrantRule::of(&ask).expect("a rule");
            let text = rule.to_string();
            assert_eq!(text.replace(&input_hash(&ask.input), "HASH"), shown);
            assert_eq!(GrantRule::parse(&text), Ok(rule.clone()));
            assert_eq!(rule.meaning(), meaning);
            assert!(covers(&rule, &ask), "{shown}");
        }
    }

    #[test]
    fn a_grant_covers_nothing_beside_its_call() {
        for (rule, tool, input) in [
            (
                granted("Bash", json!({"command": "npm test"})),
                "Bash",
                json!({"command": "npm test; rm x"}),
            ),
            (
                granted("Bash", json!({"command": "npm test"})),
                "Bash",
                json!({"command": "npm test -- x"}),
            ),
            (
                granted("Bash", json!({"command": "echo $(a)"})),
                "Bash",
                json!({"command": "echo $(b)"}),
            ),
            (
                granted("Edit", json!({"file_path": "/srv/app/a"})),
                "Edit",
                json!({"file_path": "/srv/app/b"}),
            ),
            (
                granted("Read", json!({"file_path": "/srv/app/a"})),
                "Edit",
                json!({"file_path": "/srv/app/a"}),
            ),
            (
                granted("WebFetch", json!({"url": "https://a.example/"})),
                "WebFetch",
                json!({"url": "https://b.example/"}),
            ),
        ] {
            assert!(!covers(&rule, &ask(tool, input)), "{rule}");
        }
    }

    #[test]
    fn a_command_is_granted_where_it_was_asked_for_and_nowhere_else() {
        for line in ["npm test", "npm test > log"] {
            let input = json!({"command": line});
            let rule = granted("Bash", input.clone());
            for (directory, is_covered) in [
                (Some("/srv/app"), true),
                (Some("/srv/app/deeper"), false),
                (Some("/srv"), false),
                (None, false),
            ] {
                let ask = ask_in(directory, "Bash", input.clone());
                assert_eq!(covers(&rule, &ask), is_covered, "{line} {directory:?}");
            }
            let nowhere = ask_in(None, "Bash", input);
            assert_eq!(GrantRule::of(&nowhere), None);
        }
        // An owner may leave the directory out.
        let everywhere = GrantRule::parse("Bash(npm test)").expect("a rule");
        let ask = ask_in(Some("/etc"), "Bash", json!({"command": "npm test"}));
        assert!(covers(&everywhere, &ask));
    }

    #[test]
    fn a_directory_counts_as_what_it_is_and_not_as_what_leads_to_it() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        for made in ["one", "two"] {
            std::fs::create_dir(home.join(made)).unwrap();
        }
        let link = home.join("link");
        std::os::unix::fs::symlink("one", &link).unwrap();
        let ask = ask_in(link.to_str(), "Bash", json!({"command": "npm test"}));
        let rule = GrantRule::of(&ask).expect("a rule");
        assert!(rule.to_string().ends_with("/one"), "{rule}");
        assert!(covers(&rule, &ask));
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink("two", &link).unwrap();
        assert!(!covers(&rule, &ask));
    }

    #[test]
    fn a_directory_that_reads_like_a_rule_is_not_granted() {
        let ask = ask_in(Some("/srv/a in /b"), "Bash", json!({"command": "ls"}));
        assert_eq!(GrantRule::of(&ask), None);
    }
}
