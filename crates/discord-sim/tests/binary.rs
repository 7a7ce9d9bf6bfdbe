//! The program, as a script starts it.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The program, which ends with the test.
struct Program {
    child: Child,
    url: String,
    /// What it says of what is there.
    ids: Value,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_discord-sim"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut line = || lines.next().expect("a line").expect("text");
        let first = line();
        let url = first.strip_prefix("LISTENING ").expect("the address");
        Self {
            url: url.to_owned(),
            ids: serde_json::from_str(&line()).expect("JSON"),
            child,
        }
    }

    async fn asked(&self, path: &str, token: &str) -> (u16, Value) {
        let request = reqwest::Client::new().get(format!("{}/api/v10{path}", self.url));
        let answer = request.header("Authorization", format!("Bot {token}"));
        let answer = answer.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.expect("JSON"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_program_says_what_is_there_and_serves_it_to_who_has_the_token() {
    let program = Program::start(&["--token", "a-token", "--guild", "77"]);
    assert_eq!(
        (&program.ids["guild"], &program.ids["tls"]),
        (&"77".into(), &Value::Null)
    );
    let (status, me) = program.asked("/users/@me", "a-token").await;
    assert_eq!((status, &me["id"]), (200, &program.ids["bot"]));
    let general = program.ids["channels"]["general"].as_str().expect("an id");
    let (_, channel) = program
        .asked(&format!("/channels/{general}"), "a-token")
        .await;
    assert_eq!(
        (&channel["name"], &channel["guild_id"]),
        (&"general".into(), &"77".into())
    );
    assert_eq!(program.asked("/users/@me", "another").await.0, 401);
}

#[test]
fn the_program_writes_the_authority_that_its_clients_have_to_trust() {
    let directory = std::env::temp_dir().join(format!("discord-sim-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let file = directory.join("ca.pem");
    let program = Program::start(&["--tls-ca", file.to_str().expect("text")]);
    let authority = std::fs::read_to_string(&file).expect("it is written");
    std::fs::remove_dir_all(&directory).expect("it is there");
    assert!(
        authority.starts_with("-----BEGIN CERTIFICATE-----"),
        "{authority}"
    );
    assert!(program.ids["tls"].is_string(), "{}", program.ids);
}

#[test]
fn an_authority_that_cannot_be_written_stops_the_program_with_a_reason() {
    let output = Command::new(env!("CARGO_BIN_EXE_discord-sim"))
        .args(["--tls-ca", "/no/such/folder/ca.pem"])
        .output()
        .expect("the program starts");
    assert!(!output.status.success());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("cannot write /no/such/folder/ca.pem"),
        "{error}"
    );
}
