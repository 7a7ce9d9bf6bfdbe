//! The script of a command, as Codex writes it: behind the shell that runs it.

/// The shells that Codex runs scripts with, and the option that they have then.
const SHELLS: [&str; 3] = ["bash", "sh", "zsh"];
const OPTIONS: [&str; 2] = ["-lc", "-c"];

/// The script of `/bin/bash -lc '…'`; of what is written otherwise the whole, which no rule takes for less than it is.
pub(super) fn script(command: &str) -> String {
    let words = words(command);
    match words.as_deref() {
        Some([shell, option, script]) => {
            let name = shell.rsplit('/').next().unwrap_or("");
            if SHELLS.contains(&name) && OPTIONS.contains(&option.as_str()) {
                return script.clone();
            }
            command.to_owned()
        }
        _ => command.to_owned(),
    }
}

/// The words of a line that is quoted for a POSIX shell and has nothing else in it; `None` if it has.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => match chars.next()? {
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            _ => return None,
                        },
                        '$' | '`' => return None,
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            '\n' | '\t' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '#' => {
                return None;
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_what_the_shell_gets() {
        for (command, is) in [
            ("/bin/bash -lc true", "true"),
            (
                "/bin/bash -lc 'echo hi > made && echo größer'",
                "echo hi > made && echo größer",
            ),
            (r#"/bin/bash -lc "echo 'a b'""#, "echo 'a b'"),
            (r#"/bin/bash -lc 'it'"'"'s'"#, "it's"),
            (r#"/bin/bash -lc "a \"b\" \$HOME""#, "a \"b\" $HOME"),
            ("/usr/bin/zsh -lc ls", "ls"),
            ("sh -c 'a\nb'", "a\nb"),
            // Nothing of these is a script alone.
            ("/bin/bash -lc true extra", "/bin/bash -lc true extra"),
            ("/bin/bash -lc true; rm x", "/bin/bash -lc true; rm x"),
            ("/bin/evil -lc true", "/bin/evil -lc true"),
            ("/bin/bash -lc 'open", "/bin/bash -lc 'open"),
            ("/bin/bash -lc \"$(rm x)\"", "/bin/bash -lc \"$(rm x)\""),
            ("ls -la", "ls -la"),
        ] {
            assert_eq!(script(command), is, "{command}");
        }
    }
}
