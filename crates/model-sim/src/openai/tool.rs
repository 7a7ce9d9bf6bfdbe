//! The tools of Codex.

use serde_json::{Value, json};

use crate::script::{Call, Deed, Input};

/// After how many milliseconds a command that has not ended is left to itself: the most that Codex allows.
const LONGEST: u32 = 30_000;

/// The call by which Codex does it.
pub(super) fn of(deed: &Deed) -> Call {
    match deed {
        Deed::Run(command) => run(command),
        // It has no tool for that.
        Deed::Read(file) => run(&format!("cat '{}'", file.replace('\'', r"'\''"))),
        Deed::Write { file, text } => Call {
            name: "apply_patch".to_owned(),
            namespace: None,
            input: Input::Text(patch(file, text)),
        },
        Deed::Ask { question, options } => {
            let options: Vec<Value> = options
                .iter()
                .map(|(label, meaning)| json!({ "label": label, "description": meaning }))
                .collect();
            let asked = json!({
                "id": "asked", "header": "Asked", "question": question, "options": options,
            });
            Call::json("request_user_input", json!({ "questions": [asked] }))
        }
    }
}

fn run(command: &str) -> Call {
    Call::json(
        "exec_command",
        json!({ "cmd": command, "yield_time_ms": LONGEST }),
    )
}

/// A patch that writes a file.
fn patch(file: &str, text: &str) -> String {
    let mut patch = format!("*** Begin Patch\n*** Add File: {file}\n");
    for line in text.split('\n') {
        patch.push('+');
        patch.push_str(line);
        patch.push('\n');
    }
    patch.push_str("*** End Patch");
    patch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_by_its_name_whatever_stands_in_it() {
        let call = of(&Deed::Read("it's".to_owned()));
        assert_eq!(call, run(r"cat 'it'\''s'"));
    }

    #[test]
    fn a_file_is_written_line_by_line() {
        let call = of(&Deed::Write {
            file: "made".to_owned(),
            text: "one\n\ntwo".to_owned(),
        });
        let patch = "*** Begin Patch\n*** Add File: made\n+one\n+\n+two\n*** End Patch";
        assert_eq!(call.input, Input::Text(patch.to_owned()));
    }
}
