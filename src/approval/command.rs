//! Rules for shell commands: `Bash(git status:*)` and `Bash(npm test)`.

mod programs;
mod runs;

use self::runs::{hides_what_runs, reads_its_program, runs_a_word};
use super::shell::plain;
use crate::words::programs::program_name;

/// What a rule says about a command: the words that it has, or begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CommandRule {
    /// This command and nothing after it.
    Exactly(Vec<String>),
    /// A command that begins with these words.
    Begins(Vec<String>),
}

impl CommandRule {
    /// Reads what stands in the parentheses; the error says what to write instead.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (rule, words): (fn(Vec<String>) -> Self, &str) = match text.strip_suffix(":*") {
            Some(prefix) => (Self::Begins, prefix),
            None => (Self::Exactly, text),
        };
        if matches!(words.trim(), "" | "*") {
            return Err("write `Bash` to allow every command".into());
        }
        if words.trim() != words {
            return Err("leave out the spaces at its ends".into());
        }
        if words.contains('*') {
            return Err(
                "a `*` stands only at the end, after a colon: `Bash(git log:*)` allows every command that begins with `git log`".into(),
            );
        }
        let one_by_one = "name the commands one by one";
        let commands = plain(words).map_err(|why| format!("{why}; {one_by_one}"))?;
        match <[Vec<String>; 1]>::try_from(commands) {
            Ok([words]) => Ok(rule(words)),
            Err(_) => Err(one_by_one.into()),
        }
    }

    /// Why a rule that allows would be of no use: it never does.
    pub(super) fn allows_nothing(&self) -> Option<&'static str> {
        match self {
            Self::Exactly(words) if reads_its_program(words) => Some(
                "it runs whatever it is given to read; name the file, or leave it to be asked for",
            ),
            Self::Begins(words) if is_of_no_use(words) => Some(
                "what follows would be run, whatever it is; name the whole command without `:*`, or leave it to be asked for",
            ),
            Self::Exactly(_) | Self::Begins(_) => None,
        }
    }

    /// Whether the command may be what the rule means, with something before it or in between: by another
    /// program, from another directory, with options, within a word that is run.
    pub(super) fn may_allow(&self, command: &[String]) -> bool {
        let (Self::Exactly(words) | Self::Begins(words)) = self;
        if runs_a_word(command) {
            return true;
        }
        let parts: Vec<&str> = command.iter().flat_map(|word| parts(word)).collect();
        let mut rest = parts.into_iter();
        words
            .iter()
            .all(|word| rest.any(|found| found == word || program_name(found) == word))
    }

    /// Whether the command has the words of the rule.
    pub(super) fn names(&self, command: &[String]) -> bool {
        match self {
            Self::Exactly(words) => command == words,
            Self::Begins(words) => command.starts_with(words),
        }
    }

    /// Whether the rule allows the command. Behind the words of a rule stand data, not what is run.
    pub(super) fn allows(&self, command: &[String]) -> bool {
        self.names(command)
            && match self {
                Self::Exactly(_) => !reads_its_program(command),
                Self::Begins(words) => !hides_what_runs(command, words.len()),
            }
    }
}

/// Whether no command that begins like this can be allowed: neither alone nor with a file behind it.
fn is_of_no_use(words: &[String]) -> bool {
    let with_a_file = [words, &["file".to_owned()]].concat();
    hides_what_runs(&with_a_file, words.len()) && hides_what_runs(words, words.len())
}

