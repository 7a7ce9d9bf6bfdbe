//! The file in which an agent program keeps its login: what is read of it, and how new tokens are put into it.
//!
//! Whatever else stands in the file stays as it is. What differs from program to program is in [`Format`], which each
//! brings along.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::Fingerprint;
use crate::clock::Millis;

/// The members of a JSON object.
pub type Members = Map<String, Value>;

/// The shortest access token that is believed to be one, in bytes; those of the services have 100 and more.
const SHORTEST_ACCESS: usize = 20;

/// The same of a refresh token.
const SHORTEST_REFRESH: usize = 40;

/// The longest life of an access token that is believed in; a login with a token for a year is the longest known.
const LONGEST_LIFE: Duration = Duration::from_hours(24 * 400);

/// How long an access token is taken to hold of which that is not told, or cannot be meant.
const UNTOLD_LIFE: Duration = Duration::from_hours(1);

/// The tokens of a login.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// What the service is asked with.
    pub access: SecretString,
    /// What a new pair is got with, once.
    pub refresh: SecretString,
    /// When the access token runs out; `None` if nothing tells.
    pub expires_at: Option<Millis>,
    /// What the login may be used for.
    pub scopes: Vec<String>,
    /// The client that has logged in, if the file says so.
    pub client: Option<String>,
}

impl Tokens {
    /// By what this login is known again.
    pub fn print(&self) -> Fingerprint {
        Fingerprint::of(&self.refresh)
    }
}

/// What the name of a member has in it whose text is shown to nobody.
const SECRET: [&str; 5] = ["token", "key", "secret", "verifier", "password"];

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Held {
    /// No login.
    Nothing,
    /// The rest of a login that the service has refused: the program has taken its tokens out.
    Blanked,
    /// A key, which nobody renews.
    Key,
    /// A token without one to renew it with.
    Bare {
        /// When it runs out; `None` if nothing tells.
        expires_at: Option<Millis>,
    },
    /// Tokens.
    Tokens(Tokens),
}

/// New tokens, as the service has given them.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The new access token.
    pub access: SecretString,
    /// The new refresh token; `None` if the old one holds.
    pub refresh: Option<SecretString>,
    /// How long the access token holds.
    pub life: Duration,
    /// What the login may be used for now; `None` if it is not told.
    pub scopes: Option<Vec<String>>,
    /// Who is logged in, as a token of its own; `None` if it is not told.
    pub id: Option<SecretString>,
}

/// Why an answer of the service is of no use, although it says that all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is no JSON object.
    #[error("it is no JSON object")]
    NoObject,
    /// There is no access token in it, or one that cannot be one.
    #[error("it has no access token that can be one")]
    Access,
    /// The refresh token cannot be one.
    #[error("its refresh token cannot be one")]
    Refresh,
}

/// How an agent program keeps its login: what its file looks like, and what it locks around it.
pub trait Format: Send + Sync {
    /// The name of the file in the program's directory.
    fn file(&self) -> &'static str;
    /// What the members of the file say.
    fn held(&self, members: &Members) -> Held;
    /// Puts new tokens into the members.
    fn put(&self, members: &mut Members, fresh: &Fresh, now: Millis);
    /// The body of the request for new tokens: JSON.
    fn request(&self, tokens: &Tokens, client: &str, scopes: &[String]) -> Value;
    /// How long the access token of an answer holds; `None` if nothing tells.
    fn life(&self, answer: &Members, now: Millis) -> Option<Duration>;
    /// The variable that tells the program its directory.
    fn variable(&self) -> &'static str;
    /// The program's arguments with which a person logs in.
    fn login_words(&self) -> &'static [&'static str];
    /// Where the program keeps the login of whoever has not told it another directory.
    fn usual(&self, home: &Path) -> PathBuf;
    /// What a person runs to log in with this directory.
    fn login(&self, directory: &Path) -> String;
    /// What the program locks while it renews or writes. Fails if the directory cannot be found.
    fn locks(&self, directory: &Path) -> io::Result<Locking>;
}

/// What an agent program locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locking {
    /// It makes these directories, in this order, and touches them while it holds them.
    Directories(Vec<PathBuf>),
    /// It locks this file (flock).
    File(PathBuf),
}

/// A file that was read.
#[derive(Clone)]
pub struct Document {
    format: &'static dyn Format,
    members: Members,
}

