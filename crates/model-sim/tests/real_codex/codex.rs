//! Codex as the tests start it: a home of its own, settings that know nothing but the simulator, one thread.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use model_sim::{ModelSim, RequestRecord};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::app_server::AppServer;

/// Knows no tools but those that it calls by name. The default model of 0.169 runs JavaScript instead (`exec`).
pub(crate) const PLAIN_MODEL: &str = "gpt-5.5";
/// The default model of 0.169.
pub(crate) const DEFAULT_MODEL: &str = "gpt-6.1-sol";

/// What no setting may reach: plug-ins, updates, statistics.
const OFFLINE: &str = r#"
check_for_update_on_startup = false
cli_auth_credentials_store = "file"
web_search = "disabled"
"#;
const FEATURES: &str = "
[features]
apps = false
plugins = false
remote_plugin = false
[analytics]
enabled = false
";

/// How Codex says who it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Login {
    /// An API key in the environment, for a provider of its own.
    Key,
    /// An API key in `auth.json`, for the provider that Codex brings.
    StoredKey,
    /// A `ChatGPT` login in `auth.json`.
    ChatGpt,
}

/// A Codex with one thread.
pub(crate) struct Codex {
    pub(crate) server: AppServer,
    pub(crate) thread: String,
    pub(crate) work: PathBuf,
    _home: TempDir,
}

/// The end of a turn.
pub(crate) struct Turn {
    /// `completed`, `failed`, `interrupted`.
    pub(crate) status: String,
    /// The text of the last message of the agent.
    pub(crate) text: String,
    /// What it failed of.
    pub(crate) error: Value,
    /// All that came in it.
    pub(crate) messages: Vec<Value>,
}

impl Codex {
    pub(crate) async fn start(sim: &ModelSim, login: Login) -> Self {
        Self::start_with(sim, login, PLAIN_MODEL).await
    }

    pub(crate) async fn start_with(sim: &ModelSim, login: Login, model: &str) -> Self {
        let home = tempfile::tempdir().expect("a temporary directory");
        let (codex_home, work) = (home.path().join("codex"), home.path().join("work"));
        std::fs::create_dir(&codex_home).expect("a directory");
        std::fs::create_dir(&work).expect("a directory");
        std::fs::write(codex_home.join("config.toml"), settings(sim, login, model))
            .expect("a file");
        if let Some(credentials) = credentials(login) {
            std::fs::write(codex_home.join("auth.json"), credentials.to_string()).expect("a file");
        }
        let mut command = Command::new(codex_binary().await);
        command
            .current_dir(&work)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("CODEX_HOME", &codex_home)
            .env("SIM_KEY", "dummy")
            // Where a login is refreshed that was refused; the real place otherwise.
            .env(
                "CODEX_REFRESH_TOKEN_URL_OVERRIDE",
                format!("{}/oauth/token", sim.base_url()),
            );
        let mut server = AppServer::start(command, &codex_home).await;
        // Whether a machine can have a sandbox is not what these tests are about; `untrusted` asks all the same.
        let begun = server
            .call(
                "thread/start",
                json!({ "cwd": work, "approvalPolicy": "untrusted", "sandbox": "danger-full-access" }),
            )
            .await
            .expect("a thread");
        let thread = begun["thread"]["id"].as_str().expect("an id").to_owned();
        Self {
            server,
            thread,
            work,
            _home: home,
        }
    }

    /// Begins a turn.
    pub(crate) async fn say(&mut self, text: &str) {
        let input = json!([{ "type": "text", "text": text, "text_elements": [] }]);
        self.server
            .call(
                "turn/start",
                json!({ "threadId": self.thread, "input": input }),
            )
            .await
            .expect("a turn");
    }

    /// Waits for the end of the turn.
    pub(crate) async fn end(&mut self) -> Turn {
        let messages = self.server.up_to("turn/completed").await;
        let turn = messages
            .last()
            .map(|message| message["params"]["turn"].clone())
            .unwrap_or_default();
        let text = turn["items"][0]["text"].as_str().unwrap_or_default();
        Turn {
            status: turn["status"].as_str().unwrap_or_default().to_owned(),
            text: text.to_owned(),
            error: turn["error"].clone(),
            messages,
        }
    }

    /// A turn from its beginning to its end.
    pub(crate) async fn turn(&mut self, text: &str) -> Turn {
        self.say(text).await;
        self.end().await
    }
}

