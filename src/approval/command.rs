//! Rules for shell commands: `Bash(git status:*)` and `Bash(npm test)`.
//!
//! The check is coarser than a shell: a command with any character that could chain, substitute or
//! redirect is refused, quoted or not, because a rule is a promise about what runs.

/// What a rule says about a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CommandRule {
    /// This command and nothing after it.
    Exactly(String),
    /// A command that begins with these words.
    Begins(String),
}

/// Separators, substitutions, redirections and groups of a POSIX shell.
const SHELL: &[char] = &[';', '&', '|', '`', '$', '(', ')', '<', '>'];

fn shell_character(command: &str) -> Option<char> {
    command
        .chars()
        .find(|c| SHELL.contains(c) || c.is_control())
}

impl CommandRule {
    /// Reads what stands in the parentheses; the error says what to write instead.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (rule, words) = match text.strip_suffix(":*") {
            Some(prefix) => (Self::Begins(prefix.to_owned()), prefix),
            None => (Self::Exactly(text.to_owned()), text),
        };
        if matches!(words.trim(), "" | "*") {
            return Err("write `Bash` to allow every command".into());
        }
        if words.trim() != words {
            return Err("leave out the spaces at its ends".into());
        }
        if let Some(c) = shell_character(words) {
            return Err(format!(
                "{c:?} is refused in every command, so this rule allows none: name the commands one by one"
            ));
        }
        if words.contains('*') {
            return Err(
                "a `*` stands only at the end, after a colon: `Bash(git log:*)` allows every command that begins with `git log`".into(),
            );
        }
        Ok(rule)
    }

    /// `Ok` if the rule allows the command, otherwise why not.
    pub(super) fn allows(&self, command: &str) -> Result<(), String> {
        let command = command.trim_matches(' ');
        if let Some(c) = shell_character(command) {
            return Err(format!(
                "a command with {c:?} is not allowed here, not even in quotes: run one plain command at a time"
            ));
        }
        let fits = match self {
            Self::Exactly(words) => command == words,
            Self::Begins(words) => command
                .strip_prefix(words.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')),
        };
        fits.then_some(())
            .ok_or_else(|| "this command is not among the allowed ones".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_prefix_holds_at_a_word_boundary_of_one_plain_command() {
        let rule = CommandRule::parse("git status:*").expect("a rule");
        for allowed in ["git status", "git status --short", " git status -s 'a b' "] {
            assert_eq!(rule.allows(allowed), Ok(()), "{allowed}");
        }
        for refused in [
            "git statusx",
            "git  status",
            "git",
            "GIT status",
            "FOO=1 git status",
            "sudo git status",
            "git status; rm -rf .",
            "git status && ls",
            "git status & ls",
            "git status | sh",
            "git status `id`",
            "git status $(id)",
            "git status $HOME",
            "git status > out",
            "git status < in",
            "git status\nrm -rf .",
            "git status\rls",
            "git status \u{0}",
            "git status \";\"",
            "",
        ] {
            assert!(rule.allows(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn an_exact_rule_allows_nothing_more() {
        let rule = CommandRule::parse("npm test").expect("a rule");
        assert_eq!(rule.allows("npm test"), Ok(()));
        assert!(rule.allows("npm test -- --eval x").is_err());
    }

    #[test]
    fn rules_that_could_not_mean_what_they_say_are_refused() {
        for text in [
            "",
            "*",
            ":*",
            "git *",
            "a | b",
            "ls; rm:*",
            " npm test",
            "echo $HOME",
        ] {
            assert!(CommandRule::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_allowed_command_can_chain_or_substitute(tail in "\\PC{0,20}") {
            let rule = CommandRule::parse("ls:*").expect("a rule");
            let command = format!("ls{tail}");
            if rule.allows(&command).is_ok() {
                prop_assert!(!command.contains([';', '&', '|', '`', '$', '(', ')', '<', '>', '\n', '\r']));
                prop_assert!(tail.trim_matches(' ').is_empty() || tail.starts_with(' '));
            }
        }
    }
}