impl Document {
    /// Reads the text of a file; `None` if it is no JSON object.
    pub fn parse(format: &'static dyn Format, text: &[u8]) -> Option<Self> {
        match serde_json::from_slice(text).ok()? {
            Value::Object(members) => Some(Self { format, members }),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => None,
        }
    }

    /// What it holds.
    pub fn held(&self) -> Held {
        self.format.held(&self.members)
    }

    /// By what its login is known again, if it has one that can be renewed.
    pub fn print(&self) -> Option<Fingerprint> {
        match self.held() {
            Held::Tokens(tokens) => Some(tokens.print()),
            Held::Nothing | Held::Blanked | Held::Key | Held::Bare { .. } => None,
        }
    }

    /// What stands in it and is shown to nobody: every text whose name says that it is a token or a key, however deep.
    pub fn secrets(&self) -> Vec<SecretString> {
        let mut found = Vec::new();
        collect(&self.members, &mut found);
        found
    }

    /// The same file with new tokens in it.
    #[must_use]
    pub fn with(&self, fresh: &Fresh, now: Millis) -> Self {
        let mut members = self.members.clone();
        self.format.put(&mut members, fresh, now);
        Self {
            format: self.format,
            members,
        }
    }

    /// The text to write.
    pub fn text(&self) -> Vec<u8> {
        Value::Object(self.members.clone()).to_string().into_bytes()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({})", self.format.file())
    }
}

/// Reads new tokens out of the body of an answer that says that all is well.
pub(super) fn answer(
    format: &'static dyn Format,
    body: &[u8],
    now: Millis,
) -> Result<Fresh, Unusable> {
    let document = Document::parse(format, body).ok_or(Unusable::NoObject)?;
    let answer = &document.members;
    let access = text(answer, "access_token").unwrap_or_default();
    if access.len() < SHORTEST_ACCESS {
        return Err(Unusable::Access);
    }
    let refresh = match answer.get("refresh_token") {
        None | Some(Value::Null) => None,
        Some(Value::String(token)) if token.len() >= SHORTEST_REFRESH => {
            Some(token.as_str().into())
        }
        Some(_) => return Err(Unusable::Refresh),
    };
    let life = format
        .life(answer, now)
        .filter(|life| !life.is_zero() && *life <= LONGEST_LIFE)
        // The tokens are good all the same: one that was used for them cannot be used again.
        .unwrap_or(UNTOLD_LIFE);
    let scopes = text(answer, "scope").map(|it| it.split_whitespace().map(str::to_owned).collect());
    Ok(Fresh {
        access: access.into(),
        refresh,
        life,
        scopes,
        id: text(answer, "id_token").map(SecretString::from),
    })
}

fn collect(members: &Members, found: &mut Vec<SecretString>) {
    for (name, value) in members {
        let name = name.to_ascii_lowercase();
        let is_secret = SECRET.iter().any(|word| name.contains(word)) && !is_of_service(&name);
        collect_from(value, is_secret, found);
    }
}

/// Lists of words have names like secrets where a service says what it supports (RFC 8414, 2).
fn is_of_service(name: &str) -> bool {
    name.contains("supported") || name.contains("endpoint")
}

