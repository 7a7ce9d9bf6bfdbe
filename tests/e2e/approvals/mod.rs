//! People say yes and no on Discord to what the real agent program wants to do.

mod approvers;
mod broken;
mod clicks;
mod copies;
mod decisions;
mod flood;
mod links;
mod plans;
mod private;
mod profiles;
mod race;
mod records;
mod replays;
mod restarts;
mod routes;
mod shown;
mod time;
mod wishes;

use baton::{
    clock::{Clock, Millis},
    store::ApprovalRow,
    words::{Scope, Tier},
};
use discord_sim::{ChannelId, InteractionRef, MessageRef, MessageView};
use serde_json::{Value, json};

use clicks::as_bot;

use crate::stage::{Inside, Program, Settings, Stage};

/// A project in which owners decide on everything but looking.
pub(crate) fn owners_decide() -> Settings {
    owners_decide_on(Program::Claude)
}

/// The same with this agent program.
pub(crate) fn owners_decide_on(program: Program) -> Settings {
    Settings {
        allowed_tools: vec!["Read", "Grep", "Glob"],
        approvers: "\"owners\"",
        ..Settings::of(program)
    }
}

/// Words for an agent that runs commands, one after the other, and then says something.
pub(crate) fn runs(commands: &[&str], then: &str) -> String {
    let mut script: Vec<Value> = commands
        .iter()
        .map(|command| json!({"do": {"run": command}}))
        .collect();
    script.push(json!({"text": then}));
    format!("STUB:{}", Value::from(script))
}

/// All buttons and lists of a message: what stands on them or in them, and their ids.
fn controls(message: &MessageView) -> Vec<(String, String)> {
    let rows = message.components.iter();
    let all = rows.flat_map(|row| row["components"].as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.map(|one| {
        let label = text(&one["label"]) + &text(&one["placeholder"]);
        (label, text(&one["custom_id"]))
    })
    .collect()
}

pub(crate) fn labels(message: &MessageView) -> Vec<String> {
    controls(message)
        .into_iter()
        .map(|(label, _)| label)
        .collect()
}

pub(crate) fn control(message: &MessageView, label: &str) -> String {
    let found = controls(message)
        .into_iter()
        .find(|(text, _)| text == label);
    found
        .unwrap_or_else(|| panic!("no {label} in {message:?}"))
        .1
}

impl Stage {
    /// The channel of an owner's direct messages with the bot.
    pub(crate) fn owners_messages(&self) -> ChannelId {
        self.sim.user("owner").direct_channel()
    }

    /// Waits for a question with this in it.
    pub(crate) async fn question(&self, place: ChannelId, text: &str) -> MessageView {
        self.sim
            .wait_for_message(place, |message| {
                message.content.contains(text) && !message.components.is_empty()
            })
            .await
    }

    /// Somebody presses a button of a message.
    pub(crate) async fn press(
        &self,
        name: &str,
        message: &MessageView,
        label: &str,
    ) -> InteractionRef {
        let id = control(message, label);
        self.sim.user(name).clicks(message.at(), &id).await
    }

    /// The same; what he alone is told.
    pub(crate) async fn pressed(&self, name: &str, message: &MessageView, label: &str) -> String {
        let pressed = async || self.press(name, message, label).await;
        told(name, &self.used(pressed).await).await
    }

    /// Waits until a message says so and has nothing to be pressed any more.
    pub(crate) async fn closed(&self, at: MessageRef, text: &str) -> MessageView {
        let is_so =
            |message: &MessageView| message.content.contains(text) && message.components.is_empty();
        self.sim
            .wait_for(|world| world.message(at).filter(is_so))
            .await
    }

    /// The questions that wait.
    pub(crate) async fn pending(&self) -> Vec<ApprovalRow> {
        let store = self.store().await;
        let pending = store.pending_approvals().await.unwrap();
        store.close().await;
        pending
    }

    /// What is on record of clicks that came to nothing.
    async fn refused_clicks(&self) -> Vec<String> {
        let store = self.store().await;
        let trail = store.audit_trail(100).await.unwrap();
        store.close().await;
        let refused = trail
            .into_iter()
            .filter(|line| line.action == "decision_refused");
        refused.map(|line| line.detail).collect()
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.project().join(file).exists()
    }
}

/// What somebody alone is told.
pub(crate) async fn told(name: &str, used: &InteractionRef) -> String {
    let answer = used.answer().await;
    assert_eq!(answer.only_for.as_deref(), Some(name), "{}", answer.content);
    answer.content
}

/// A stage on which ann, a member, has asked for a command that an owner was asked about.
async fn touching(file: &str) -> (Stage, ChannelId, MessageView) {
    touching_by(Program::Claude, file).await
}

/// The same with this agent program.
async fn touching_by(program: Program, file: &str) -> (Stage, ChannelId, MessageView) {
    let stage = Stage::with(owners_decide_on(program)).await;
    let thread = stage
        .ask("ann", &runs(&[&format!("touch {file}")], "the end"))
        .await;
    let question = stage.question(stage.owners_messages(), "touch").await;
    (stage, thread, question)
}

/// A stage on which owners decide, with Baton in this process and on a clock that the test holds. It begins at
/// a moment near enough to that of message ids.
async fn on_held_clock(env: &[(&str, &str)]) -> (Stage, Inside, Clock) {
    on_held_clock_by(Program::Claude, env).await
}

/// The same with this agent program.
async fn on_held_clock_by(program: Program, env: &[(&str, &str)]) -> (Stage, Inside, Clock) {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    for (name, value) in env {
        stage.set_env(name, value);
    }
    let clock = Clock::held_at(Millis::new(Clock::system().now().get()));
    let here = stage.serve_here(clock.clone());
    stage.until_it_listens().await;
    (stage, here, clock)
}

/// Makes bob a member.
async fn with_bob(stage: &Stage) {
    stage.grant("bob", Scope::Global, Tier::Member).await;
}

/// A stage with a conversation of ann's in plan mode, and a call that writes `made` into the project.
async fn planning() -> (Stage, ChannelId, Value) {
    let (stage, thread) = planning_by(Program::Claude).await;
    let file = stage.project().join("made");
    let write = json!({"tool": "Write", "input": {"file_path": file, "content": "x"}});
    (stage, thread, write)
}

/// The same with this agent program, without the call.
async fn planning_by(program: Program) -> (Stage, ChannelId) {
    let stage = Stage::with(Settings {
        allowed_tools: vec!["Read", "Write"],
        ..owners_decide_on(program)
    })
    .await;
    stage.until_commands().await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
        .await;
    stage.answer(thread, "answer one").await;
    let plan = [("mode", "plan")];
    stage
        .command_with("ann", "session mode", plan, thread)
        .await;
    (stage, thread)
}
