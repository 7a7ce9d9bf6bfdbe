//! What a question is about, in what a person can read of a tool's input and of what is there already.

use serde_json::Value;

use super::{
    inquiry::{Inquiry, inquiries},
    patch::{self, Patched},
};
use crate::words::{ApprovalKind, Found};

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A line for the shell.
    Command(String),
    /// A change of a file.
    Change {
        /// Which file.
        file: String,
        /// What is there, and what replaces it.
        hunks: Vec<Hunk>,
    },
    /// Another content for a file that is there.
    Rewrite {
        /// Which file.
        file: String,
        /// All of it as it is.
        old: String,
        /// All of it as it is to be.
        new: String,
    },
    /// A file as it is to be.
    Content {
        /// Which file.
        file: String,
        /// All of it.
        text: String,
        /// What is known of what it takes the place of.
        over: Over,
    },
    /// A change of one cell of a notebook.
    Cell(Cell),
    /// Changes of files in one call, one at least.
    Patch(Vec<Patched>),
    /// A plan.
    Plan {
        /// Markdown.
        text: String,
        /// What else comes with it, a line each: what it wants to be allowed ahead.
        besides: Vec<String>,
    },
    /// Things that the agent wants to be told.
    Inquiries(Vec<Inquiry>),
    /// Any other call.
    Other {
        /// The tool.
        tool: String,
        /// Its input, as JSON to be read by people.
        input: String,
    },
}

/// A piece of a file that is replaced by another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// What is there.
    pub old: String,
    /// What replaces it.
    pub new: String,
    /// Where.
    pub places: Places,
}

/// In how many places a piece of a file is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// In the one where it is.
    One,
    /// Wherever it is: in so many places, if that could be looked up.
    All(Option<usize>),
}

/// What a file that is written takes the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// There is no such file yet.
    Nothing,
    /// Nobody knows.
    Unseen,
}

/// A change of one cell of a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Which notebook.
    pub file: String,
    /// Which cell, by its name; the one behind which another is put. `None` for the beginning.
    pub cell: Option<String>,
    /// Of which kind it is to be, if that is said.
    pub kind: Option<String>,
    /// What is done.
    pub edit: CellEdit,
    /// What stands in it, if that could be looked up.
    pub old: Option<String>,
    /// What is to stand in it.
    pub new: String,
}

/// What is done with a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellEdit {
    /// Something else is written into it.
    Replace,
    /// Another one is put behind it.
    Insert,
    /// It is removed.
    Delete,
}

impl Matter {
    /// What a call with this input is about, where this was found when people were asked.
    pub fn of(kind: ApprovalKind, tool: &str, input: &Value, found: Option<&Found>) -> Self {
        let known = match kind {
            ApprovalKind::Plan => input["plan"].as_str().map(|plan| Self::Plan {
                text: plan.to_owned(),
                besides: besides(input),
            }),
            ApprovalKind::Choice => Some(inquiries(input))
                .filter(|all| !all.is_empty())
                .map(Self::Inquiries),
            ApprovalKind::Call => Self::of_call(tool, input, found),
        };
        known.unwrap_or_else(|| Self::Other {
            tool: tool.to_owned(),
            input: serde_json::to_string_pretty(input).unwrap_or_else(|_| input.to_string()),
        })
    }

    /// Which file it changes, by the name that the call has for it.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Change { file, .. }
            | Self::Rewrite { file, .. }
            | Self::Content { file, .. }
            | Self::Cell(Cell { file, .. }) => Some(file),
            Self::Command(_)
            | Self::Patch(_)
            | Self::Plan { .. }
            | Self::Inquiries(_)
            | Self::Other { .. } => None,
        }
    }

    fn of_call(tool: &str, input: &Value, found: Option<&Found>) -> Option<Self> {
        let text = |field: &str| input[field].as_str().map(str::to_owned);
        // What is not looked at must not be hidden: a field that is not known is shown with the rest.
        let has_only = |fields: &[&str]| {
            let all = input.as_object();
            let is_off = |value: &Value| value.is_null() || value == false;
            all.is_some_and(|all| {
                let mut rest = all.iter();
                rest.all(|(field, value)| fields.contains(&field.as_str()) || is_off(value))
            })
        };
        match tool {
            "Bash" if has_only(&["command", "description", "timeout"]) => {
                text("command").map(Self::Command)
            }
            "Edit" if has_only(EDIT) => Some(Self::Change {
                file: text("file_path")?,
                hunks: hunks(std::slice::from_ref(input), found)?,
            }),
            "MultiEdit" if has_only(&["file_path", "edits"]) => Some(Self::Change {
                file: text("file_path")?,
                hunks: hunks(input["edits"].as_array()?, found)?,
            }),
            "Write" if has_only(&["file_path", "content"]) => {
                Some(Self::written(text("file_path")?, text("content")?, found))
            }
            "NotebookEdit" if has_only(CELL) => cell(input, found).map(Self::Cell),
            _ => Some(match patch::written(tool, input) {
                Some((file, text)) => Self::written(file, text, found),
                None => Self::Patch(patch::patched(tool, input)?),
            }),
        }
    }

    /// A file that is written over what was found there.
    fn written(file: String, text: String, found: Option<&Found>) -> Self {
        match found {
            Some(Found::Text(old)) => Self::Rewrite {
                file,
                old: old.clone(),
                new: text,
            },
            Some(Found::Nothing) => Self::content(file, text, Over::Nothing),
            Some(Found::Unread(_)) | None => Self::content(file, text, Over::Unseen),
        }
    }

    const fn content(file: String, text: String, over: Over) -> Self {
        Self::Content { file, text, over }
    }
}

