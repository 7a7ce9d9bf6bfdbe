//! What the server and the hub say to each other, a line of JSON each.
//!
//! What Codex itself tells of a session's thread, the hub passes on as it is. Both ends are Baton, but need not
//! be the same version of it: a hub outlives the server that started it. So a field may be added and none changed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// What the server tells the hub: of one session, or, on a connection of its own, of the account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "baton", rename_all = "snake_case")]
pub(super) enum Order {
    /// The first of a session: which thread it is, and how that is to be worked on.
    Open(Box<Open>),
    /// A turn, or what joins the one in progress.
    Prompt {
        /// Comes back as the `clientId` of Codex's user message.
        id: Uuid,
        text: String,
    },
    /// Stops the turn in progress.
    Interrupt,
    /// Changes the model, or whether a plan is made.
    Tune { request: String, tune: Wish },
    /// Answers something that Codex has asked.
    Answer {
        ask: String,
        result: Value,
        /// What the model is told beside it.
        say: Option<String>,
    },
    /// Names the models that the account may use. No session's.
    Models,
    /// Logs a person in who types a code. No session's; the end of its connection gives it up.
    LogIn,
    /// Has Codex look at its account, which renews a login that has run out. No session's.
    Account,
}

/// How a thread is opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Open {
    /// The thread to go on with; `None` begins one.
    pub(super) thread: Option<Uuid>,
    pub(super) directory: PathBuf,
    pub(super) model: String,
    pub(super) plan: bool,
    /// Whether what a turn has left running may outlive it.
    pub(super) keeps_running: bool,
    /// Codex's settings for this thread alone.
    pub(super) config: Value,
    /// Where its commands put temporary files; the hub makes it and removes it.
    pub(super) temporary: PathBuf,
    /// What every thread is told of where it is.
    pub(super) instructions: String,
}

/// A change of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wish {
    Model(String),
    Plan(bool),
}

/// What the hub itself tells the server of one session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "baton", rename_all = "snake_case")]
pub(super) enum Word {
    /// The thread is open.
    Ready { thread: Uuid },
    /// It cannot be opened.
    Refused { why: Refusal, detail: String },
    /// A change was taken, or not.
    Tuned {
        request: String,
        refusal: Option<String>,
    },
    /// A turn could not begin.
    NotBegun { detail: String },
    /// What Codex says of the account's limits (`account/rateLimits/read`).
    Limits { limits: Value },
    /// The turn is being stopped because the service was not reached for that long, in seconds.
    OutOfReach { seconds: u64 },
    /// A command has failed of whose end Codex tells nothing, and what the system said to it, if that is what a sandbox makes
    /// it say.
    Failed { call: String, said: Option<String> },
    /// Codex is being ended in the middle of the turn, because of another session; why.
    Ends { why: String },
    /// Codex asks, and waits.
    Ask {
        ask: String,
        method: String,
        params: Value,
        /// The item that it is about, if that was told before.
        item: Option<Value>,
        /// Whether it would run outside of the sandbox, or may: that is not always known.
        unconfined: bool,
    },
    /// The models, the one first that Codex takes without a word.
    Models { models: Vec<String> },
    /// A person has to open this address and to type this code there.
    Code { url: String, code: String },
    /// He is logged in; with this plan, if Codex knows that.
    LoggedIn { plan: Option<String> },
    /// Codex has looked at its account.
    Account,
    /// What was asked for of the account is not to be had.
    InVain { detail: String },
}

/// Why a thread cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refusal {
    LoginNeeded,
    UnknownThread,
    Other,
}

/// A value of this module as a line.
pub(super) fn line(value: &impl Serialize) -> String {
    // Strings, numbers and JSON: nothing of it can fail to be written.
    serde_json::to_string(value).unwrap_or_default()
}
