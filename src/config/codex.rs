//! `[codex]`: the Codex CLI.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use figment::value::Value;
use secrecy::SecretString;
use url::Url;

use super::{
    api_base::is_loopback,
    environment::Environment,
    pass_env,
    problem::Complaint,
    program::way_to,
    section::{Reported, Section},
    values::{self, wrong},
};

/// What the CLI reads to reach its service. Its login stands in its directory.
const PASS_ENV: [&str; 6] = [
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "TZ",
];

/// `[codex]`.
#[derive(Clone, Debug)]
pub struct Codex {
    /// The program: a path, or a name that is looked up in `PATH`.
    pub command: PathBuf,
    /// The bot's own directory of credentials, settings and conversations (`CODEX_HOME`), absolute. It
    /// need not be there yet.
    pub home: PathBuf,
    /// The model of sessions that do not choose one; `None` for the program's default.
    pub model: Option<String>,
    /// The service, if it is not the one of the login.
    pub service: Option<CodexService>,
    /// The variables of `codex.pass_env` that are set, with their values: handed to the agent.
    pub env: BTreeMap<String, SecretString>,
    /// How long the program may try to reach its service in one turn.
    pub reconnect_timeout: Duration,
}

/// A service that speaks OpenAI's Responses API.
#[derive(Clone, Debug)]
pub struct CodexService {
    /// Its address, such as `https://models.example/v1`, without a `/` at the end.
    pub base_url: String,
    /// The variable with its key, and the key; `None` if it wants none.
    pub key: Option<(String, SecretString)>,
}

/// What the directory of the CLI has to go by.
pub(super) struct CodexGround<'a> {
    /// Where Baton keeps its state; `None` if that is not known.
    pub(super) data_dir: Option<&'a Path>,
    pub(super) environment: &'a Environment,
}

impl Codex {
    pub(super) fn read(mut section: Section<'_>, ground: &CodexGround<'_>) -> Option<Self> {
        let environment = ground.environment;
        let command = section.or("command", "codex", |value| {
            values::program(
                value,
                "Write \"codex\" to have it looked up in PATH, or its whole path, from `/` on.",
            )
        });
        let read_home = |value: &Value| read_home(value, environment);
        let home = match ground.data_dir.map(|data| data.join("codex")) {
            Some(own) => section.or("home", own.to_string_lossy().into_owned(), read_home),
            None => section.optional("home", "", read_home).ok().flatten(),
        };
        let model = section.optional("model", "the CLI's default", values::word);
        let service = read_service(&mut section, environment);
        let pass_env = section.or("pass_env", PASS_ENV.to_vec(), |value| {
            pass_env::read(value, environment, instead)
        });
        let reconnect_timeout = section.or(
            "reconnect_timeout",
            "5min",
            values::span(values::UP_TO_A_WEEK),
        );
        section.finish();
        Some(Self {
            command: command?,
            home: home?,
            model: model.ok()?,
            service: service.ok()?,
            env: pass_env?,
            reconnect_timeout: reconnect_timeout?,
        })
    }
}

/// What to write in place of a variable that Baton sets.
fn instead(name: &str) -> Option<&'static str> {
    match name {
        "CODEX_HOME" => Some("Remove it from the list, and write `home` below `[codex]`."),
        "OPENAI_API_KEY" | "OPENAI_BASE_URL" | "CODEX_API_KEY" | "CODEX_ACCESS_TOKEN" => Some(
            "Remove it from the list: log Codex in with its own directory as CODEX_HOME, or write `base_url` \
             and `key_variable` below `[codex]`.",
        ),
        _ => None,
    }
}

fn read_service(
    section: &mut Section<'_>,
    environment: &Environment,
) -> Result<Option<CodexService>, Reported> {
    let base_url = section.optional("base_url", "the one of the login", read_base_url);
    let source = section.source("key_variable");
    let key = section.optional("key_variable", "none", |value| read_key(value, environment));
    let (base_url, key) = (base_url?, key?);
    match (base_url, key) {
        (Some(base_url), key) => Ok(Some(CodexService { base_url, key })),
        (None, None) => Ok(None),
        (None, Some(_)) => {
            let complaint = Complaint::new(
                "A key without an address does nothing.",
                "Write the address of the service as `base_url`, or remove the line and log Codex in.",
            );
            section.report("key_variable", source, complaint);
            Err(Reported)
        }
    }
}

fn read_base_url(value: &Value) -> Result<String, Complaint> {
    let text = values::text(value)?;
    let remedy = "Write the address of a service with OpenAI's Responses API, such as \
                  \"https://models.example/v1\"; only on this machine it may begin with http://.";
    check_url(&text).map_err(|is| {
        // What may hold a password or a key is not repeated.
        if text.contains(['@', '?']) {
            return Complaint::new(format!("The address {is}."), remedy);
        }
        wrong(value, is, remedy)
    })?;
    Ok(text.trim_end_matches('/').to_owned())
}

fn check_url(text: &str) -> Result<(), &'static str> {
    let url = Url::parse(text).map_err(|_| "is no web address")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("does not begin with `https://`");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a name or a password in it");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has more behind its path");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("is on another machine, and what is said to it could be read on the way");
    }
    Ok(())
}

fn read_key(value: &Value, environment: &Environment) -> Result<(String, SecretString), Complaint> {
    let remedy = "Write the name of the variable alone, such as \"OPENAI_API_KEY\"; the key itself stands in .env.";
    let name = pass_env::name(value, remedy)?;
    if pass_env::is_secret(&name, environment) {
        return Err(wrong(
            value,
            "is Baton's own secret, and no service may have it",
            remedy,
        ));
    }
    let Some((key, _)) = environment.get(&name) else {
        return Err(wrong(
            value,
            "is not set",
            format!("Write {name}=… into .env, or remove the line if the service wants no key."),
        ));
    };
    let key = SecretString::from(key);
    Ok((name, key))
}

/// A directory of the bot's own, where no sandboxed command can write.
pub(super) fn read_home(value: &Value, environment: &Environment) -> Result<PathBuf, Complaint> {
    let home = values::absolute(value)?;
    let really = really(&home);
    let remedy = "Write a directory that Codex has for Baton alone, such as /var/lib/baton/codex, or remove \
                  the line.";
    let operators = environment
        .of_process("HOME")
        .map(|home| Path::new(home).join(".codex"));
    if operators.is_some_and(|theirs| home == theirs || really == self::really(&theirs)) {
        return Err(wrong(
            value,
            "is your own directory of Codex, whose settings would hold for everybody's sessions",
            remedy,
        ));
    }
    let temporary = ["/tmp", environment.of_process("TMPDIR").unwrap_or("/tmp")];
    let lies_there = |place: &str| {
        let place = Path::new(place);
        home.starts_with(place) || really.starts_with(self::really(place))
    };
    if temporary.into_iter().any(lies_there) {
        return Err(wrong(
            value,
            "is a place for temporary files: Codex does not put its helpers there, and commands in its \
             sandbox may write there",
            remedy,
        ));
    }
    Ok(home)
}

/// Where something really lies, or will.
fn really(path: &Path) -> PathBuf {
    let way = way_to(path).unwrap_or_default();
    way.last().cloned().unwrap_or_else(|| path.to_owned())
}
