//! Rules for files: `Read(docs/**)`, `Edit(//srv/shared/*.md)`.
//!
//! A path counts as it is written and as it really is, where links lead: both have to be right.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use unicode_normalization::is_nfc;

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

    /// Whether the file at the absolute path `file` is certainly one of the rule's: as written, and as
    /// it really is.
    pub(super) fn holds(&self, file: &str, project: &Path) -> bool {
        if !is_taken_as_written(file) {
            return false;
        }
        let really = || real(Path::new(file)).is_some_and(|real| self.names(&real, project));
        !climbs(file) && self.names(Path::new(file), project) && really()
    }

    /// Whether it may be one of the rule's.
    pub(super) fn may_hold(&self, file: &str, project: &Path) -> bool {
        let really = || real(Path::new(file)).is_none_or(|real| self.names(&real, project));
        !is_plain(file) || self.names(Path::new(file), project) || really()
    }

    fn names(&self, file: &Path, project: &Path) -> bool {
        let base = match self.root {
            Root::Project => project,
            Root::Machine => Path::new("/"),
        };
        below(file, base).is_some_and(|names| matches(&self.names, &names))
    }
}

/// Where a call is made: the project, and the agent's directory in it if that is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground<'a> {
    /// The project's directory, absolute and without links.
    pub(super) project: &'a Path,
    /// What relative paths start from.
    pub(super) directory: Option<&'a Path>,
}

impl Ground<'_> {
    /// Where a search begins, if that can be told.
    pub(super) fn searched(&self, input: &Value) -> Option<String> {
        let directory = self.directory.unwrap_or(self.project);
        let path = match &input["path"] {
            Value::Null => "",
            Value::String(path) => path,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        is_taken_as_written(path).then(|| directory.join(path).to_string_lossy().into_owned())
    }

    /// Whether `path`, which may end in a pattern, certainly stays in the project: as it is written and
    /// as it really is.
    pub(super) fn holds(&self, path: &str) -> bool {
        if path.starts_with('~') || climbs(path) || !is_taken_as_written(path) {
            return false;
        }
        let certain = Path::new(path)
            .components()
            .take_while(|name| {
                !name
                    .as_os_str()
                    .to_string_lossy()
                    .contains(['*', '?', '[', '{'])
            })
            .collect::<PathBuf>();
        let whole = if path.starts_with('/') {
            Some(certain)
        } else {
            self.directory.map(|directory| directory.join(certain))
        };
        whole.is_some_and(|whole| {
            whole.starts_with(self.project)
                && real(&whole).is_some_and(|real| real.starts_with(self.project))
        })
    }
}

/// Bytes that a path of the system may have (Linux: `PATH_MAX`).
pub(super) const LONGEST: usize = 4096;

/// Where `path` really is: without links, as far as it is there. `None` if that cannot be told, as of a
/// link that leads nowhere yet.
pub(super) fn real(path: &Path) -> Option<PathBuf> {
    if path.as_os_str().len() > LONGEST {
        return None;
    }
    // With a slash at its end a path would be followed where it is asked whether it is a link.
    let path: PathBuf = path.components().collect();
    let mut at = path.as_path();
    let mut missing = Vec::new();
    loop {
        match at.canonicalize() {
            Ok(found) => {
                return Some(
                    missing
                        .iter()
                        .rev()
                        .fold(found, |path, name| path.join(name)),
                );
            }
            Err(_) if at.symlink_metadata().is_ok() => return None,
            Err(_) => {
                missing.push(at.file_name()?);
                at = at.parent()?;
            }
        }
    }
}

/// Whether nobody can doubt which file an absolute path names: no step up, and nothing that an agent program may read
/// otherwise.
pub(super) fn is_plain(path: &str) -> bool {
    path.starts_with('/') && is_taken_as_written(path) && !climbs(path)
}

/// Whether an agent program takes a path as it is written. Claude Code leaves out white space at its ends,
/// as JavaScript understands that, and composes its characters (seen with 2.1.197): what looks like a name in
/// the project could become a path of the machine.
fn is_taken_as_written(path: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    !path.starts_with(is_blank)
        && !path.ends_with(is_blank)
        && !path.chars().any(char::is_control)
        && is_nfc(path)
}

/// Whether any part of it is `..`, also within the braces of a glob.
fn climbs(path: &str) -> bool {
    path.split(['/', ',', '{', '}']).any(|name| name == "..")
}

/// The names of an absolute path below `base`. With `..` there is no saying where it leads, because
/// the name before it may be a link.
fn below<'a>(path: &'a Path, base: &Path) -> Option<Vec<&'a str>> {
    let rest = path.strip_prefix(base).ok()?;
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
            assert_eq!(ground(Path::new(PROJECT)).holds(path), stays, "{path}");
        }
        let nowhere = Ground {
            project: Path::new(PROJECT),
            directory: None,
        };
        assert!(nowhere.holds("/srv/app/a") && !nowhere.holds("src/a"));
    }

    #[test]
    fn a_path_that_the_agent_program_would_change_is_nobodys() {
        let all = PathRule::parse("**").expect("a rule");
        for path in [
            " /etc",
            "\t/etc",
            "\n/etc",
            "/srv/app/a ",
            "\u{a0}/etc",
            "\u{feff}/etc",
            "\u{2028}/etc",
            " ~/x",
            "/srv/app/e\u{301}",
            "/srv/app/a\0",
        ] {
            let project = Path::new(PROJECT);
            assert!(!ground(project).holds(path), "{path:?}");
            assert!(!all.holds(path, project), "{path:?}");
            assert!(all.may_hold(path, project), "{path:?}");
        }
    }

    const fn ground(project: &Path) -> Ground<'_> {
        Ground {
            project,
            directory: Some(project),
        }
    }

    #[test]
    fn a_link_counts_as_what_it_leads_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().canonicalize().expect("its path");
        let project = folder.join("app");
        for made in ["app/src", "app/docs", "out"] {
            std::fs::create_dir_all(folder.join(made)).expect("a folder");
        }
        for (link, leads) in [
            ("app/docs/out", "../../out"),
            ("app/docs/src", "../src"),
            ("app/docs/nowhere", "../../out/nothing"),
        ] {
            std::os::unix::fs::symlink(leads, folder.join(link)).expect("a link");
        }
        let docs = PathRule::parse("docs/**").expect("a rule");
        for (path, stays, is_docs, may_be_docs) in [
            ("docs/a", true, true, true),
            ("docs/new/a", true, true, true),
            ("docs/src/a", true, false, true),
            ("docs/out", false, false, true),
            ("docs/out/new/a", false, false, true),
            ("docs/nowhere", false, false, true),
            ("docs/nowhere/", false, false, true),
            ("docs/nowhere/.", false, false, true),
            ("src/a", true, false, false),
        ] {
            let whole = format!("{}/{path}", project.display());
            let ground = ground(&project);
            assert_eq!(ground.holds(&whole), stays, "{path}");
            assert_eq!(ground.holds(path), stays, "{path}");
            assert_eq!(ground.holds(&format!("{path}/*.rs")), stays, "{path}");
            assert_eq!(docs.holds(&whole, &project), is_docs, "{path}");
            assert_eq!(docs.may_hold(&whole, &project), may_be_docs, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_path_with_a_step_up_is_never_inside(before in "[a-z/]{0,8}", after in "[a-z/]{0,8}") {
            let path = format!("{PROJECT}/{before}/../{after}");
            prop_assert!(!ground(Path::new(PROJECT)).holds(&path));
            let all = PathRule::parse("**").expect("a rule");
            prop_assert!(!all.holds(&path, Path::new(PROJECT)));
        }
    }
}
