//! Requests and answers, held against Discord's own description of its API (an OpenAPI 3.1 document
//! that a developer may have lying about, and that this project does not carry). It knows JSON, JSON
//! Schema and paths; it knows neither the world nor what a route does.
//!
//! A test process starts many simulators or one, and mostly uses a handful of operations. So the file
//! is read when the first request comes, once a process, and only the parts of the used operations
//! are ever understood.

mod blame;
mod bundle;
mod description;
mod documents;
mod keys;
mod operation;
mod part;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

use parking_lot::Mutex;
use serde_json::Value;

use description::Description;

/// One request with its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    /// Percent-decoded, without the query: `/api/v10/channels/1/messages`.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    /// The JSON body, or null.
    pub(crate) body: &'a Value,
    pub(crate) status: u16,
    /// `None` for an empty answer.
    pub(crate) answer: Option<&'a Value>,
    /// What the answer says beside its body, with names in lower case.
    pub(crate) headers: &'a [(&'static str, String)],
}

/// What the description does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// A key of the request that Discord does not know, by its dotted path.
    UnknownKey(String),
    /// Anything else, in words: operation, direction, path and what is wrong.
    Mismatch(String),
}

/// The description that a simulator holds its traffic against.
#[derive(Clone, Debug)]
pub(crate) struct Schemas {
    path: PathBuf,
    loaded: Loaded,
}

type Loaded = Arc<OnceLock<Result<Description, String>>>;

/// The descriptions of this process by path.
static LOADED: LazyLock<Mutex<BTreeMap<PathBuf, Loaded>>> = LazyLock::new(Mutex::default);

impl Schemas {
    /// The description in a file. Whether the file can be opened is found out now, so that a wrong
    /// setting ends the start; the rest is read when it is first needed.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        File::open(path).map_err(|error| {
            let path = path.display();
            let words = format!("Discord's API description {path} cannot be read: {error}");
            io::Error::new(error.kind(), words)
        })?;
        let loaded = LOADED.lock().entry(path.to_owned()).or_default().clone();
        Ok(Self {
            path: path.to_owned(),
            loaded,
        })
    }

    /// All that the description does not allow in an exchange.
    ///
    /// Files are no part of the API and are let pass. A body that was refused with 400 was found
    /// wrong already: only the answer is looked at.
    pub(crate) fn check(&self, exchange: &Exchange<'_>) -> Vec<Finding> {
        let Some(path) = below_api(exchange.path) else {
            return Vec::new();
        };
        let loaded = self.loaded.get_or_init(|| Description::load(&self.path));
        let operation = match loaded {
            Ok(description) => description.operation(exchange.method, path),
            Err(words) => Err(words.clone()),
        };
        match operation {
            Ok(operation) => operation.check(exchange),
            // The simulator's "unknown route" is a violation of its own.
            Err(_) if exchange.status == 404 => Vec::new(),
            Err(words) => vec![Finding::Mismatch(words)],
        }
    }
}

/// `/channels/1` of `/api/v10/channels/1` and `/api/channels/1`.
fn below_api(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/api")?;
    let Some((version, below)) = rest
        .strip_prefix("/v")
        .and_then(|rest| rest.split_once('/'))
    else {
        return Some(rest);
    };
    if version.parse::<u8>().is_ok() {
        Some(&rest[rest.len() - below.len() - 1..])
    } else {
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_api_is_described() {
        assert_eq!(below_api("/api/v10/channels/1"), Some("/channels/1"));
        assert_eq!(below_api("/api/channels/1"), Some("/channels/1"));
        assert_eq!(below_api("/api/voice/regions"), Some("/voice/regions"));
        assert_eq!(below_api("/attachments/1/2/a.txt"), None);
    }
}
