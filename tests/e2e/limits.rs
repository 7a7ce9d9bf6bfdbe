//! The account of the agent in trouble: its limits, its login, its service.

mod joined;
mod login;
mod parked;
mod service;
mod slots;
mod untold;
mod warning;

use std::{fs, path::Path, time::Duration};

use baton::clock::{Clock, Millis};
use serde_json::json;

use crate::stage::{Program, Settings, Stage};

/// A stage whose agents log in as people do, and reach nothing but loopback.
fn by_login() -> Settings {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Settings {
        env: vec![
            set("ANTHROPIC_API_KEY", ""),
            set("HTTPS_PROXY", "http://127.0.0.1:9"),
            set("NO_PROXY", "127.0.0.1"),
        ],
        ..Settings::default()
    }
}

/// Logs the agents in with this token, which holds for a year. Without one that renews it: nobody is there who could.
fn log_in(stage: &Stage, token: &str) {
    log_in_at(&stage.home().join("claude"), token);
}

/// The same for the account of this directory.
fn log_in_at(directory: &Path, token: &str) {
    fs::create_dir_all(directory).unwrap();
    let login = json!({"claudeAiOauth": {
        "accessToken": token,
        "expiresAt": Clock::system().now().after(Duration::from_hours(365 * 24)).get(),
        "scopes": ["user:inference", "user:profile"],
        "subscriptionType": "max",
    }});
    // At once: a live process reads it whenever it likes.
    let new = directory.join("new");
    fs::write(&new, login.to_string()).unwrap();
    fs::rename(new, directory.join(".credentials.json")).unwrap();
}

/// A whole second, as services tell times.
fn in_an_hour() -> Millis {
    let at = Clock::system().now().after(Duration::from_hours(1));
    Millis::new(at.get() / 1_000 * 1_000)
}

/// A stage whose agents' account has a limit.
async fn subscribed(program: Program) -> Stage {
    match program {
        Program::Claude => {
            let stage = Stage::with(by_login()).await;
            log_in(&stage, "good");
            stage
        }
        // Its service tells of limits whatever the login is.
        Program::Codex => Stage::of(program).await,
    }
}

/// How many requests the model got whose newest text of a person has this in it.
fn asked(stage: &Stage, text: &str) -> usize {
    let has = |said: &String| said.contains(text);
    let requests = stage.model.requests();
    requests
        .iter()
        .filter(|one| one.user_text.as_ref().is_some_and(has))
        .count()
}
