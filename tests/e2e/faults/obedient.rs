//! A pretended agent that does what the test tells it, step by step: each deed is a line of Python.

use std::fs;

use super::{Bench, Wishes, wait};

/// What it was given and has not taken up stands in `held`, its words in the file `heard`, the answers to
/// what it asked in the file `answers`.
pub(super) const SCRIPT: &str = r#"
import threading

ABORTED = {"is_error": True, "terminal_reason": "aborted_streaming"}
held, tunes, deaf = [], [], False

def refuse(line):
    say(type="control_response", response={
        "subtype": "error", "request_id": line["request_id"], "error": "not that"})

def may_i(name, command="touch it"):
    say(type="control_request", request_id=name, request={"subtype": "can_use_tool",
        "tool_name": "Bash", "input": {"command": command}, "tool_use_id": "call-" + name,
        "cwd": os.getcwd()})

def gate(name, command="touch it"):
    say(type="control_request", request_id="gate-" + name, request={"subtype": "hook_callback",
        "callback_id": "gate", "input": {"tool_name": "Bash", "tool_input": {"command": command},
        "tool_use_id": "call-" + name, "cwd": os.getcwd()}})

def withdraw(name):
    say(type="control_cancel_request", request_id=name)

def begins(name):
    say(type="assistant", parent_tool_use_id=None, message={"id": name, "content": [
        {"type": "tool_use", "id": "call-" + name, "name": "Bash", "input": {}}]})

def obey():
    while True:
        if os.path.exists("do"):
            with open("do") as file:
                deed = file.read()
            os.remove("do")
            exec(deed, globals())
        time.sleep(0.005)

def note(file, text):
    with open(file, "a") as notes:
        notes.write(text + "\n")

threading.Thread(target=obey, daemon=True).start()
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "interrupt":
        note("heard", "interrupt")
        if not deaf:
            end(**ABORTED)
    elif line["type"] == "control_request":
        tunes.append(line)
        note("heard", kind(line))
    elif kind(line) == "control_response":
        note("answers", json.dumps(line["response"]))
    elif kind(line) == "user":
        held.append(line)
        note("heard", text(line).replace("\n", " "))
"#;

/// It takes up what it has held longest.
pub(super) const TAKE: &str = "take(held.pop(0))";

pub(super) fn obedient() -> Wishes {
    Wishes {
        script: SCRIPT,
        ..Wishes::default()
    }
}

impl Bench {
    /// Has the agent do something.
    pub(super) async fn does(&self, deed: &str) {
        self.is_to_do(deed);
        let file = self.home.path().join("do");
        wait("the agent obeys", async || !file.exists()).await;
    }

    /// Has the agent do something, if it still lives.
    pub(super) fn is_to_do(&self, deed: &str) {
        let new = self.home.path().join("do.new");
        fs::write(&new, deed).unwrap();
        fs::rename(&new, self.home.path().join("do")).unwrap();
    }

    /// Waits until the agent has been given so many messages and interrupts in all.
    pub(super) async fn until_heard(&self, lines: usize) {
        wait("the agent is told", async || self.heard().len() == lines).await;
    }

    /// What the agent was given, a line each.
    pub(super) fn heard(&self) -> Vec<String> {
        let heard = fs::read_to_string(self.home.path().join("heard")).unwrap_or_default();
        // The last may be half written.
        let whole = heard.split_inclusive('\n');
        whole
            .filter_map(|line| Some(line.strip_suffix('\n')?.to_owned()))
            .collect()
    }
}
