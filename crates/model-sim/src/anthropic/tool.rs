//! The tools of Claude Code.

use serde_json::{Value, json};

use crate::script::{Call, Deed};

/// The call by which Claude Code does it.
pub(super) fn of(deed: &Deed) -> Call {
    match deed {
        Deed::Run(command) => {
            Call::json("Bash", json!({ "command": command, "description": "it" }))
        }
        Deed::Read(file) => Call::json("Read", json!({ "file_path": file })),
        Deed::Write { file, text } => Call::json(
            "Write",
            json!({ "file_path": file, "content": format!("{text}\n") }),
        ),
        Deed::Ask { question, options } => {
            let options: Vec<Value> = options
                .iter()
                .map(|(label, meaning)| json!({ "label": label, "description": meaning }))
                .collect();
            let asked = json!({
                "question": question, "header": "Asked", "multiSelect": false, "options": options,
            });
            Call::json("AskUserQuestion", json!({ "questions": [asked] }))
        }
    }
}