impl Turn {
    /// The `params` of all notifications of this method.
    pub(crate) fn heard(&self, method: &str) -> Vec<&Value> {
        self.messages
            .iter()
            .filter(|message| message["method"] == method)
            .map(|message| &message["params"])
            .collect()
    }

    /// The items of this type, as they were when they were complete.
    pub(crate) fn items(&self, kind: &str) -> Vec<&Value> {
        self.heard("item/completed")
            .into_iter()
            .map(|params| &params["item"])
            .filter(|item| item["type"] == kind)
            .collect()
    }

    /// All pieces of text joined, and how many there were.
    pub(crate) fn deltas(&self, method: &str) -> (String, usize) {
        let pieces: Vec<&str> = self
            .heard(method)
            .into_iter()
            .filter_map(|params| params["delta"].as_str())
            .collect();
        (pieces.concat(), pieces.len())
    }
}

/// The requests to the model.
pub(crate) fn model_requests(sim: &ModelSim) -> Vec<RequestRecord> {
    sim.requests()
        .into_iter()
        .filter(|request| request.path.ends_with("/responses"))
        .collect()
}

/// The pinned CLI, installed when it is missing.
async fn codex_binary() -> PathBuf {
    let install = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/agent-clis/install");
    let done = Command::new(&install)
        .arg("codex")
        .stderr(Stdio::piped())
        .output()
        .await;
    let done = done.unwrap_or_else(|error| panic!("{} cannot be run: {error}", install.display()));
    assert!(
        done.status.success(),
        "Codex cannot be had, and this test is about nothing else. Please run `tests/agent-clis/install codex`. It says:\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let path = String::from_utf8(done.stdout).expect("a path in UTF-8");
    PathBuf::from(path.trim_end())
}

fn settings(sim: &ModelSim, login: Login, model: &str) -> String {
    let url = sim.base_url();
    let addresses = match login {
        Login::Key => provider("", &url, "/v1", "env_key = \"SIM_KEY\""),
        Login::StoredKey => format!("openai_base_url = \"{url}/v1\"\n"),
        Login::ChatGpt => provider(
            &format!("chatgpt_base_url = \"{url}/backend-api\""),
            &url,
            "/backend-api/codex",
            "requires_openai_auth = true",
        ),
    };
    format!("{OFFLINE}model = \"{model}\"\n{addresses}{FEATURES}")
}

fn provider(before: &str, url: &str, path: &str, login: &str) -> String {
    format!(
        "{before}\nmodel_provider = \"sim\"\n[model_providers.sim]\nname = \"sim\"\nwire_api = \"responses\"\n\
         base_url = \"{url}{path}\"\n{login}\nrequest_max_retries = 1\nstream_max_retries = 1\n"
    )
}

/// What stands in `auth.json`, if there is one.
fn credentials(login: Login) -> Option<Value> {
    match login {
        Login::Key => None,
        Login::StoredKey => {
            Some(json!({ "auth_mode": "apikey", "OPENAI_API_KEY": "stored-dummy" }))
        }
        Login::ChatGpt => Some(chatgpt()),
    }
}

/// A login that holds until 2033. Nobody checks its signature, so there is none to speak of; in base64url, of
/// `{"alg":"none"}` and of a person of the account `account-simulated` with the plan `plus`.
fn chatgpt() -> Value {
    const TOKEN: &str = concat!(
        "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6InNpbXVsYXRlZEBleGFtcGxlLmludmFsaWQiLCJleHAiOjIwMDAwMDAwMDAsImh0dHBz",
        "Oi8vYXBpLm9wZW5haS5jb20vYXV0aCI6eyJjaGF0Z3B0X2FjY291bnRfaWQiOiJhY2NvdW50LXNpbXVsYXRlZCIsImNoYXRncHRf",
        "dXNlcl9pZCI6InVzZXItc2ltdWxhdGVkIiwiY2hhdGdwdF9wbGFuX3R5cGUiOiJwbHVzIn19.c2ln",
    );
    json!({
        "auth_mode": "chatgpt",
        "OPENAI_API_KEY": null,
        "tokens": {
            "id_token": TOKEN, "access_token": TOKEN, "refresh_token": "dummy", "account_id": "account-simulated",
        },
        "last_refresh": "2026-11-22T00:00:00Z",
    })
}
