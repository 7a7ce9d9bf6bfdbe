//! Where a call really leads: what it names may be a link, and links change.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    call::Call,
    patch::{self, PATCH, only_file},
    path::{Ground, LONGEST, real},
};

/// Links that are followed one after the other, as in Linux (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// What a call says that it is about: the file or directory that a file tool names, as it is written.
pub fn named<'a>(tool: &str, input: &'a Value) -> Option<&'a str> {
    let field = match tool {
        "Edit" | "MultiEdit" | "Read" | "Write" => "file_path",
        "NotebookEdit" => "notebook_path",
        "Glob" | "Grep" => "path",
        PATCH => return only_file(input),
        _ => return None,
    };
    input[field].as_str()
}

/// Where a call leads at this moment: what it names, or else the directory that it is made in, without
/// links. `None` if there is neither, or it cannot be told. Of a patch of several files it is a text that is another one
/// as soon as one of them leads elsewhere.
pub fn leads_to(tool: &str, input: &Value, directory: Option<&Path>) -> Option<PathBuf> {
    if tool == PATCH {
        return patch::leads_to(input, directory);
    }
    let path = match named(tool, input) {
        Some(path) => whole(path, directory)?,
        None => directory?.to_owned(),
    };
    destination(&path)
}

/// Whether a call is about a file outside the project by a name that is not the file's own, or it cannot be told
/// where it leads: the agent program keeps tools away from what is shut to them by the name that is written.
pub(super) fn goes_by_another_name(call: &Call<'_>) -> bool {
    let Ground { project, directory } = call.ground;
    let Some(path) = named(call.tool(), call.input()) else {
        return false;
    };
    let Some(written) = whole(path, directory.or(Some(project))) else {
        return true;
    };
    destination(&written).is_none_or(|found| found != written && !found.starts_with(project))
}

/// A path as the agent program takes it (seen with 2.1.197): without white space at its ends, composed,
/// from its directory, and every `..` before any link.
fn whole(path: &str, directory: Option<&Path>) -> Option<PathBuf> {
    let path: String = path
        .trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
        .nfc()
        .collect();
    // Whose home that is, only the agent program knows.
    if path.starts_with('~') {
        return None;
    }
    let path = match directory {
        Some(directory) => directory.join(path),
        None => PathBuf::from(path),
    };
    if !path.is_absolute() || path.as_os_str().len() > LONGEST {
        return None;
    }
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                plain.push(component);
            }
        }
    }
    Some(plain)
}

/// Where an absolute path really is, also behind links that lead to what is not there yet.
pub(super) fn destination(path: &Path) -> Option<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if let Some(found) = real(&path) {
            return Some(found);
        }
        path = past_first_loose_link(&path)?;
    }
    None
}

/// The path with the first link in it replaced that leads nowhere.
fn past_first_loose_link(path: &Path) -> Option<PathBuf> {
    let mut all: Vec<&Path> = path.ancestors().collect();
    all.reverse();
    let link = all.into_iter().find(|part| real(part).is_none())?;
    let target = std::fs::read_link(link).ok()?;
    let from = real(link.parent()?)?;
    let rest = path.strip_prefix(link).ok()?;
    Some(
        from.join(target)
            .components()
            .chain(rest.components())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use serde_json::json;

    use super::*;
    use crate::runtime::{Ask, AskKind};

    #[test]
    fn a_call_leads_where_the_links_in_it_lead_also_to_what_is_not_there_yet() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        for made in ["app/src", "out"] {
            std::fs::create_dir_all(home.join(made)).unwrap();
        }
        std::fs::write(home.join("out/key"), "x").unwrap();
        for (link, leads) in [
            ("app/key", "../out/key"),
            ("app/out", "../out"),
            ("app/later", "../out/new/file"),
            ("app/twice", "later"),
            ("app/round", "round"),
        ] {
            symlink(leads, home.join(link)).unwrap();
        }
        let app = home.join("app");
        for (path, leads) in [
            ("src/a", Some("app/src/a")),
            ("key", Some("out/key")),
            ("out/new", Some("out/new")),
            ("later", Some("out/new/file")),
            ("twice", Some("out/new/file")),
            ("twice/deep", Some("out/new/file/deep")),
            ("out/../src", Some("app/src")),
            (" key ", Some("out/key")),
            ("round", None),
            ("~/key", None),
        ] {
            let wanted = leads.map(|leads| home.join(leads));
            let input = json!({"file_path": path});
            assert_eq!(leads_to("Edit", &input, Some(&app)), wanted, "{path}");
        }
        let astray = |path: &str| {
            let ask = Ask {
                id: "1".into(),
                kind: AskKind::Gate,
                call: "c".into(),
                sub_agent: None,
                tool: "Read".into(),
                input: json!({"file_path": path}),
                directory: Some(app.clone()),
                reason: None,
                unconfined: false,
            };
            goes_by_another_name(&Call::new(&ask, &app))
        };
        for path in ["key", "out/new", "later", "twice", "round", "~/key"] {
            assert!(astray(path), "{path}");
        }
        let own_name = home.join("out/key").display().to_string();
        for path in ["src/a", "out/../src", "../out/key", own_name.as_str()] {
            assert!(!astray(path), "{path}");
        }
        let whole = json!({"file_path": app.join("key")});
        assert_eq!(leads_to("Read", &whole, None), Some(home.join("out/key")));
        let command = json!({"command": "ls"});
        assert_eq!(
            leads_to("Bash", &command, Some(&app.join("out"))),
            Some(home.join("out"))
        );
        assert_eq!(leads_to("Bash", &command, None), None);
    }
}
