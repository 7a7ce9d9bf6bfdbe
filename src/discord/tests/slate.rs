//! Where runs are shown in tests: a chat that writes down what is edited, on a clock that is moved by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
    time::{Instant, advance},
};

use crate::{
    clock::{Clock, Millis},
    delivery::{
        Answer, Audience, Chat, ChatError, Delivered, Post, Question, Seen, Shape, Standing,
    },
    discord::{
        live::{Frame, Scene, Show},
        pace::Pace,
        stage::Stage,
        testing::FakeHouse,
    },
    observe::Secrets,
    session::ProgressState,
    store::DeliveryKind,
    words::{ChannelId, MessageId, RunId, UserId},
};

/// What nobody is shown.
pub(super) const SECRET: &str = "correct-horse";

pub(super) const CHANNEL: ChannelId = ChannelId::new(5);

/// Writes down edits and typing with their time in milliseconds.
pub(super) struct Slate {
    start: Instant,
    edits: Mutex<Vec<(u128, String)>>,
    edited_in: Mutex<Vec<ChannelId>>,
    pub(super) typed: Mutex<Vec<u128>>,
    pub(super) failures: Mutex<Vec<ChatError>>,
    pub(super) is_sparing: AtomicBool,
}

impl Slate {
    fn now(&self) -> u128 {
        self.start.elapsed().as_millis()
    }
}

#[async_trait]
impl Chat for Slate {
    fn is_sparing(&self) -> bool {
        self.is_sparing.load(Ordering::Relaxed)
    }

    fn lay_out(&self, _: &Answer) -> Vec<Post> {
        Vec::new()
    }

    async fn post(&self, _: ChannelId, _: Post, _: &str) -> Result<MessageId, ChatError> {
        Err(ChatError::Unauthorized)
    }

    async fn edit(&self, place: ChannelId, _: MessageId, text: String) -> Result<(), ChatError> {
        self.edited_in.lock().push(place);
        self.edits.lock().push((self.now(), text));
        self.failures.lock().pop().map_or(Ok(()), Err)
    }

    async fn delete(&self, _: ChannelId, _: MessageId) -> Result<(), ChatError> {
        Ok(())
    }

    async fn react(&self, _: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
        Ok(())
    }

    async fn start_thread(&self, _: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
        Ok(())
    }

    async fn typing(&self, _: ChannelId) -> Result<(), ChatError> {
        self.typed.lock().push(self.now());
        Ok(())
    }

    async fn after(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
        Ok(Vec::new())
    }

    async fn standing(&self, _: UserId) -> Result<Standing, ChatError> {
        Ok(Standing::Stranger)
    }

    async fn before(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
        Ok(Vec::new())
    }
    fn lay_out_question(&self, _: &Question, _: Shape) -> Post {
        Post::default()
    }

    async fn audience(&self, _: ChannelId) -> Result<Audience, ChatError> {
        Err(ChatError::NotSent("not here".to_owned()))
    }

    async fn direct(&self, _: UserId) -> Result<ChannelId, ChatError> {
        Err(ChatError::NotSent("not here".to_owned()))
    }

    async fn close(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        Err(ChatError::NotSent("not here".to_owned()))
    }
}

/// A run as it is at one moment.
#[derive(Clone)]
pub(super) struct Play {
    pub(super) text: &'static str,
    pub(super) state: ProgressState,
}

impl Scene for Play {
    fn frame(&self) -> Frame {
        Frame {
            started: Millis::new(0),
            text: self.text.to_owned(),
            tools: Vec::new(),
            tool_calls: 0,
        }
    }

    fn state(&self) -> ProgressState {
        self.state
    }
}

/// Where runs are shown.
pub(super) struct Shown {
    pub(super) house: Arc<FakeHouse>,
    pub(super) slate: Arc<Slate>,
    pub(super) pace: Arc<Pace>,
    pub(super) delivered: broadcast::Sender<Delivered>,
    pub(super) clock: Clock,
    pub(super) run: RunId,
}

impl Shown {
    pub(super) fn new() -> Self {
        Self {
            house: Arc::default(),
            slate: Arc::new(Slate {
                start: Instant::now(),
                edits: Mutex::default(),
                edited_in: Mutex::default(),
                typed: Mutex::default(),
                failures: Mutex::default(),
                is_sparing: AtomicBool::default(),
            }),
            pace: Arc::default(),
            delivered: broadcast::channel(8).0,
            clock: Clock::held_at(Millis::new(0)),
            run: RunId::fresh(),
        }
    }

    pub(super) fn begin(&self) -> (watch::Sender<Play>, JoinHandle<()>) {
        let (says, progress) = watch::channel(working(""));
        let show = Show {
            stage: self.stage(),
            run: self.run,
            channel: CHANNEL,
            progress,
        };
        (says, tokio::spawn(show.run()))
    }

    pub(super) fn stage(&self) -> Stage {
        let delivered = self.delivered.clone();
        Stage {
            house: self.house.clone(),
            chat: self.slate.clone(),
            clock: self.clock.clone(),
            pace: Arc::clone(&self.pace),
            secrets: Secrets::new([SECRET.into()]),
            listen: Arc::new(move || delivered.subscribe()),
        }
    }

    pub(super) fn posted(&self) {
        self.posted_as(DeliveryKind::Live, MessageId::new(9));
    }

    pub(super) fn posted_as(&self, kind: DeliveryKind, message: MessageId) {
        let message = Some(message);
        *self.house.live_message.lock() = message;
        // Nobody listens before the first run begins.
        let _ = self.delivered.send(Delivered {
            run: Some(self.run),
            kind,
            message,
        });
    }

    /// Where was edited.
    pub(super) fn edited_in(&self) -> Vec<ChannelId> {
        self.slate.edited_in.lock().clone()
    }

    pub(super) fn edits(&self) -> Vec<(u128, String)> {
        self.slate.edits.lock().clone()
    }
}

pub(super) const fn working(text: &'static str) -> Play {
    Play {
        text,
        state: ProgressState::Working,
    }
}

/// Moves the clock in steps, so that what becomes due in between happens in between.
pub(super) async fn pass(span: Duration) {
    const STEP: Duration = Duration::from_millis(100);
    let mut left = span;
    settle().await;
    while !left.is_zero() {
        advance(STEP).await;
        settle().await;
        left = left.saturating_sub(STEP);
    }
}

/// Lets every task run until it waits for something.
pub(super) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

pub(super) fn shown(text: &str) -> String {
    crate::discord::render::live(text, &[], Duration::ZERO)
}
