//! Tool calls that are decided on, the rules and grants that decide, and an agent that makes them.

use std::{fmt::Write as _, path::Path};

use baton::runtime::{Ask, AskKind};
use serde_json::{Value, json};

/// Rules as of a project with a few habits.
pub struct Lists {
    pub denied: &'static [&'static str],
    pub asked: &'static [&'static str],
    pub member: &'static [&'static str],
}

pub const LISTS: Lists = Lists {
    denied: &[
        "Bash(sudo:*)",
        "Bash(git push --force:*)",
        "Edit(deploy/**)",
    ],
    asked: &["Bash(git push:*)", "Bash(cargo publish:*)"],
    member: &[
        "Read",
        "Grep",
        "Glob",
        "Edit",
        "Bash(ls:*)",
        "Bash(git status:*)",
        "Bash(git diff:*)",
        "Bash(git log:*)",
        "Bash(cargo build:*)",
        "Bash(cargo test:*)",
    ],
};

/// How many grants there are where there are any.
const GRANTS: usize = 100;

/// One kind of call.
pub struct Call {
    pub what: &'static str,
    pub expected: Expected,
    has_grants: bool,
    shape: Shape,
}

/// What is decided of it.
pub enum Expected {
    Allow,
    Ask,
}

enum Shape {
    Read,
    Plain,
    Granted,
    /// As many commands as a line may have, all of them of other words.
    Crowded,
    /// As deep as a line may go.
    Nested,
    /// A line that nobody reads.
    Endless,
}

pub const CALLS: &[Call] = &[
    call("Read, by profile", Expected::Allow, false, Shape::Read),
    call(
        "a shell line of three commands, by profile",
        Expected::Allow,
        false,
        Shape::Plain,
    ),
    call(
        "Read, by profile, beside 100 grants",
        Expected::Allow,
        true,
        Shape::Read,
    ),
    call(
        "a shell line, by the last of 100 grants",
        Expected::Allow,
        true,
        Shape::Granted,
    ),
    call(
        "8 KiB of commands, beside 100 grants",
        Expected::Ask,
        true,
        Shape::Crowded,
    ),
    call(
        "8 KiB of substitutions, beside 100 grants",
        Expected::Ask,
        true,
        Shape::Nested,
    ),
    call(
        "a shell line of 256 KiB, beside 100 grants",
        Expected::Ask,
        true,
        Shape::Endless,
    ),
];

const fn call(what: &'static str, expected: Expected, has_grants: bool, shape: Shape) -> Call {
    Call {
        what,
        expected,
        has_grants,
        shape,
    }
}

impl Call {
    /// The call as it is made for the `n`th time.
    pub fn ask(&self, n: usize, project: &Path) -> Ask {
        let line = |command: String| ("Bash", json!({"command": command}));
        let (tool, input) = match self.shape {
            Shape::Read => ("Read", json!({"file_path": project.join("a.txt")})),
            Shape::Plain => line(format!(
                "git status --short && git diff --stat && cargo test -p app case_{n}"
            )),
            Shape::Granted => line(format!("npm run last -- --case {n}")),
            Shape::Crowded => line(crowd(n)),
            Shape::Nested => line(format!("{}{n}", "$(a ".repeat(2_000))),
            Shape::Endless => line(format!("git log {n} {}", "a".repeat(256 << 10))),
        };
        Ask {
            id: format!("ask-{n}"),
            kind: AskKind::Gate,
            call: format!("call-{n}"),
            sub_agent: None,
            tool: tool.into(),
            input,
            directory: Some(project.to_owned()),
            reason: None,
            unconfined: false,
        }
    }

    /// The line that the agent program would write at the gate.
    pub fn line(&self, n: usize, project: &Path) -> String {
        let ask = self.ask(n, project);
        json!({"type": "control_request", "request_id": ask.id, "request": {
            "subtype": "hook_callback", "callback_id": "baton-gate", "tool_use_id": ask.call,
            "input": {
                "hook_event_name": "PreToolUse", "tool_name": ask.tool, "tool_input": ask.input,
                "tool_use_id": ask.call, "cwd": ask.directory,
            },
        }})
        .to_string()
    }
}

fn crowd(n: usize) -> String {
    let mut line = format!("git log {n}");
    for at in 0.. {
        let before = line.len();
        write!(line, "; a{at}").unwrap();
        if line.len() > 8 << 10 {
            line.truncate(before);
            break;
        }
    }
    line
}

/// What was granted before such a call is made: commands, files and very calls. The last one allows
/// what the others do not.
pub fn grants(call: &Call) -> Vec<String> {
    if !call.has_grants {
        return Vec::new();
    }
    let some = (0..GRANTS - 1).map(|n| match n % 4 {
        0 => format!("Edit(//srv/shared/notes-{n}.md)"),
        1 => format!("the same WebFetch {n:064x}"),
        _ => format!("Bash(npm run task-{n} -- --all)"),
    });
    some.chain(["Bash(npm run last:*)".to_owned()]).collect()
}

/// An agent that makes the calls whose lines stand in the file `calls` of its directory, and writes down
/// how many nanoseconds each answer took and what it was.
pub const AGENT: &str = r#"
for line in lines():
    if kind(line) == "initialize":
        welcome(line)
    elif kind(line) == "user":
        take(line)
        took, said = [], []
        for call in open("calls"):
            began = time.perf_counter_ns()
            sys.stdout.write(call)
            sys.stdout.flush()
            reply = sys.stdin.readline()
            took.append(time.perf_counter_ns() - began)
            said.append(json.loads(reply)["response"]["response"]["hookSpecificOutput"]["permissionDecision"])
        open("took", "w").write(json.dumps([took, said]))
        end(result="all calls are made")
"#;

/// What such an agent has written down.
pub fn took(project: &Path, expected: &Expected) -> Vec<u64> {
    let text = std::fs::read(project.join("took")).unwrap();
    let told: Value = serde_json::from_slice(&text).unwrap();
    let word = match expected {
        Expected::Allow => "allow",
        Expected::Ask => "ask",
    };
    let said = told[1].as_array().unwrap();
    assert!(said.iter().all(|one| one == word), "{said:?}");
    let spans = told[0].as_array().unwrap().iter();
    spans.map(|span| span.as_u64().unwrap()).collect()
}