/// Whether what is there has to be looked up to show what a call does.
pub fn shows_what_is_there(tool: &str, input: &Value) -> bool {
    let is_everywhere = |edit: &Value| edit["replace_all"] == true;
    match tool {
        "Write" | "NotebookEdit" => true,
        "Edit" => is_everywhere(input),
        "MultiEdit" => input["edits"]
            .as_array()
            .is_some_and(|edits| edits.iter().any(is_everywhere)),
        _ => patch::written(tool, input).is_some(),
    }
}

/// The fields of a change, and of a change of a cell.
const EDIT: &[&str] = &["file_path", "old_string", "new_string", "replace_all"];
const CELL: &[&str] = &[
    "notebook_path",
    "cell_id",
    "cell_type",
    "edit_mode",
    "new_source",
];

/// What comes with a plan but the plan: what it wants to be allowed ahead, in its words, and fields that are not
/// known. Where the agent program keeps the plan is its own business.
fn besides(input: &Value) -> Vec<String> {
    let fields = input.as_object().into_iter().flatten();
    let others = fields.filter(|(name, _)| !matches!(name.as_str(), "plan" | "planFilePath"));
    let each = others.flat_map(|(name, value)| match (name.as_str(), value.as_array()) {
        ("allowedPrompts", Some(all)) => all.iter().map(ahead).collect(),
        _ => vec![format!("{name}: {value}")],
    });
    each.collect()
}

fn ahead(wanted: &Value) -> String {
    match (wanted["tool"].as_str(), wanted["prompt"].as_str()) {
        (Some(tool), Some(what)) => format!("{tool}: {what}"),
        _ => wanted.to_string(),
    }
}

/// How much of a file is followed through changes of it, bytes: a short word in many places may become a long one.
const MOST_AFTER: usize = 1 << 20;

/// Whether a text stays within bounds when one is replaced by another in so many places.
fn fits(all: &str, old: &str, new: &str, places: usize) -> bool {
    let more = new.len().saturating_sub(old.len()).saturating_mul(places);
    all.len().saturating_add(more) <= MOST_AFTER
}

/// Changes that are made one after the other in a file with this in it. What would become too long is not
/// followed.
fn hunks(edits: &[Value], found: Option<&Found>) -> Option<Vec<Hunk>> {
    let mut there = match found {
        Some(Found::Text(text)) => Some(text.clone()),
        Some(Found::Nothing | Found::Unread(_)) | None => None,
    };
    let mut hunks = Vec::new();
    for edit in edits {
        let text = |field: &str| edit[field].as_str().map(str::to_owned);
        let (old, new) = (text("old_string")?, text("new_string")?);
        let places = match &edit["replace_all"] {
            Value::Null | Value::Bool(false) => {
                there = there.and_then(|all| {
                    let at = all.find(&old).map_or(0, |_| 1);
                    fits(&all, &old, &new, at).then(|| all.replacen(&old, &new, 1))
                });
                Places::One
            }
            Value::Bool(true) => {
                // Where nothing stands between everything, nothing is replaced.
                let count = |all: &String| match old.as_str() {
                    "" => 0,
                    old => all.matches(old).count(),
                };
                let count = there.as_ref().map(count);
                let places = count.unwrap_or_default();
                there = there.filter(|all| fits(all, &old, &new, places));
                there = there.map(|all| all.replace(&old, &new));
                Places::All(count)
            }
            Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                return None;
            }
        };
        hunks.push(Hunk { old, new, places });
    }
    Some(hunks)
}

fn cell(input: &Value, found: Option<&Found>) -> Option<Cell> {
    let text = |field: &str| match &input[field] {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text.clone())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let edit = match text("edit_mode")?.as_deref() {
        None | Some("replace") => CellEdit::Replace,
        Some("insert") => CellEdit::Insert,
        Some("delete") => CellEdit::Delete,
        Some(_) => return None,
    };
    let cell = text("cell_id")?;
    let old = match (edit, &cell, found) {
        (CellEdit::Replace | CellEdit::Delete, Some(cell), Some(Found::Text(notebook))) => {
            source(notebook, cell)
        }
        (CellEdit::Insert | CellEdit::Replace | CellEdit::Delete, _, _) => None,
    };
    Some(Cell {
        file: text("notebook_path")??,
        cell,
        kind: text("cell_type")?,
        edit,
        old,
        new: match edit {
            // Nothing of it is written.
            CellEdit::Delete => String::new(),
            CellEdit::Replace | CellEdit::Insert => text("new_source")??,
        },
    })
}

/// What stands in a cell of a notebook: the one of that id, or of that number (`cell-0`).
fn source(notebook: &str, cell: &str) -> Option<String> {
    let notebook: Value = serde_json::from_str(notebook).ok()?;
    let cells = notebook["cells"].as_array()?;
    let named = cells.iter().find(|one| one["id"] == cell);
    let numbered = || cells.get(cell.strip_prefix("cell-")?.parse::<usize>().ok()?);
    match &named.or_else(numbered)?["source"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => lines.iter().map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
