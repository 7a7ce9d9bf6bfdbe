//! Programs that run something else than what is in them: what a command leads to is not known from its first
//! word where that is one of these.

/// Programs that run the command that their words are, or that change what commands after them do.
pub const CARRIERS: &[&str] = &[
    "alias",
    "asdf",
    "builtin",
    "bunx",
    "busybox",
    "chroot",
    "chrt",
    "command",
    "compgen",
    "complete",
    "declare",
    "direnv",
    "doas",
    "docker",
    "enable",
    "entr",
    "env",
    "exec",
    "export",
    "expect",
    "fakeroot",
    "flock",
    "gdb",
    "hash",
    "hyperfine",
    "ionice",
    "kubectl",
    "let",
    "local",
    "mapfile",
    "mise",
    "nice",
    "nohup",
    "npx",
    "nsenter",
    "parallel",
    "perf",
    "podman",
    "read",
    "readarray",
    "readonly",
    "runuser",
    "script",
    "setpriv",
    "setsid",
    "source",
    "ssh",
    "stdbuf",
    "strace",
    "su",
    "sudo",
    "systemd-run",
    "taskset",
    "time",
    "timeout",
    "toybox",
    "trap",
    "typeset",
    "unset",
    "unshare",
    "uvx",
    "valgrind",
    "watch",
    "xargs",
    "xvfb-run",
    ".",
];

/// Shells.
const SHELLS: &[&str] = &[
    "ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "sh", "tcsh", "zsh",
];

/// Programs that run a file, or what they read if they are given none.
const INTERPRETERS: &[&str] = &[
    "Rscript",
    "bun",
    "deno",
    "emacs",
    "ipython",
    "julia",
    "lua",
    "node",
    "nodejs",
    "osascript",
    "perl",
    "php",
    "pypy",
    "python",
    "ruby",
    "tclsh",
    "ts-node",
    "tsx",
    "vim",
];

/// Programs whose words are programs of their own.
pub const CODE: &[&str] = &["awk", "eval", "gawk", "m4", "mawk", "nawk", "sed"];

/// Letters of options that only change how a shell or Python runs its file.
const HARMLESS: &[(&[&str], &str)] = &[(SHELLS, "eux"), (&["python", "pypy"], "BEIOSbqsuv")];

/// The name of a program, wherever it lies.
pub fn program_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The name of a program without the version at its end.
pub fn versionless(word: &str) -> &str {
    let name = program_name(word);
    match name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
        "" => name,
        rest => rest,
    }
}

/// Whether a program, by its name without a version, is a shell.
pub fn is_shell(program: &str) -> bool {
    SHELLS.contains(&program)
}

/// Whether a program, by its name without a version, runs a file.
pub fn runs_a_file(program: &str) -> bool {
    is_shell(program) || INTERPRETERS.contains(&program)
}

/// Whether a word is a group of options that only change how a program runs its file.
pub fn is_harmless_option(program: &str, word: &str) -> bool {
    let letters = HARMLESS
        .iter()
        .find(|(programs, _)| programs.contains(&program))
        .map_or("", |(_, letters)| letters);
    word.strip_prefix('-')
        .is_some_and(|all| !all.is_empty() && all.chars().all(|c| letters.contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_its_name_wherever_it_lies_and_whatever_its_version() {
        for (word, wanted) in [
            ("python3.12", "python"),
            ("/usr/bin/python3", "python"),
            ("node", "node"),
            ("7z", "7z"),
            ("42", "42"),
        ] {
            assert_eq!(versionless(word), wanted, "{word}");
        }
        assert!(runs_a_file("python") && runs_a_file("sh") && !runs_a_file("cat"));
    }

    #[test]
    fn an_option_is_harmless_for_the_programs_that_have_it_so() {
        assert!(is_harmless_option("sh", "-eu") && is_harmless_option("python", "-u"));
        for (program, word) in [("sh", "-c"), ("node", "-e"), ("python", "-m"), ("sh", "-")] {
            assert!(!is_harmless_option(program, word), "{program} {word}");
        }
    }
}
