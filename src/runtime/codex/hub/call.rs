//! What the hub asks of Codex, and for whom.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::wire::{Open, Wish},
    seat::SeatId,
};

/// A request that Codex has not answered, and what its answer is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    /// Who is logged in, before a thread is opened.
    Account(SeatId),
    /// A thread is opened.
    Thread(SeatId),
    /// It is set to make plans, or to make none, before it is used.
    Mode(SeatId),
    /// A turn is begun.
    Begin(SeatId),
    /// A prompt joins the turn in progress.
    Join(SeatId, Uuid, String),
    /// The turn is stopped.
    Stop(SeatId),
    /// How the account's limits are, as a turn has ended at one; then its end is told.
    Limits(SeatId, Value),
    /// What a turn has left running is ended; then its end is told.
    Clear(SeatId, Value),
    /// What a thread has left running is ended before that is left.
    Sweep(SeatId),
    /// A change of a thread.
    Tune(SeatId, String, Wish),
    /// The model is told why, before Codex gets this answer to its request.
    Say(Value, Value),
    /// The thread is left.
    Leave(SeatId),
    /// The models are named, after these.
    Models(SeatId, Vec<String>),
    /// A login is begun.
    LogIn(SeatId),
    /// What Codex knows of its account, told to nobody.
    LookedAfter(SeatId),
    /// Who is logged in now.
    LoggedIn(SeatId),
    /// A login is given up that nobody waits for any more.
    GiveUp,
}

/// How Codex opens a thread. Every command and every patch is asked about, whatever the settings of its home say.
pub(super) fn open(open: &Open) -> (&'static str, Value) {
    let mut params = json!({
        "cwd": open.directory,
        "model": open.model,
        "approvalPolicy": "untrusted",
        "approvalsReviewer": "user",
        "config": open.config,
        "developerInstructions": open.instructions,
    });
    match open.thread {
        None => ("thread/start", params),
        Some(thread) => {
            params["threadId"] = json!(thread);
            params["excludeTurns"] = json!(true);
            ("thread/resume", params)
        }
    }
}

/// How a page of the models is asked for.
pub(super) fn models(cursor: Option<&str>) -> Value {
    json!({"cursor": cursor, "limit": 100, "includeHidden": false})
}

/// Whether a thread makes plans. Codex keeps that over a restart, so it is always said.
pub(super) fn mode(thread: &str, model: &str, plan: bool) -> Value {
    let settings =
        json!({"model": model, "reasoning_effort": null, "developer_instructions": null});
    let mode = if plan { "plan" } else { "default" };
    json!({"threadId": thread, "collaborationMode": {"mode": mode, "settings": settings}})
}

/// What a person says.
pub(super) fn input(text: &str) -> Value {
    json!([{"type": "text", "text": text, "text_elements": []}])
}

/// What the model is told beside a no.
pub(super) fn aside(thread: &str, text: &str) -> Value {
    let content = json!([{"type": "input_text", "text": text}]);
    json!({"threadId": thread,
        "items": [{"type": "message", "role": "developer", "content": content}]})
}