fn collect_from(value: &Value, is_secret: bool, found: &mut Vec<SecretString>) {
    match value {
        Value::String(text) if is_secret => found.push(text.as_str().into()),
        Value::Object(inner) => collect(inner, found),
        Value::Array(all) => {
            for one in all {
                collect_from(one, is_secret, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A member that is a text and not empty.
pub fn text<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members
        .get(name)
        .and_then(Value::as_str)
        .filter(|it| !it.is_empty())
}

/// `expires_in` of an answer, in whole seconds (RFC 6749, 5.1).
pub fn expires_in(answer: &Members) -> Option<Duration> {
    answer
        .get("expires_in")
        .and_then(Value::as_u64)
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;
    use crate::runtime::{claude, codex};

    const CLAUDE: &dyn Format = &claude::LoginFile;

    const NOW: Millis = Millis::new(1_700_000_000_000);

    fn body(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut body = json!({
            "access_token": "a".repeat(30),
            "refresh_token": "r".repeat(50),
            "expires_in": 28_800,
            "scope": "user:profile user:inference",
        });
        change(&mut body);
        body.to_string().into_bytes()
    }

    #[test]
    fn whatever_is_named_like_a_secret_is_one_however_deep_it_lies() {
        let file = json!({
            "claudeAiOauth": {"accessToken": "one", "scopes": ["shown"], "subscriptionType": "shown"},
            "mcpOAuth": [{"clientSecret": "two", "code_verifier": "three", "name": "shown"}],
            "passwords": ["four", {"old": "shown"}], "OPENAI_API_KEY": "five",
            "token_endpoint_auth_methods_supported": ["shown"],
        });
        let document = Document::parse(CLAUDE, file.to_string().as_bytes()).unwrap();
        let found = document.secrets();
        let mut found: Vec<_> = found
            .iter()
            .map(secrecy::ExposeSecret::expose_secret)
            .collect();
        found.sort_unstable();
        assert_eq!(found, ["five", "four", "one", "three", "two"]);
    }

    #[test]
    fn an_answer_is_read_and_one_that_cannot_be_meant_is_not_believed() {
        let fresh = answer(CLAUDE, &body(|_| ()), NOW).unwrap();
        assert_eq!(fresh.life, Duration::from_hours(8));
        assert_eq!(fresh.scopes.unwrap(), ["user:profile", "user:inference"]);
        let refused =
            |change: fn(&mut Value)| answer(CLAUDE, &body(change), NOW).map(|_| ()).unwrap_err();
        assert_eq!(refused(|it| *it = json!([1])), Unusable::NoObject);
        assert_eq!(
            refused(|it| it["access_token"] = json!("short")),
            Unusable::Access
        );
        assert_eq!(
            refused(|it| it["access_token"] = json!(null)),
            Unusable::Access
        );
        assert_eq!(
            refused(|it| it["refresh_token"] = json!("short")),
            Unusable::Refresh
        );
        assert_eq!(
            refused(|it| it["refresh_token"] = json!("")),
            Unusable::Refresh
        );
        let half = &body(|_| ())[..40];
        let refused = answer(CLAUDE, half, NOW).map(|_| ());
        assert_eq!(refused.unwrap_err(), Unusable::NoObject);
    }

    #[test]
    fn tokens_whose_life_is_not_told_or_cannot_be_meant_are_kept_all_the_same() {
        for life in [json!(null), json!(0), json!("8h"), json!(u64::MAX)] {
            let body = body(|it| it["expires_in"] = life.clone());
            let fresh = answer(CLAUDE, &body, NOW).unwrap();
            assert_eq!(fresh.life, UNTOLD_LIFE, "{life}");
        }
    }

    #[test]
    fn an_answer_without_a_refresh_token_leaves_the_old_one() {
        let body = body(|it| it["refresh_token"] = json!(null));
        let fresh = answer(CLAUDE, &body, NOW).unwrap();
        assert!(fresh.refresh.is_none());
        let file = json!({"claudeAiOauth": {
            "accessToken": "old", "refreshToken": "stays", "expiresAt": 1, "scopes": [],
        }});
        let file = Document::parse(CLAUDE, file.to_string().as_bytes()).unwrap();
        assert_eq!(file.print(), file.with(&fresh, NOW).print());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-zA-Z]{1,14}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_else_stands_in_a_file_stays(
            beside in prop::collection::btree_map("[b-z]{1,12}", value(), 0..4),
            within in prop::collection::btree_map("[b-z]{1,12}", value(), 0..4),
        ) {
            for (format, home) in [
                (CLAUDE, "claudeAiOauth"),
                (&codex::LoginFile as &dyn Format, "tokens"),
            ] {
                prop_assume!(!beside.contains_key(home));
                let mut file: Members = beside.clone().into_iter().collect();
                let inner: Members = within.clone().into_iter().collect();
                file.insert(home.to_owned(), Value::Object(inner));
                let before = Document { format, members: file };
                let mut body = json!({
                    "access_token": "a".repeat(30), "refresh_token": "r".repeat(50), "expires_in": 60,
                });
                if home == "tokens" {
                    body["access_token"] = codex::testing::token(60 + 1_700_000_000).into();
                }
                let fresh = answer(format, body.to_string().as_bytes(), NOW).unwrap();
                let after = before.with(&fresh, NOW);
                for (name, value) in &beside {
                    prop_assert_eq!(after.members.get(name), Some(value));
                }
                for (name, value) in &within {
                    prop_assert_eq!(after.members[home].get(name), Some(value));
                }
                let Held::Tokens(tokens) = after.held() else { panic!("{after:?}") };
                prop_assert_eq!(tokens.refresh.expose_secret(), "r".repeat(50));
                prop_assert_eq!(tokens.expires_at, Some(NOW.after(Duration::from_mins(1))));
                let again = Document::parse(format, &after.text()).unwrap();
                prop_assert_eq!(again.members, after.members);
            }
        }
    }
}
