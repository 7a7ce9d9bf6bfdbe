//! Shows runs at work: "is typing", and one message that is edited in place.
//!
//! The message itself is durable and comes through the outbox; its edits are not. What is shown is
//! always the newest state, never a queue of old ones, and nothing after the run has ended.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

use super::{
    render,
    stage::{Stage, posted},
    waits::ShowWait,
};
use crate::{
    clock::Millis,
    delivery::ChatError,
    session::{LiveRun, Progress, ProgressState, Shown, ToolAtWork},
    store::DeliveryKind,
    words::{ChannelId, MessageId, RunId},
};

/// "Is typing" is shown for about 10 s (Discord: resources/channel#trigger-typing-indicator).
const TYPING: Duration = Duration::from_secs(8);

/// How often the elapsed time is shown anew when nothing else changes.
const REFRESH: Duration = Duration::from_secs(10);

/// A run that is over sooner is not shown at work: a message that flashes up and goes is noise.
const BRIEF: Duration = Duration::from_millis(700);

/// How old a live message gets. One that is older than an hour can be edited a few times only
/// (Discord: opcodes-and-status-codes#json-error-codes, 30046), so another takes its place in time.
const AGES: Duration = Duration::from_mins(55);

/// What a person would see of a run's newest state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) started: Millis,
    pub(super) text: String,
    pub(super) tools: Vec<ToolAtWork>,
    pub(super) tool_calls: u32,
}

/// A state that can be shown.
pub(super) trait Scene: Send + Sync + 'static {
    fn frame(&self) -> Frame;
    fn state(&self) -> ProgressState;
}

impl Scene for Progress {
    fn frame(&self) -> Frame {
        Frame {
            started: self.started,
            text: self.text(),
            tools: self.tools.clone(),
            tool_calls: self.tool_calls,
        }
    }

    fn state(&self) -> ProgressState {
        self.state
    }
}

/// Shows every run that is announced, each in a task of its own, until nobody announces any more.
pub(super) async fn show_all(stage: Stage, mut runs: mpsc::UnboundedReceiver<Shown>) {
    let one_at_a_time = Arc::default();
    let mut shown = JoinSet::new();
    loop {
        tokio::select! {
            run = runs.recv() => match run {
                Some(Shown::Wait(wait)) => {
                    let show = ShowWait {
                        stage: stage.clone(),
                        one_at_a_time: Arc::clone(&one_at_a_time),
                        wait,
                    };
                    shown.spawn(show.run());
                }
                Some(Shown::Run(LiveRun { run, channel, progress, .. })) => {
                    let show = Show {
                        stage: stage.clone(),
                        run,
                        channel,
                        progress,
                    };
                    shown.spawn(show.run());
                }
                None => break,
            },
            Some(_) = shown.join_next() => {}
        }
    }
    // The house ends; what it still says is the outbox's.
    shown.shutdown().await;
}

/// One run being shown.
pub(super) struct Show<S> {
    pub(super) stage: Stage,
    pub(super) run: RunId,
    pub(super) channel: ChannelId,
    pub(super) progress: watch::Receiver<S>,
}

impl<S: Scene> Show<S> {
    /// Shows the run until it ends.
    pub(super) async fn run(self) {
        tokio::select! {
            () = self.end() => {}
            () = self.keep_typing() => {}
            () = self.keep_editing() => {}
        }
    }

    /// The run has ended, or whoever drove it has.
    async fn end(&self) {
        let mut progress = self.progress.clone();
        let _ = progress
            .wait_for(|scene| scene.state() == ProgressState::Ended)
            .await;
    }

