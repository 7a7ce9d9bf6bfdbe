//! Deny rules: which files no tool of the agent may touch.
//!
//! Claude Code holds to them before everything else, a hook's allow included. `Read` rules also
//! govern Grep, Glob and the files that it recognizes in shell commands, `Edit` rules also Write
//! and redirections. They are not a jail: a shell command that opens files in its own way (`cat < file`, `python3 -c …`,
//! `grep -r` on a directory above) is not stopped. Nor are Grep and Glob on a directory above, nor any tool on a file
//! that is named through a link (seen with 2.1.197): those no tool rule allows outside the project, not even `*`.

use std::path::{Path, PathBuf};

use crate::runtime::{CREDENTIALS, around::around};

/// The kernel's view of every process: environments, open files, memory.
const PROC: &str = "/proc";

/// The rules that keep every tool away from `forbidden` and from the credentials below `home`, but
/// not from `project`.
pub(super) fn rules(forbidden: &[PathBuf], home: &Path, project: &Path) -> Vec<String> {
    let credentials = CREDENTIALS.iter().map(|name| home.join(name));
    let mut shut: Vec<PathBuf> = forbidden
        .iter()
        .cloned()
        .chain(credentials)
        .chain([PathBuf::from(PROC)])
        // A rule holds for a path as it is written: a directory reached by a link needs its real
        // path denied as well.
        .flat_map(|path| {
            let real = std::fs::canonicalize(&path).ok();
            [Some(path), real].into_iter().flatten()
        })
        .flat_map(|path| around(path, &[project]))
        .collect();
    shut.sort();
    shut.dedup();
    shut.iter().flat_map(|path| rules_for(path)).collect()
}

/// The path as a file, and all below it as a directory. `//` starts a path of the machine.
fn rules_for(path: &Path) -> impl Iterator<Item = String> + use<> {
    let path = escape(&path.to_string_lossy());
    let path = path.trim_end_matches('/').to_owned();
    ["Read", "Edit"]
        .into_iter()
        .flat_map(move |tool| [format!("{tool}(/{path})"), format!("{tool}(/{path}/**)")])
}

/// Takes the meaning from the characters that a rule's pattern gives one. `?` and `\` cannot be
/// escaped in Claude Code, and what is not UTF-8 cannot be written: a `*` denies too much instead.
pub(super) fn escape(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '*' | '[' | ']' | '{' | '}' | '(' | ')' | '!' | '#' | ' ' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '?' | '\\' | char::REPLACEMENT_CHARACTER => escaped.push('*'),
            c if c.is_control() => escaped.push('*'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_denied_as_a_file_and_as_a_directory_for_reading_and_writing() {
        assert_eq!(
            rules_for(Path::new("/etc/baton/")).collect::<Vec<_>>(),
            [
                "Read(//etc/baton)",
                "Read(//etc/baton/**)",
                "Edit(//etc/baton)",
                "Edit(//etc/baton/**)",
            ]
        );
    }

    #[test]
    fn characters_of_patterns_lose_their_meaning() {
        assert_eq!(escape("/a [b]*(c)!#{d}"), r"/a\ \[b\]\*\(c\)\!\#\{d\}");
        assert_eq!(escape("/a?b\\c\nd\u{fffd}"), "/a*b*c*d*");
    }

    #[test]
    fn a_forbidden_directory_that_holds_the_project_is_shut_around_it() {
        let top = tempfile::tempdir().expect("a directory");
        let top = std::fs::canonicalize(top.path()).expect("a real path");
        let project = top.join("work/app");
        for directory in ["work/app/src", "work/other", "run"] {
            std::fs::create_dir_all(top.join(directory)).expect("a directory");
        }
        std::fs::write(top.join("baton.toml"), "").expect("a file");
        let mut shut = around(top.clone(), &[project.as_path()]);
        shut.sort();
        assert_eq!(
            shut,
            [
                top.join("baton.toml"),
                top.join("run"),
                top.join("work/other")
            ]
        );
        assert_eq!(
            around(project.clone(), &[project.as_path()]),
            Vec::<PathBuf>::new()
        );
    }

    #[test]
    fn a_forbidden_link_is_denied_under_both_its_names() {
        let top = tempfile::tempdir().expect("a directory");
        let top = std::fs::canonicalize(top.path()).expect("a real path");
        std::fs::create_dir(top.join("real")).expect("a directory");
        std::os::unix::fs::symlink(top.join("real"), top.join("link")).expect("a link");
        let rules = rules(
            &[top.join("link")],
            Path::new("/nowhere"),
            Path::new("/srv/app"),
        );
        for name in ["real", "link"] {
            let rule = format!("Read(/{}/**)", escape(&top.join(name).to_string_lossy()));
            assert!(rules.contains(&rule), "{rule} in {rules:?}");
        }
    }
}
