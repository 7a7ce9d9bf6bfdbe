//! The program, as a script starts it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

#[tokio::test]
async fn the_program_prints_its_address_and_serves_there() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_model-sim"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    let stdout = program.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let url = line
        .trim_end()
        .strip_prefix("LISTENING ")
        .expect("the address")
        .to_owned();
    let hello = reqwest::get(url)
        .await
        .and_then(reqwest::Response::error_for_status);
    let hello = hello.expect("an answer").json::<Value>().await;
    program.kill().expect("it runs until it is killed");
    program.wait().expect("it ends");
    assert_eq!(hello.expect("JSON"), json!({ "ok": true }));
}

#[test]
fn a_log_that_cannot_be_written_stops_the_program_with_a_reason() {
    let output = Command::new(env!("CARGO_BIN_EXE_model-sim"))
        .args(["--log", "/no/such/folder/log"])
        .output()
        .expect("the program starts");
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("cannot write /no/such/folder/log"),
        "{error}"
    );
}
