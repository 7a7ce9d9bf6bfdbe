//! Whether a command would leave the sandbox, as the thread's own record tells.
//!
//! Codex does not say so when it asks: a command that wants to run outside is told from another only by a reason
//! that its model may leave out (seen with 0.169). What the model has called stands in the record before Codex
//! asks.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
    time::Duration,
};

use serde_json::Value;

use super::super::outcome::refusal;

/// How much of the end of a record is read at first, in bytes. Whoever asks has written its call just before.
const END: u64 = 256 << 10;

/// How much of it is read at last, in bytes: what stands before that counts as not there.
const MOST: u64 = 64 << 20;

/// How often the record is read before it is taken to say nothing, and the pause in between.
const LOOKS: u32 = 25;
const PAUSE: Duration = Duration::from_millis(20);

/// Whether the call may leave the sandbox: also if nothing tells that it stays in it.
pub(super) async fn leaves_sandbox(record: &Path, call: &str) -> bool {
    for _ in 0..LOOKS {
        match look(record, call, END).await {
            Ok(Found::Call { leaves }) => return leaves,
            Ok(Found::Nothing | Found::Earlier) => {}
            Err(_) => return true,
        }
        tokio::time::sleep(PAUSE).await;
    }
    match look(record, call, MOST).await {
        Ok(Found::Call { leaves }) => leaves,
        Ok(Found::Nothing | Found::Earlier) | Err(_) => true,
    }
}

/// A command that has failed and of whose end nothing else is told, by its call; with what the system said to it, if that
/// is what a sandbox makes it say.
pub(super) type Failed = (String, Option<&'static str>);

/// How much of the end of a record is read for commands that have failed, in bytes: much more than a turn writes, and
/// little enough to be read at each message of a model.
const LATELY: u64 = 1 << 20;

/// Which of these commands have failed, as the record tells: Codex tells of no end of one that its sandbox stops at once
/// (seen with 0.169).
pub(super) async fn failed(record: &Path, calls: Vec<String>) -> Vec<Failed> {
    let record = record.to_owned();
    let looking = tokio::task::spawn_blocking(move || -> io::Result<Vec<Failed>> {
        let mut file = File::open(record)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LATELY)))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(failures(&text, &calls))
    });
    // What nobody can read tells nothing.
    looking.await.ok().and_then(Result::ok).unwrap_or_default()
}

/// Those of the commands that have failed, as these lines tell. A name may have been another call's before: what counts
/// is what comes after it was called last.
fn failures(text: &[u8], calls: &[String]) -> Vec<Failed> {
    let mut failures: Vec<Failed> = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let Some(item) = item_of(line, calls) else {
            continue;
        };
        let call = item["call_id"].as_str().unwrap_or_default();
        failures.retain(|(other, _)| other != call);
        if item["type"] == "function_call_output" {
            failures.extend(failure(call, &item));
        }
    }
    failures
}

/// What a line of the record tells of one of these commands.
fn item_of(line: &[u8], calls: &[String]) -> Option<Value> {
    let text = std::str::from_utf8(line).ok()?;
    if !calls.iter().any(|call| text.contains(call.as_str())) {
        return None;
    }
    let mut line: Value = serde_json::from_str(text).ok()?;
    let item = line["payload"].take();
    let call = item["call_id"].as_str()?;
    calls.iter().any(|one| one == call).then_some(item)
}

fn failure(call: &str, item: &Value) -> Option<Failed> {
    let output = item["output"].as_str()?;
    // What the command itself has written comes behind this.
    let head = output.split("\nOutput:\n").next()?;
    let (_, code) = head.split_once("Process exited with code ")?;
    let has_failed = code.lines().next() != Some("0");
    has_failed.then(|| (call.to_owned(), refusal(output)))
}

/// What a record says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// One of the same name that has its result: it is not this one.
    Earlier,
    Call {
        leaves: bool,
    },
}

/// Looks at so many bytes of the end of the record. Others do not wait for the disk.
async fn look(record: &Path, call: &str, bytes: u64) -> io::Result<Found> {
    let (record, call) = (record.to_owned(), call.to_owned());
    let looking = tokio::task::spawn_blocking(move || {
        let mut file = File::open(record)?;
        let length = file.metadata()?.len();
        found_behind(&mut file, length.saturating_sub(bytes), &call)
    });
    looking.await?
}

fn found_behind(file: &mut File, from: u64, call: &str) -> io::Result<Found> {
    file.seek(SeekFrom::Start(from))?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let lines = text.split(|byte| *byte == b'\n');
    let found = lines.rev().find_map(|line| of_line(line, call));
    Ok(found.unwrap_or(Found::Nothing))
}

