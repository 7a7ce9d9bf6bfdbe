//! A run being shown, on a clock that is moved by hand.

use std::{sync::atomic::Ordering, time::Duration};

use super::slate::{Shown, pass, shown, working};
use crate::{
    clock::Millis,
    delivery::ChatError,
    session::ProgressState,
    store::DeliveryKind,
    words::{ChannelId, MessageId},
};
#[tokio::test(start_paused = true)]
async fn typing_is_shown_at_once_and_every_eight_seconds_until_the_end() {
    let stage = Shown::new();
    let (says, task) = stage.begin();
    pass(Duration::from_secs(17)).await;
    says.send_modify(|play| play.state = ProgressState::Ended);
    task.await.unwrap();
    pass(Duration::from_secs(20)).await;
    assert_eq!(*stage.slate.typed.lock(), [0, 8_000, 16_000]);
    assert!(
        stage.house.live.lock().is_empty(),
        "there was nothing to show"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_over_soon_is_not_shown_at_work() {
    let stage = Shown::new();
    let (says, task) = stage.begin();
    says.send_replace(working("quick"));
    pass(Duration::from_millis(600)).await;
    says.send_modify(|play| play.state = ProgressState::Ended);
    task.await.unwrap();
    pass(Duration::from_secs(5)).await;
    assert!(stage.house.live.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_first_words_are_asked_for_once_and_edited_when_they_stand() {
    let stage = Shown::new();
    let (says, _task) = stage.begin();
    pass(Duration::from_millis(700)).await;
    says.send_replace(working("Hel"));
    pass(Duration::from_millis(100)).await;
    says.send_replace(working("Hello"));
    pass(Duration::from_millis(300)).await;
    assert_eq!(*stage.house.live.lock(), [shown("Hel")]);
    assert_eq!(stage.edits(), []);
    stage.posted();
    pass(Duration::from_secs(2)).await;
    assert_eq!(stage.edits(), [(1_100, shown("Hello"))]);
}

#[tokio::test(start_paused = true)]
async fn many_changes_become_few_edits_of_which_the_last_is_the_newest() {
    let stage = Shown::new();
    stage.posted();
    let (says, _task) = stage.begin();
    let (also, _other) = stage.begin();
    let words = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    for word in words {
        says.send_replace(working(word));
        also.send_replace(working(word));
        pass(Duration::from_millis(300)).await;
    }
    pass(Duration::from_secs(4)).await;
    let edits = stage.edits();
    let gaps: Vec<u128> = edits.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(gaps.iter().all(|gap| *gap >= 1_200), "{edits:?}");
    assert!(edits.len() <= 7, "{edits:?}");
    let last: Vec<&str> = edits
        .iter()
        .rev()
        .take(2)
        .map(|edit| edit.1.as_str())
        .collect();
    assert_eq!(last, [shown("l"), shown("l")]);
}

#[tokio::test(start_paused = true)]
async fn when_nothing_changes_only_the_time_is_shown_anew() {
    let stage = Shown::new();
    stage.posted();
    let (says, _task) = stage.begin();
    says.send_replace(working("thinking"));
    pass(Duration::from_secs(25)).await;
    let times: Vec<u128> = stage.edits().into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [700, 10_700, 20_700]);
}

#[tokio::test(start_paused = true)]
async fn too_fast_means_waiting_and_the_end_means_nothing_more() {
    let stage = Shown::new();
    stage.posted();
    stage
        .slate
        .failures
        .lock()
        .push(ChatError::Throttled(Duration::from_secs(5)));
    let (says, task) = stage.begin();
    says.send_replace(working("a"));
    pass(Duration::from_millis(800)).await;
    says.send_replace(working("b"));
    pass(Duration::from_secs(6)).await;
    assert_eq!(stage.edits(), [(700, shown("a")), (5_700, shown("b"))]);
    says.send_replace(working("c"));
    says.send_modify(|play| play.state = ProgressState::Ended);
    task.await.unwrap();
    pass(Duration::from_secs(20)).await;
    assert_eq!(stage.edits().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn while_discord_is_asked_as_little_as_possible_nothing_is_shown_and_then_the_newest() {
    let stage = Shown::new();
    stage.posted();
    stage.slate.is_sparing.store(true, Ordering::Relaxed);
    let (says, _task) = stage.begin();
    says.send_replace(working("a"));
    pass(Duration::from_secs(4)).await;
    says.send_replace(working("b"));
    pass(Duration::from_secs(4)).await;
    assert_eq!(stage.edits(), []);
    assert!(stage.slate.typed.lock().is_empty());
    stage.slate.is_sparing.store(false, Ordering::Relaxed);
    pass(Duration::from_secs(10)).await;
    let edits: Vec<String> = stage.edits().into_iter().map(|(_, text)| text).collect();
    assert_eq!(edits, [shown("b")]);
    assert!(!stage.slate.typed.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_almost_an_hour_old_is_replaced_by_another() {
    let stage = Shown::new();
    let old = MessageId::at(stage.clock.now());
    let posted_at = Millis::new(old.created_ms());
    stage.clock.advance(posted_at.since(stage.clock.now()));
    stage.posted_as(DeliveryKind::Live, old);
    let (says, _task) = stage.begin();
    says.send_replace(working("a"));
    stage.clock.advance(Duration::from_mins(54));
    pass(Duration::from_secs(1)).await;
    assert_eq!(stage.edits().len(), 1);
    assert_eq!(*stage.house.renewed.lock(), []);
    stage.clock.advance(Duration::from_mins(1));
    says.send_replace(working("b"));
    pass(Duration::from_secs(1)).await;
    says.send_replace(working("c"));
    pass(Duration::from_secs(1)).await;
    let renewed = stage.house.renewed.lock().clone();
    assert_eq!(
        renewed.iter().map(|(old, _)| *old).collect::<Vec<_>>(),
        [old]
    );
    assert!(renewed[0].1.starts_with("b\n"), "{renewed:?}");
    assert_eq!(stage.edits().len(), 1, "the old one is let alone");
    stage.posted_as(DeliveryKind::Live, MessageId::at(stage.clock.now()));
    pass(Duration::from_secs(2)).await;
    let last = stage.edits().pop().unwrap().1;
    assert!(last.starts_with("c\n"), "{last}");
    assert_eq!(stage.house.renewed.lock().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_discord_refused_the_thread_the_channels_pace_is_kept() {
    let stage = Shown::new();
    let channel = ChannelId::new(6);
    *stage.house.posts_in.lock() = Some(channel);
    stage.posted();
    let slot = stage.pace.budget(channel).slot().await;
    let (says, _task) = stage.begin();
    says.send_replace(working("a"));
    pass(Duration::from_secs(3)).await;
    assert_eq!(stage.edits(), []);
    slot.unused();
    pass(Duration::from_secs(3)).await;
    assert_eq!(stage.edits(), [(3_000, shown("a"))]);
    assert_eq!(stage.edited_in(), [channel]);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_discord_takes_for_too_old_is_replaced_by_another() {
    let stage = Shown::new();
    stage.posted();
    stage.slate.failures.lock().push(ChatError::Refused {
        status: 429,
        code: ChatError::TOO_OLD_TO_EDIT,
        text: "Try again later".to_owned(),
    });
    let (says, _task) = stage.begin();
    says.send_replace(working("a"));
    pass(Duration::from_secs(1)).await;
    assert_eq!(
        *stage.house.renewed.lock(),
        [(MessageId::new(9), shown("a"))]
    );
}
