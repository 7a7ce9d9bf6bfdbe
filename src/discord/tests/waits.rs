//! The place of a run in the queue being shown, on a clock that is moved by hand.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};

use super::slate::{CHANNEL, Shown, pass};
use crate::{
    delivery::ChatError,
    discord::waits::ShowWait,
    session::LiveWait,
    store::DeliveryKind,
    words::{ChannelId, MessageId},
};

const MESSAGE: MessageId = MessageId::new(9);

/// The channel of a thread that Discord refused.
const ELSEWHERE: ChannelId = ChannelId::new(6);

fn begin(
    shown: &Shown,
    first: Option<&str>,
    text: &str,
) -> (watch::Sender<String>, JoinHandle<()>) {
    let (says, text) = watch::channel(text.to_owned());
    let show = ShowWait {
        stage: shown.stage(),
        one_at_a_time: Arc::default(),
        wait: LiveWait {
            run: shown.run,
            first: first.map(ToOwned::to_owned),
            channel: CHANNEL,
            text,
        },
    };
    (says, tokio::spawn(show.run()))
}

fn edit(at: u128, text: &str) -> (u128, String) {
    (at, text.to_owned())
}

#[tokio::test(start_paused = true)]
async fn changes_are_shown_at_their_newest_and_five_seconds_apart() {
    let shown = Shown::new();
    let (says, _task) = begin(&shown, Some("third"), "third");
    shown.posted_as(DeliveryKind::Notice, MESSAGE);
    pass(Duration::from_secs(10)).await;
    assert_eq!(shown.edits(), [], "it says so already");
    says.send_replace("second".to_owned());
    pass(Duration::from_secs(1)).await;
    says.send_replace("first but one".to_owned());
    says.send_replace("first".to_owned());
    pass(Duration::from_secs(20)).await;
    assert_eq!(
        shown.edits(),
        [edit(10_000, "second"), edit(15_000, "first")]
    );
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_server_told_is_brought_up_to_date_once_it_stands() {
    let shown = Shown::new();
    let (_says, _task) = begin(&shown, None, "first");
    pass(Duration::from_secs(10)).await;
    assert_eq!(shown.edits(), []);
    shown.posted_as(DeliveryKind::Notice, MESSAGE);
    pass(Duration::from_secs(10)).await;
    assert_eq!(shown.edits(), [edit(10_000, "first")]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_shown_after_the_wait() {
    let shown = Shown::new();
    let (says, task) = begin(&shown, Some("second"), "second");
    shown.posted_as(DeliveryKind::Notice, MESSAGE);
    // Somebody else's edit takes the channel's turn, and meanwhile the wait ends.
    let slot = shown.pace.budget(CHANNEL).slot().await;
    says.send_replace("first".to_owned());
    pass(Duration::from_secs(1)).await;
    drop(says);
    drop(slot);
    pass(Duration::from_secs(10)).await;
    task.await.unwrap();
    assert_eq!(shown.edits(), []);
}

#[tokio::test(start_paused = true)]
async fn where_discord_refused_the_thread_it_is_shown_in_the_channel_and_at_its_pace() {
    let shown = Shown::new();
    *shown.house.posts_in.lock() = Some(ELSEWHERE);
    let (says, _task) = begin(&shown, Some("second"), "second");
    shown.posted_as(DeliveryKind::Notice, MESSAGE);
    // Somebody else's edit takes the channel's turn.
    let slot = shown.pace.budget(ELSEWHERE).slot().await;
    says.send_replace("first".to_owned());
    pass(Duration::from_secs(3)).await;
    assert_eq!(shown.edits(), []);
    slot.unused();
    pass(Duration::from_secs(3)).await;
    assert_eq!(shown.edits(), [edit(3_000, "first")]);
    assert_eq!(shown.edited_in(), [ELSEWHERE]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_changed_is_left_alone() {
    let shown = Shown::new();
    let (says, task) = begin(&shown, Some("second"), "second");
    shown.posted_as(DeliveryKind::Notice, MESSAGE);
    let refused = ChatError::Refused {
        status: 404,
        code: 10_008,
        text: "Unknown Message".to_owned(),
    };
    shown.slate.failures.lock().push(refused);
    says.send_replace("first".to_owned());
    pass(Duration::from_secs(1)).await;
    task.await.unwrap();
    assert_eq!(shown.edits(), [edit(0, "first")]);
}