/// What a line of the record says of the call, if it is about it.
fn of_line(line: &[u8], call: &str) -> Option<Found> {
    if !line
        .windows(call.len().max(1))
        .any(|part| part == call.as_bytes())
    {
        return None;
    }
    let line: Value = serde_json::from_slice(line).ok()?;
    let item = &line["payload"];
    if line["type"] != "response_item" || item["call_id"] != call {
        return None;
    }
    let leaves = match item["type"].as_str()? {
        "function_call" => asks_for_more(item["arguments"].as_str()?),
        // A patch has no such wish; it is asked about with its own words.
        "custom_tool_call" => item["name"] != "apply_patch",
        "local_shell_call" => true,
        other if other.ends_with("_output") => return Some(Found::Earlier),
        _ => return None,
    };
    Some(Found::Call { leaves })
}

/// Whether a call's arguments ask for more than the sandbox gives.
fn asks_for_more(arguments: &str) -> bool {
    let Ok(arguments) = serde_json::from_str::<Value>(arguments) else {
        return true;
    };
    let permissions = &arguments["sandbox_permissions"];
    let plain = permissions.is_null() || permissions == "use_default";
    !plain || !arguments["additional_permissions"].is_null()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(items: &[Value]) -> tempfile::NamedTempFile {
        use std::io::Write as _;
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        for item in items {
            writeln!(
                file,
                "{}",
                json!({"type": "response_item", "payload": item})
            )
            .expect("a line");
        }
        file
    }

    fn call(id: &str, arguments: &Value) -> Value {
        json!({"type": "function_call", "name": "exec_command", "call_id": id,
            "arguments": arguments.to_string()})
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_leaves_the_sandbox_if_it_says_so_or_if_nothing_is_known() {
        let items = [
            call("plain", &json!({"cmd": "ls"})),
            call("default", &json!({"sandbox_permissions": "use_default"})),
            call(
                "out",
                &json!({"cmd": "ls", "sandbox_permissions": "require_escalated"}),
            ),
            call("more", &json!({"additional_permissions": {"network": {}}})),
            json!({"type": "custom_tool_call", "name": "apply_patch", "call_id": "patch"}),
            json!({"type": "custom_tool_call", "name": "exec", "call_id": "script"}),
            json!({"type": "function_call_output", "call_id": "plain2"}),
            // Services may count their calls from 0 in every turn.
            call("again", &json!({"cmd": "ls"})),
            json!({"type": "function_call_output", "call_id": "again"}),
        ];
        let file = record(&items);
        for (id, leaves) in [
            ("plain", false),
            ("default", false),
            ("out", true),
            ("more", true),
            ("patch", false),
            ("script", true),
            ("plain2", true),
            ("again", true),
            ("nobody", true),
        ] {
            assert_eq!(leaves_sandbox(file.path(), id).await, leaves, "{id}");
        }
        assert!(leaves_sandbox(Path::new("/nowhere/at/all"), "plain").await);
    }

    #[tokio::test]
    async fn a_command_has_failed_if_its_output_says_so() {
        let output = |id: &str, text: &str| json!({"type": "function_call_output", "call_id": id, "output": text});
        let items = [
            output(
                "shut",
                "Process exited with code 1\nOutput:\ncat: x: Permission denied\n",
            ),
            output("odd", "Process exited with code 127\nOutput:\n"),
            output(
                "fine",
                "Process exited with code 0\nOutput:\nPermission denied\n",
            ),
            output("runs", "Process running with session ID 7\nOutput:\n"),
            output("other", "Process exited with code 1\n"),
            output(
                "forged",
                "Process running with session ID 7\nOutput:\nProcess exited with code 1\nPermission denied\n",
            ),
            // Another call had that name before.
            output("again", "Process exited with code 1\nOutput:\n"),
            call("again", &json!({"cmd": "ls"})),
        ];
        let file = record(&items);
        let calls = ["shut", "odd", "fine", "runs", "gone", "forged", "again"].map(str::to_owned);
        let found = failed(file.path(), calls.to_vec()).await;
        let expected = [
            ("shut".to_owned(), Some("Permission denied")),
            ("odd".to_owned(), None),
        ];
        assert_eq!(found, expected);
        assert_eq!(
            failed(Path::new("/nowhere/at/all"), calls.to_vec()).await,
            []
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_far_from_the_end_is_found_too() {
        let mut items = vec![call("early", &json!({"cmd": "ls"}))];
        let long = "x".repeat(1 << 10);
        items.extend((0..600).map(|n| json!({"type": "message", "id": n, "text": long})));
        let file = record(&items);
        assert!(!leaves_sandbox(file.path(), "early").await);
    }
}
