//! A service of logins, a directory with one of them, and Claude Code as a process that knows no other service.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use baton::clock::{Clock, Millis};
use model_sim::{ModelSim, OauthSim, Rules, Service, Tokens};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{Settings, Stage, claude, processes::PATIENCE};

/// A service with a model behind it, and a directory for programs that log in there.
pub(crate) struct Logins {
    pub(crate) oauth: OauthSim,
    /// Where the model is.
    model: String,
    home: PathBuf,
}

impl Stage {
    /// A stage on which Baton does not run yet. It looks after the login in Claude Code's directory, as often as it can
    /// be told to, and nobody is logged in.
    pub(crate) async fn with_logins(rules: Rules, settings: Settings) -> (Self, Logins) {
        let mut stage = Self::dark(settings).await;
        let logins = Logins::below(stage.home(), &stage.model, rules);
        for (name, value) in logins.env() {
            stage.set_env(&name, &value);
        }
        let url = logins.oauth.token_url(Service::Claude);
        for (name, value) in [
            // A key in the environment would be the login.
            ("ANTHROPIC_API_KEY", ""),
            ("BATON_CREDENTIALS__CLAUDE_TOKEN_URL", &url),
            ("BATON_CREDENTIALS__CLAUDE_RENEWAL", "direct"),
            ("BATON_CREDENTIALS__TICK", "1s"),
        ] {
            stage.set_env(name, value);
        }
        (stage, logins)
    }
}

/// The same without Baton.
pub(crate) struct Alone {
    pub(crate) logins: Logins,
    pub(crate) model: ModelSim,
    _home: TempDir,
}

impl Alone {
    pub(crate) async fn open(rules: Rules) -> Self {
        let model = ModelSim::start().await.unwrap();
        let home = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
        Self {
            logins: Logins::below(home.path(), &model, rules),
            model,
            _home: home,
        }
    }
}

/// What stands in a file of Claude Code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) expires_at: Millis,
}

impl Logins {
    /// A service whose access tokens alone this model takes, and what belongs to it in this directory.
    pub(crate) fn below(home: &Path, model: &ModelSim, rules: Rules) -> Self {
        let oauth = OauthSim::start(model, rules).unwrap();
        model.accept_logins_of(&oauth);
        fs::create_dir_all(home.join("claude")).unwrap();
        fs::write(home.join("ca.pem"), oauth.ca_pem()).unwrap();
        Self {
            oauth,
            model: model.base_url(),
            home: home.to_owned(),
        }
    }

    /// Where Claude Code keeps its login.
    pub(crate) fn directory(&self) -> PathBuf {
        self.home.join("claude")
    }

    /// Logs Claude Code in, as its own login does.
    pub(crate) fn log_in(&self) -> Tokens {
        self.log_in_at(&self.directory())
    }

    /// The same where its directory is seen at another place.
    pub(crate) fn log_in_at(&self, directory: &Path) -> Tokens {
        let tokens = self.oauth.login(Service::Claude);
        keep(directory, &tokens);
        tokens
    }

    /// The login that Claude Code finds.
    pub(crate) fn stored(&self) -> Stored {
        stored(&self.directory())
    }

    /// What leads a program to this service and to its model, and to nothing else.
    pub(crate) fn env(&self) -> Vec<(String, String)> {
        let set = |name: &str, value: String| (name.to_owned(), value);
        let authority = self.home.join("ca.pem");
        vec![
            set("ANTHROPIC_BASE_URL", self.model.clone()),
            set("HTTPS_PROXY", self.oauth.base_url()),
            set("NO_PROXY", "127.0.0.1".to_owned()),
            set("NODE_EXTRA_CA_CERTS", authority.display().to_string()),
        ]
    }

    /// Starts Claude Code in a conversation of its own.
    pub(crate) fn claude(&self) -> Claude {
        let home = &self.home;
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(home.join("claude.log"))
            .unwrap();
        let mut child = Command::new(claude())
            .args(["-p", "--verbose"])
            .args(["--input-format", "stream-json"])
            .args(["--output-format", "stream-json"])
            .current_dir(home)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", home)
            .env("CLAUDE_CONFIG_DIR", self.directory())
            .env("CLAUDE_CODE_TMPDIR", home)
            .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .env("CLAUDE_CODE_MAX_RETRIES", "4")
            .env("DISABLE_AUTOUPDATER", "1")
            .envs(self.env())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Claude {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            _child: child,
        }
    }
}

/// Claude Code as a process that goes on from turn to turn. Dropping it ends it.
pub(crate) struct Claude {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Claude {
    /// Says something to it, and returns how its turn has ended.
    pub(crate) async fn turn(&mut self, text: &str) -> Value {
        let said = json!({ "type": "user", "message": { "role": "user", "content": text } });
        self.input
            .write_all(format!("{said}\n").as_bytes())
            .await
            .unwrap();
        let ends = async {
            loop {
                let line = self.output.next_line().await.unwrap();
                let line = line.expect("Claude Code has ended in the middle of a turn");
                let message: Value = serde_json::from_str(&line).unwrap();
                if message["type"] == "result" {
                    return message;
                }
            }
        };
        let ended = tokio::time::timeout(PATIENCE, ends).await;
        ended.unwrap_or_else(|_| panic!("the turn {text:?} did not end within {PATIENCE:?}"))
    }

    /// The same for a turn that the model answers with this, after it has thought about it for so many seconds.
    pub(crate) async fn answered(&mut self, text: &str, thinks: f64) {
        let said = format!("STUB:{}", json!({ "text": text, "stall": thinks }));
        let result = self.turn(&said).await;
        assert_eq!(result["is_error"], json!(false), "{result}");
        assert_eq!(result["api_error_status"], Value::Null, "{result}");
        assert_eq!(result["result"], json!(text), "{result}");
    }
}

/// Puts a login where Claude Code finds it, at once: a live process reads it whenever it likes.
fn keep(directory: &Path, tokens: &Tokens) {
    let lives = tokens.expires_in;
    let login = json!({
        "claudeAiOauth": {
            "accessToken": tokens.access,
            "refreshToken": tokens.refresh,
            "expiresAt": Clock::system().now().after(lives).get(),
            "scopes": ["user:inference", "user:profile"],
            "subscriptionType": "max",
        },
        "mcpOAuth": { "kept": { "accessToken": "of another service" } },
    });
    let new = directory.join("new");
    fs::write(&new, login.to_string()).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(new, directory.join(".credentials.json")).unwrap();
}

/// The login in a directory of Claude Code.
pub(crate) fn stored(directory: &Path) -> Stored {
    let file = fs::read_to_string(directory.join(".credentials.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    // What belongs to others has to survive whoever writes the file.
    assert_eq!(
        file["mcpOAuth"]["kept"]["accessToken"],
        "of another service"
    );
    let login = &file["claudeAiOauth"];
    let text = |name: &str| login[name].as_str().unwrap().to_owned();
    Stored {
        access: text("accessToken"),
        refresh: text("refreshToken"),
        expires_at: Millis::new(login["expiresAt"].as_i64().unwrap()),
    }
}
