//! Patches: changes of several files in one call, as Codex makes them. Rules know them as the edits that they
//! consist of.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{leads::destination, path::is_plain};
use crate::runtime::{Ask, AskKind};

/// The tool that changes files by a patch.
pub(super) const PATCH: &str = "Patch";

/// Files of one patch. Where each of them leads is looked up for each rule, and nobody would read more.
const MOST_FILES: usize = 200;

/// What stands for all the places to which a patch of several files leads if none of them is a link.
const AS_NAMED: &str = "what it names";

/// What a patch does to one file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Which file, as the agent program names it.
    pub path: String,
    /// What is done to it.
    pub kind: ChangeKind,
    /// Where it is moved to, if it is.
    pub move_path: Option<String>,
    /// A unified diff of what is updated, all that stands in what is added or deleted; `None` if nobody may see what
    /// is deleted.
    pub diff: Option<String>,
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It is written, whatever was there.
    Add,
    /// Something in it is replaced.
    Update,
    /// It is removed.
    Delete,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    changes: Vec<Change>,
}

/// A file that a patch writes, and the tool of Claude Code that would do the same: rules are written for those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    tool: &'static str,
    /// Absolute, unless it begins with `~`.
    pub(super) file: String,
    /// All that is written, if the patch says so.
    content: Option<String>,
}

/// The changes of a call that is a patch; `None` if it is none or cannot be read.
pub fn changes(tool: &str, input: &Value) -> Option<Vec<Change>> {
    if tool != PATCH {
        return None;
    }
    let Patch { changes } = Patch::deserialize(input).ok()?;
    let is_whole = |change: &Change| change.diff.is_some() || change.kind == ChangeKind::Delete;
    let is_readable = (1..=MOST_FILES).contains(&changes.len()) && changes.iter().all(is_whole);
    is_readable.then_some(changes)
}

/// The file of a patch that is about one file only, by the patch's own name for it.
pub(super) fn only_file(input: &Value) -> Option<&str> {
    let [change] = input["changes"].as_array()?.as_slice() else {
        return None;
    };
    change["path"]
        .as_str()
        .filter(|_| change["move_path"].is_null())
}

/// The edits that a patch consists of; `None` if it cannot be read, or has a file whose place cannot be told.
pub(super) fn edits(input: &Value, directory: Option<&Path>) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    for change in changes(PATCH, input)? {
        let (tool, content) = match change.kind {
            ChangeKind::Add => ("Write", change.diff),
            ChangeKind::Update | ChangeKind::Delete => ("Edit", None),
        };
        let moved = change.move_path.map(|path| ("Write", path, None));
        for (tool, path, content) in [(tool, change.path, content)].into_iter().chain(moved) {
            let file = placed(&path, directory)?;
            edits.push(Edit {
                tool,
                file,
                content,
            });
        }
    }
    Some(edits)
}

impl Edit {
    /// The same as a call of its own.
    pub(super) fn call(&self, directory: Option<&Path>) -> Ask {
        let mut input = json!({"file_path": self.file});
        if let Some(content) = &self.content {
            input["content"] = content.as_str().into();
        }
        Ask {
            id: String::new(),
            kind: AskKind::Permission,
            call: String::new(),
            sub_agent: None,
            tool: self.tool.to_owned(),
            input,
            directory: directory.map(Path::to_owned),
            reason: None,
            unconfined: false,
        }
    }
}

/// The whole of a path, which begins where the agent is.
fn placed(path: &str, directory: Option<&Path>) -> Option<String> {
    // Whose home that is, nobody but the agent program may know.
    let is_of_home = path.starts_with('~') && directory.is_some();
    if path.starts_with('/') || is_of_home {
        return Some(path.to_owned());
    }
    let directory = directory.filter(|directory| directory.is_absolute() && !path.is_empty())?;
    directory.join(path).to_str().map(str::to_owned)
}

/// Where a patch leads at this moment: that of one file to a path, and that of several to a text that tells of each
/// whose name is not its own where it leads.
pub(super) fn leads_to(input: &Value, directory: Option<&Path>) -> Option<PathBuf> {
    let edits = edits(input, directory)?;
    let leads = |edit: &Edit| {
        let is_clear = is_plain(&edit.file);
        is_clear
            .then(|| destination(Path::new(&edit.file)))
            .flatten()
    };
    if let [edit] = edits.as_slice() {
        return leads(edit);
    }
    // In quotes, so that no name looks like two.
    let told = |edit: &Edit| match leads(edit) {
        Some(found) if found == Path::new(&edit.file) => None,
        Some(found) => Some(format!("{:?} → {:?}", edit.file, found.to_string_lossy())),
        None => Some(format!("{:?} → nobody can tell where", edit.file)),
    };
    let all: Vec<String> = edits.iter().filter_map(told).collect();
    Some(PathBuf::from(if all.is_empty() {
        AS_NAMED.to_owned()
    } else {
        all.join(", ")
    }))
}

/// Whether a patch of several files leads to the very files that it names.
pub fn leads_as_named(leads_to: &str) -> bool {
    leads_to == AS_NAMED
}
