//! What a command runs that its words do not show: code in one of them, a program that it reads, another
//! command.

use super::programs::{GIT_FIRST, GIT_VALUES, MODULES, NO_FILES, READERS, RUN_MORE, SUBCOMMANDS};
use crate::words::programs::{
    CARRIERS, CODE, is_harmless_option, is_shell, runs_a_file, versionless,
};

/// Whether what a command runs stands in its words as code or as another command, or in what it reads, and
/// not among the first `named` of them.
pub(super) fn hides_what_runs(command: &[String], named: usize) -> bool {
    let Some((program, rest)) = command.split_first() else {
        return true;
    };
    let program = versionless(program);
    // Code and files that the rule itself names are the operator's.
    let is_named = command[..named.min(command.len())]
        .iter()
        .skip(1)
        .any(|word| !word.starts_with(['-', '+']));
    match program {
        "command" if rest.first().is_some_and(|word| is_one(word, &["-v", "-V"])) => false,
        _ if CARRIERS.contains(&program) => true,
        _ if CODE.contains(&program) => !is_named,
        _ if runs_a_file(program) => !is_named && !begins_with_a_file(program, rest),
        _ => runs_more(program, rest, named.saturating_sub(1)),
    }
}

/// Whether it runs what it reads: a shell or an interpreter without a file.
pub(super) fn reads_its_program(command: &[String]) -> bool {
    let Some((program, rest)) = command.split_first() else {
        return false;
    };
    let program = versionless(program);
    let mut words = rest.iter().map(String::as_str);
    runs_a_file(program)
        && !is_about_itself(rest)
        && words.all(|word| word.starts_with(['-', '+']) && word != "-c" || is_input(word))
}

/// Whether it runs what one of its words says, or what it reads: nobody can tell from its words what that
/// does.
pub(super) fn runs_a_word(command: &[String]) -> bool {
    if command.first().is_some_and(|first| is_one(first, READERS)) {
        return false;
    }
    command.iter().enumerate().any(|(at, word)| {
        let (program, rest) = (versionless(word), &command[at + 1..]);
        if runs_a_file(program) {
            // A name at the end of another command's words is hardly a program.
            return (at == 0 || !rest.is_empty() || is_shell(program))
                && !begins_with_a_file(program, rest);
        }
        let runs_words = CODE.contains(&program) || matches!(program, "xargs" | "parallel");
        runs_words && !rest.is_empty()
            || program == "env"
                && rest
                    .iter()
                    .any(|word| word.starts_with("-S") || word.starts_with("--split"))
            || matches!(program, "su" | "script" | "flock")
                && rest
                    .iter()
                    .any(|word| is_option(word, "-c") || is_option(word, "--command"))
    })
}

/// Whether the file that a shell or an interpreter runs is its first word, but for harmless options; a
/// module of Python counts as one.
fn begins_with_a_file(program: &str, rest: &[String]) -> bool {
    if is_about_itself(rest) {
        return true;
    }
    let mut words = rest
        .iter()
        .map(String::as_str)
        .skip_while(|word| is_harmless_option(program, word));
    match words.next() {
        None => false,
        Some("-m") if program == "python" || program == "pypy" => {
            words.next().is_some_and(|module| {
                let first = module.split('.').next().unwrap_or_default();
                !module.starts_with('-') && !MODULES.contains(&first)
            })
        }
        Some(word) => {
            let is_word = NO_FILES.contains(&word) && matches!(program, "bun" | "deno" | "node");
            let is_none = word.starts_with(['-', '+']) || is_input(word) || word.contains(':');
            !is_none && !is_word
        }
    }
}

/// Whether it is only asked for its version or its help.
fn is_about_itself(rest: &[String]) -> bool {
    matches!(rest, [word] if is_one(word, &["--version", "--help", "-V"]))
}

/// Whether a word means the input of a program.
fn is_input(word: &str) -> bool {
    word == "-"
        || ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"]
            .iter()
            .any(|one| word.starts_with(one))
}

/// Whether another program is told to run something, behind the words of a rule.
fn runs_more(program: &str, rest: &[String], named: usize) -> bool {
    let behind = rest.get(named..).unwrap_or_default();
    let mut options = RUN_MORE
        .iter()
        .filter(|(programs, _)| programs.contains(&program))
        .flat_map(|(_, options)| *options);
    let of_program = SUBCOMMANDS.iter().find(|(name, _)| *name == program);
    // The value of an option that the rule ends with stands behind it.
    let valued = rest.get(named.saturating_sub(1)..).unwrap_or_default();
    options.any(|option| valued.iter().any(|word| is_option(word, option)))
        || of_program.is_some_and(|(_, all)| behind.iter().any(|word| is_one(word, all)))
        || program == "git" && git_is_set(rest)
        || matches!(program, "make" | "gmake") && behind.iter().any(|word| word.contains('='))
        || program == "tar" && rest.first().is_some_and(|word| is_old_style(word))
}

/// Whether options before git's subcommand make it run something.
fn git_is_set(rest: &[String]) -> bool {
    let mut words = rest.iter();
    while let Some(word) = words.next().filter(|word| word.starts_with('-')) {
        if GIT_FIRST.iter().any(|option| is_option(word, option)) {
            return true;
        }
        if is_one(word, GIT_VALUES) {
            words.next();
        }
    }
    false
}

/// Whether the first word of tar, a group of letters without a dash, has one that runs something.
fn is_old_style(word: &str) -> bool {
    !word.starts_with('-') && word.contains(['I', 'F'])
}

fn is_one(word: &str, of: &[&str]) -> bool {
    of.contains(&word)
}

/// Whether a word is an option, perhaps with its value, in a group of short ones, or shortened.
fn is_option(word: &str, option: &str) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    if let Some(long) = option.strip_prefix("--") {
        return name
            .strip_prefix("--")
            .is_some_and(|name| !name.is_empty() && long.starts_with(name));
    }
    let Some(letter) = option
        .strip_prefix('-')
        .filter(|letters| letters.len() == 1)
    else {
        return name.trim_start_matches('-') == option.trim_start_matches('-')
            && name.starts_with('-');
    };
    word.starts_with('-') && !word.starts_with("--") && word.contains(letter)
}
