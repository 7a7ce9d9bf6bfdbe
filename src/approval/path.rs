//! Rules for files: `Read(docs/**)`, `Edit(//srv/shared/*.md)`.
//!
//! Lexical only: symbolic links are the agent program's to follow, which asks again where one leads
//! out of the project.

use std::path::{Component, Path};

/// Where the files of a rule lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathRule {
    root: Root,
    /// `**` for any number of directories; `*` and `?` within a name.
    names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Root {
    Project,
    Machine,
}

impl PathRule {
    /// Reads what stands in the parentheses; the error says what to write instead.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (root, path) = match text.strip_prefix("//") {
            Some(path) => (Root::Machine, path),
            None => (Root::Project, text.strip_prefix("./").unwrap_or(text)),
        };
        if path.starts_with('/') || text.starts_with('~') {
            return Err(
                "write a path within the project without a leading `/` (`src/**`), or one of the machine with two (`//srv/shared/**`)".into(),
            );
        }
        if let Some(c) = path
            .chars()
            .find(|c| "[]{}()!\\".contains(*c) || c.is_control())
        {
            return Err(format!("{c:?} cannot be used; `*`, `**` and `?` can"));
        }
        let names: Vec<String> = path.split('/').map(str::to_owned).collect();
        if names
            .iter()
            .any(|name| matches!(name.as_str(), "" | "." | ".."))
        {
            return Err("write the path without `.`, `..` and empty names".into());
        }
        Ok(Self { root, names })
    }

    /// Whether the file at the absolute path `file` is one of the rule's.
    pub(super) fn holds(&self, file: &str, project: &Path) -> bool {
        let base = match self.root {
            Root::Project => project,
            Root::Machine => Path::new("/"),
        };
        below(file, base).is_some_and(|names| matches(&self.names, &names))
    }
}

/// Whether `path` stays in the project: absolute and below it, or relative without `..` (the agent
/// program keeps its tools' working directory inside).
pub(super) fn inside(path: &str, project: &Path) -> bool {
    if path.starts_with('/') {
        below(path, project).is_some()
    } else {
        !path.starts_with('~') && !climbs(path)
    }
}

/// Whether any part of it is `..`, also within the braces of a glob.
fn climbs(path: &str) -> bool {
    path.split(['/', ',', '{', '}']).any(|name| name == "..")
}

/// The names of an absolute path below `base`. With `..` there is no saying where it leads, because
/// the name before it may be a link.
fn below<'a>(path: &'a str, base: &Path) -> Option<Vec<&'a str>> {
    if climbs(path) {
        return None;
    }
    let rest = Path::new(path).strip_prefix(base).ok()?;
    rest.components()
        .map(|component| match component {
            Component::Normal(name) => name.to_str(),
            Component::Prefix(_)
            | Component::RootDir
            | Component::CurDir
            | Component::ParentDir => None,
        })
        .collect()
}

fn matches(pattern: &[String], names: &[&str]) -> bool {
    match pattern.split_first() {
        None => names.is_empty(),
        Some((first, rest)) if first == "**" => {
            if rest.is_empty() {
                !names.is_empty()
            } else {
                (0..=names.len()).any(|skipped| matches(rest, &names[skipped..]))
            }
        }
        Some((first, rest)) => names.split_first().is_some_and(|(name, names)| {
            let (first, name): (Vec<_>, Vec<_>) = (first.chars().collect(), name.chars().collect());
            name_matches(&first, &name) && matches(rest, names)
        }),
    }
}

fn name_matches(pattern: &[char], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => (0..=name.len()).any(|skipped| name_matches(rest, &name[skipped..])),
        Some((first, rest)) => name
            .split_first()
            .is_some_and(|(c, name)| (*first == '?' || first == c) && name_matches(rest, name)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROJECT: &str = "/srv/app";

    #[test]
    fn a_rule_holds_for_its_files_only() {
        for (rule, file, holds) in [
            ("src/**", "/srv/app/src/a.rs", true),
            ("./src/**", "/srv/app/src/deep/a.rs", true),
            ("src/**", "/srv/app/src", false),
            ("src/**", "/srv/app/srcx/a.rs", false),
            ("src/**", "/srv/application/src/a.rs", false),
            ("src/**", "/srv/app/src/../../b", false),
            ("src/**", "src/a.rs", false),
            ("*.md", "/srv/app/a.md", true),
            ("*.md", "/srv/app/docs/a.md", false),
            ("**/*.md", "/srv/app/docs/a.md", true),
            ("**/*.md", "/srv/app/a.md", true),
            ("a?.md", "/srv/app/ab.md", true),
            ("README", "/srv/app/README", true),
            ("README", "/srv/app/README/x", false),
            ("**", "/srv/app/x/y", true),
            ("**", "/srv/other/x", false),
            ("//srv/shared/**", "/srv/shared/x", true),
            ("//srv/shared/**", "/srv/app/x", false),
        ] {
            let parsed = PathRule::parse(rule).expect("a rule");
            assert_eq!(
                parsed.holds(file, Path::new(PROJECT)),
                holds,
                "{rule} {file}"
            );
        }
    }

    #[test]
    fn rules_whose_place_is_unclear_are_refused() {
        for text in [
            "", "/src/**", "~/x", "../x", "a//b", "a/./b", "src/[ab]", "{a,b}", "!x", "///x",
        ] {
            assert!(PathRule::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_stays_inside_only_if_it_cannot_leave() {
        for (path, stays) in [
            ("/srv/app", true),
            ("/srv/app/a", true),
            ("src/a", true),
            ("**/*.rs", true),
            ("/srv/app/../x", false),
            ("/srv/apple", false),
            ("/etc/passwd", false),
            ("..", false),
            ("a/../../b", false),
            ("{..,x}/*", false),
            ("~/.ssh", false),
            ("a..b", true),
        ] {
            assert_eq!(inside(path, Path::new(PROJECT)), stays, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_path_with_a_step_up_is_never_inside(before in "[a-z/]{0,8}", after in "[a-z/]{0,8}") {
            let path = format!("{PROJECT}/{before}/../{after}");
            prop_assert!(!inside(&path, Path::new(PROJECT)));
            let all = PathRule::parse("**").expect("a rule");
            prop_assert!(!all.holds(&path, Path::new(PROJECT)));
        }
    }
}
