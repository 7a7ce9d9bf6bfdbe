//! What people do with commands and buttons while something goes wrong, and what has to have become of it.

use std::time::Duration;

use discord_sim::{ChannelId, InteractionRef, MessageView};
use sqlx::SqlitePool;

use super::people::PATIENCE;
use crate::stage::{Stage, uses::Promotion};

/// How often it is looked whether somebody has been told.
const LOOK: Duration = Duration::from_millis(50);

/// The uses of commands and buttons.
#[derive(Default)]
pub(super) struct Uses {
    commands: Vec<Promotion>,
    presses: Vec<InteractionRef>,
}

impl Uses {
    /// The owner makes somebody a member.
    pub(super) async fn command(&mut self, stage: &Stage) {
        let whom = format!("new{}", self.commands.len());
        self.commands.push(Promotion::of(stage, &whom).await);
    }

    /// The owner says yes to a question, if it has its buttons still.
    pub(super) async fn press(&mut self, stage: &Stage, question: &MessageView) {
        let shown = stage.sim.message(question.at());
        let Some(id) = shown.as_ref().and_then(first_button) else {
            return;
        };
        let pressed = stage.sim.user("owner").clicks(question.at(), &id).await;
        self.presses.push(pressed);
    }

    /// Waits until whoever got a sign is told something.
    pub(super) async fn until_told(&self, stage: &Stage) -> Result<(), String> {
        let commands = self.commands.iter().map(|one| &one.used);
        let all = self.presses.iter().chain(commands);
        for used in all.filter(|used| used.is_acknowledged()) {
            let told = async {
                let mut look = tokio::time::interval(LOOK);
                while used.told().is_none() {
                    look.tick().await;
                }
            };
            if tokio::time::timeout(PATIENCE, told).await.is_err() {
                let log = stage.log();
                return Err(format!(
                    "a sign and nothing after it\n--- Baton's log\n{log}"
                ));
            }
        }
        Ok(())
    }

    /// Whoever was answered was answered once; what was said to be done was done, and nothing was done twice.
    pub(super) async fn check(&self, stage: &Stage, pool: &SqlitePool) -> Result<(), String> {
        if self.presses.iter().any(|one| !one.follow_ups().is_empty()) {
            return Err("a click was answered twice".to_owned());
        }
        let told: Vec<_> = self.commands.iter().map(Promotion::told).collect();
        let store = stage.store().await;
        let trail = store.audit_trail(10_000).await.unwrap();
        store.close().await;
        for (one, told) in self.commands.iter().zip(&told) {
            one.check(told.as_ref(), &trail)?;
        }
        let states: Vec<String> = sqlx::query_scalar("SELECT state FROM approvals")
            .fetch_all(pool)
            .await
            .unwrap();
        let heard = std::fs::read_to_string(stage.project().join("told")).unwrap_or_default();
        if states != ["allowed"] || heard != "allow\n" {
            return Err(format!("the question: {states:?}, its agent: {heard:?}"));
        }
        Ok(())
    }
}

/// Waits for the question that an agent asks an owner.
pub(super) async fn question(stage: &Stage) -> MessageView {
    let place: ChannelId = stage.sim.user("owner").direct_channel();
    stage
        .sim
        .wait_for_message(place, |message| !message.components.is_empty())
        .await
}

/// The id of the button that says yes.
fn first_button(question: &MessageView) -> Option<String> {
    let row = question.components.first()?;
    Some(row["components"][0]["custom_id"].as_str()?.to_owned())
}
