//! Pretended agents: Python scripts that speak as much of the agent program's protocol as a test
//! needs, or break it.

use std::{
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// What every script can use.
///
/// - `say(…)` writes a line, `lines()` reads them
/// - `kind(line)` is `initialize`, `interrupt`, `user` or something else
/// - `welcome(line)` answers the handshake, `take(line)` acknowledges a prompt, `answer(line, text)`
///   also answers it
const SPEECH: &str = r#"#!/usr/bin/env python3
import json, os, signal, subprocess, sys, time

def say(**line):
    print(json.dumps(line), flush=True)

def lines():
    for line in sys.stdin:
        yield json.loads(line)

def kind(line):
    if line["type"] == "control_request":
        return line["request"]["subtype"]
    return line["type"]

def text(line):
    return line["message"]["content"]

def welcome(line):
    say(type="control_response", response={
        "subtype": "success", "request_id": line["request_id"], "response": {}})

def take(line):
    say(type="user", isReplay=True, uuid=line["uuid"], message=line["message"])

def end(**what):
    say(type="result", **{"subtype": "success", "is_error": False, "duration_ms": 1,
        "usage": {"input_tokens": 1, "output_tokens": 1}, "total_cost_usd": 0, **what})

def answer(line, text):
    take(line)
    end(result=text)
"#;

/// Whether pretended agents can run, with programs from these directories; otherwise what to do.
pub(crate) fn python(path: &OsStr) -> Result<(), &'static str> {
    let tried = std::env::split_paths(path).any(|directory| {
        let mut python = Command::new(directory.join("python3"));
        let ended = python.args(["-c", "pass"]).stderr(Stdio::null()).status();
        ended.is_ok_and(|status| status.success())
    });
    tried.then_some(()).ok_or(
        "pretended agents are Python scripts, and there is no working python3 in PATH. Please install \
         Python 3 and run this again.",
    )
}

/// Writes a pretended agent into a directory.
pub(crate) fn write(home: &Path, script: &str) -> PathBuf {
    static MADE_SURE: OnceLock<()> = OnceLock::new();
    MADE_SURE.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        python(&path).unwrap_or_else(|sentence| panic!("{sentence}"));
    });
    let path = home.join("agent");
    fs::write(&path, format!("{SPEECH}\n{script}")).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    path
}
