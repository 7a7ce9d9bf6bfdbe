//! What is done to one route: Discord counts reading and writing each for itself, serenity counts them together.

use std::{sync::Arc, time::Duration};

use discord_sim::{RateLimits, RouteKind, Sim};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    delivery::{Chat, Post},
    discord::{
        connect::{self, connect},
        testing::{channel, secure_settings, secure_sim},
    },
    words::MessageId,
};

/// How many messages a channel takes in five seconds, and how many edits.
const AT_ONCE: usize = 5;

/// Less than what is left of these five seconds on any machine.
const WAITS: Duration = Duration::from_secs(2);

fn asked(sim: &Sim, route: RouteKind) -> usize {
    let journal = sim.journal();
    let calls = journal.iter().filter_map(|entry| entry.rest());
    calls.filter(|call| call.route == route).count()
}

#[tokio::test]
async fn serenity_has_who_reads_wait_because_somebody_has_written() {
    let sim = secure_sim(RateLimits::Realistic).await;
    let directory = tempfile::tempdir().unwrap();
    let settings = secure_settings(&sim, directory.path());
    let connection = connect(settings.clone()).await.unwrap();
    let http = connect::http(&settings, &connection.client);
    let general = sim.channel("general").get();
    for n in 0..AT_ONCE {
        let message = json!({"content": "hello", "nonce": n.to_string(), "enforce_nonce": true});
        let sent = http.send_message(general.into(), Vec::new(), &message);
        sent.await.unwrap();
    }
    let start = Instant::now();
    let page = http.get_messages(general.into(), None, Some(1)).await;
    assert_eq!(page.unwrap().len(), 1);
    assert!(start.elapsed() >= WAITS, "{:?}", start.elapsed());
    sim.assert_clean();
}

#[tokio::test]
async fn who_reads_or_deletes_does_not_wait_for_who_posts_and_edits() {
    let sim = secure_sim(RateLimits::Realistic).await;
    let directory = tempfile::tempdir().unwrap();
    let connection = connect(secure_settings(&sim, directory.path())).await;
    let connection = connection.unwrap();
    let chat = connection.chat();
    let general = channel(&sim, "general");
    let mut posted = Vec::new();
    for n in 0..AT_ONCE {
        let post = Post {
            content: format!("message {n}"),
            ..Post::default()
        };
        posted.push(chat.post(general, post, &format!("n-{n}")).await.unwrap());
    }
    for message in &posted {
        chat.edit(general, *message, "other".to_owned())
            .await
            .unwrap();
    }
    // One more of each has to wait, and says so by not being there when the others are.
    let waiting = Arc::clone(&chat);
    let first = posted[0];
    let more = tokio::spawn(async move {
        let edit = waiting.edit(general, first, "once more".to_owned());
        let post = waiting.post(general, Post::default(), "n-x");
        let _ = tokio::join!(edit, post);
    });
    let page = chat.after(general, MessageId::new(1), 100).await.unwrap();
    assert_eq!(page.len(), AT_ONCE);
    chat.delete(general, posted[1]).await.unwrap();
    let asked = [RouteKind::PostMessage, RouteKind::EditMessage].map(|route| asked(&sim, route));
    assert_eq!(asked, [AT_ONCE; 2]);
    more.abort();
    sim.assert_clean();
}