    async fn keep_typing(&self) {
        let mut every = tokio::time::interval(TYPING);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if self.stage.chat.is_sparing() {
                continue;
            }
            if let Err(error) = self.stage.chat.typing(self.place().await).await {
                tracing::debug!(%error, run = %self.run, "cannot show that a run types");
            }
        }
    }

    async fn place(&self) -> ChannelId {
        self.stage.place(self.run, self.channel).await
    }

    async fn keep_editing(&self) {
        let mut delivered = (self.stage.listen)();
        tokio::time::sleep(BRIEF).await;
        let mut progress = self.progress.clone();
        let mut shown: Option<Frame> = None;
        let mut at = Instant::now();
        loop {
            let wanted = progress.borrow_and_update().frame();
            let is_blank = wanted.text.is_empty() && wanted.tools.is_empty();
            let is_stale = at.elapsed() >= REFRESH && shown.is_some();
            if !is_blank && (is_stale || shown.as_ref() != Some(&wanted)) {
                shown = self.show(shown).await;
                at = Instant::now();
            }
            // Asked for, and not posted yet.
            let is_owed = shown.as_ref().is_some_and(|shown| *shown != wanted);
            tokio::select! {
                changed = progress.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(at + REFRESH), if shown.is_some() => {}
                () = posted(&mut delivered, self.run, DeliveryKind::Live), if is_owed => {}
            }
        }
    }

    /// Has the newest state shown; returns what is shown then.
    async fn show(&self, before: Option<Frame>) -> Option<Frame> {
        match self.stage.house.live_message(self.run).await {
            Ok(Some(message)) if self.is_old(message) => self.renew(message, before).await,
            Ok(Some(message)) => match self.edit(message).await {
                Some(frame) => Some(frame),
                None => self.renew(message, before).await,
            },
            // Asked for and not posted yet: the outbox has it.
            Ok(None) if before.is_some() => before,
            Ok(None) => {
                let frame = self.progress.borrow().frame();
                let text = self.text(&frame);
                match self.stage.house.show_live(self.run, text).await {
                    Ok(()) => Some(frame),
                    Err(error) => {
                        tracing::warn!(%error, run = %self.run, "a run cannot be shown");
                        None
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, run = %self.run, "a run's message cannot be looked up");
                before
            }
        }
    }

    fn is_old(&self, message: MessageId) -> bool {
        let posted = Millis::new(message.created_ms());
        self.stage.clock.now().since(posted) >= AGES
    }

    /// Has another message posted in place of one that can soon not be edited any more; returns what
    /// is shown then.
    async fn renew(&self, old: MessageId, before: Option<Frame>) -> Option<Frame> {
        let frame = self.progress.borrow().frame();
        let text = self.text(&frame);
        match self.stage.house.renew_live(self.run, old, text).await {
            Ok(()) => Some(frame),
            Err(error) => {
                tracing::warn!(%error, run = %self.run, "a run's message cannot be replaced");
                before
            }
        }
    }

    /// Edits the message to the state that is the newest when its turn comes; `None` if it is too old
    /// to be edited.
    async fn edit(&self, message: MessageId) -> Option<Frame> {
        let place = self.place().await;
        let mut slot = self.stage.pace.budget(place).slot().await;
        let (frame, state) = {
            let scene = self.progress.borrow();
            (scene.frame(), scene.state())
        };
        if state == ProgressState::Ended || self.stage.chat.is_sparing() {
            slot.unused();
            return Some(frame);
        }
        let edited = self.stage.chat.edit(place, message, self.text(&frame));
        match edited.await {
            Ok(()) => {}
            Err(ChatError::Throttled(span)) => slot.wait(span),
            Err(error) if error.is_code(ChatError::TOO_OLD_TO_EDIT) => return None,
            Err(error) => tracing::warn!(%error, run = %self.run, "a live message was not edited"),
        }
        Some(frame)
    }

    fn text(&self, frame: &Frame) -> String {
        let elapsed = self.stage.clock.now().since(frame.started);
        let secrets = &self.stage.secrets;
        // Before it is cut to what one message holds: then no half of one is left.
        let tools: Vec<ToolAtWork> = frame
            .tools
            .iter()
            .map(|tool| tool.without(secrets))
            .collect();
        render::live(&secrets.redact(&frame.text), &tools, elapsed)
    }
}