/// A word, and what stands in it as in a line for the shell.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let inner = word.split(|c: char| c.is_whitespace() || "|&;()<>{}\"'`$=,".contains(c));
    std::iter::once(word).chain(inner.filter(|part| !part.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rule: &str, command: &str) -> bool {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        CommandRule::parse(rule).expect("a rule").allows(&words)
    }

    #[test]
    fn a_rule_holds_for_whole_words() {
        for (rule, command, holds) in [
            ("git status:*", "git status", true),
            ("git status:*", "git status --short", true),
            ("git status:*", "git statusx", false),
            ("git status:*", "git", false),
            ("git status:*", "GIT status", false),
            ("git status:*", "sudo git status", false),
            ("git commit -m 'a b':*", "git commit -m a b", false),
            ("npm test", "npm test", true),
            ("npm test", "npm test -- --eval x", false),
        ] {
            assert_eq!(allows(rule, command), holds, "{rule}: {command}");
        }
        let quoted = CommandRule::parse("git commit -m 'a b':*").expect("a rule");
        let words = ["git", "commit", "-m", "a b", "-s"].map(str::to_owned);
        assert!(quoted.allows(&words));
    }

    #[test]
    fn no_rule_lets_through_what_nobody_can_tell() {
        for (rule, line) in [
            ("python3:*", "python3 -c 'import os'"),
            ("python3:*", "python3"),
            ("python3:*", "python3 -"),
            ("/usr/bin/python3.12:*", "/usr/bin/python3.12 -Ic pass"),
            ("node:*", "node -e 1"),
            ("node:*", "node --eval=1"),
            ("perl:*", "perl -ne 1 file"),
            ("bash:*", "bash -c ls"),
            ("bash:*", "bash"),
            ("bash:*", "bash -s"),
            ("sh:*", "sh -ec ls"),
            ("find .:*", "find . -exec rm {} ;"),
            ("find:*", "find . -execdir sh x ;"),
            ("git:*", "git -c alias.x=!id x"),
            ("git:*", "git -calias.x=!id x"),
            ("git:*", "git --exec-path=/tmp status"),
            ("tar:*", "tar -xf a.tar --to-command=sh"),
            ("tar:*", "tar -cIf 'sh -c id' x ."),
            ("tar:*", "tar cIf 'sh -c id' x ."),
            ("tar:*", "tar -xf a --to-comm=id"),
            ("git:*", "git -C . -c alias.x=!id x"),
            ("git:*", "git rebase -x id"),
            ("git log:*", "git log -1 --format=evil --output=/tmp/x"),
            ("git fetch:*", "git fetch --upload-p=id x"),
            ("bash:*", "bash -s x"),
            ("bash:*", "bash +x"),
            ("bash:*", "bash -o errexit"),
            ("bash:*", "bash /dev/stdin"),
            ("python3:*", "python3 - x"),
            ("python3:*", "python3 -W ignore"),
            ("python3:*", "python3 -m timeit 'import os'"),
            ("python3:*", "python3 -m code"),
            ("node:*", "node --import data:text/javascript,x x.js"),
            ("deno:*", "deno run data:x"),
            ("php:*", "php -R 1"),
            ("printf:*", "printf -v 'a[$(id)]' x"),
            ("test:*", "test -v 'a[$(id)]'"),
            ("make:*", "make test --eval=x"),
            ("make test:*", "make test SHELL=x"),
            ("npm run:*", "npm run x --node-options=--import=data:x"),
            ("cargo test:*", "cargo test --config x"),
            ("sort:*", "sort --compress-prog=sh x"),
            ("rg:*", "rg --pre sh x"),
            ("go test:*", "go test -exec sh"),
            ("npm:*", "npm exec x"),
            ("tar:*", "tar -Ish -xf a.tar"),
        ] {
            let words = shlex(line);
            let parsed = CommandRule::parse(rule).expect(rule);
            assert!(!parsed.allows(&words), "{rule}: {line}");
            assert!(
                words.starts_with(&shlex(rule.trim_end_matches(":*"))),
                "{rule}: {line}"
            );
        }
        for (rule, line) in [
            ("python3:*", "python3 -m pytest"),
            ("python3:*", "python3 tools/x.py"),
            ("bash:*", "bash tools/x.sh"),
            ("git:*", "git commit -c HEAD"),
            ("git:*", "git -C sub status"),
            ("grep:*", "grep -c awk eval sh"),
            ("node:*", "node server.js -p 3000"),
            ("node:*", "node --version"),
            ("python3:*", "python3 -u train.py -c cfg.toml"),
            ("python3:*", "python3 -m pytest -c setup.cfg"),
            ("bash:*", "bash -eux build.sh -c Release"),
            ("bash -c ls:*", "bash -c ls x"),
            ("awk '{print}':*", "awk '{print}' file"),
            ("command -v:*", "command -v git"),
            ("cargo test:*", "cargo test --color never"),
            ("npm run:*", "npm run build"),
            ("git log:*", "git log --oneline -5"),
            ("make test:*", "make test -j2"),
            ("find:*", "find . -name exec"),
            ("tar:*", "tar -xf a.tar"),
            ("sh -c 'npm test'", "sh -c 'npm test'"),
            ("env CI=1 npm test", "env CI=1 npm test"),
        ] {
            let parsed = CommandRule::parse(rule).expect(rule);
            assert!(parsed.allows(&shlex(line)), "{rule}: {line}");
        }
    }

    #[test]
    fn a_command_may_be_meant_whatever_stands_around_its_words() {
        let rule = CommandRule::parse("git push:*").expect("a rule");
        for (command, may_be) in [
            ("git push", true),
            ("git -C . push -f", true),
            ("/usr/bin/git push", true),
            ("env git push", true),
            ("command git push", true),
            ("git pull", false),
            ("push git", false),
            ("sh build.sh", false),
            ("python3 -m venv x", false),
            ("eval", false),
            // What only reads takes the name of a shell for a name.
            ("ls bash", false),
            ("which sh", false),
            ("grep -r bash", false),
            ("./ls bash", true),
            ("firejail bash", true),
        ] {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(rule.may_allow(&words), may_be, "{command}");
        }
    }

    #[test]
    fn what_stands_in_a_word_that_is_run_may_be_anything() {
        let rule = CommandRule::parse("git push:*").expect("a rule");
        for line in [
            "sh -c 'x=git; $x push'",
            "/bin/bash -ec '\u{67}it push'",
            "env -S 'git push'",
            "env --split-string='git push' x",
            "command eval 'g\\it push'",
            "timeout 5 bash -c ls",
            "sh",
            "bash -s",
            "xargs git",
            "python3.12 -c 'import os'",
            "perl -e 1",
            "node --eval=1",
            "php -r 1",
            "awk '{system(1)}'",
            "watch 'git push'",
            "ssh host 'cd x && git push'",
        ] {
            let words = shlex(line);
            assert!(rule.may_allow(&words), "{line}");
        }
    }

    /// The words of a line whose only quotes are single ones.
    fn shlex(line: &str) -> Vec<String> {
        let quoted = line.split('\'').enumerate();
        quoted
            .flat_map(|(at, part)| match at % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            })
            .collect()
    }

    #[test]
    fn rules_that_would_allow_nothing_are_known() {
        for (rule, is_of_use) in [
            ("sh", false),
            ("python3 -", false),
            ("bash -s", false),
            ("bash -c:*", false),
            ("python3 -c:*", false),
            ("env:*", false),
            ("env CI=1 npm:*", false),
            ("sudo -u app ls:*", false),
            ("timeout 5 npm test:*", false),
            ("xargs:*", false),
            ("awk:*", false),
            ("sed:*", false),
            ("eval:*", false),
            ("find . -exec:*", false),
            ("git -c a=b:*", false),
            ("timeout 5 npm test", true),
            ("bash:*", true),
            ("python3 -m:*", true),
            ("git:*", true),
            ("node --version", true),
            ("command -v:*", true),
        ] {
            let parsed = CommandRule::parse(rule).expect(rule);
            assert_eq!(parsed.allows_nothing().is_none(), is_of_use, "{rule}");
        }
    }

    #[test]
    fn rules_that_could_not_mean_what_they_say_are_refused() {
        for text in [
            "",
            "*",
            ":*",
            "git *",
            "a | b",
            "a; b",
            "ls; rm:*",
            " npm test",
            "echo $HOME",
            "A=1 ls",
            "if",
        ] {
            assert!(CommandRule::parse(text).is_err(), "{text}");
        }
    }
}
