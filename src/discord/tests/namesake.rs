//! Another server that has the same bot's token.

use discord_sim::{Sim, SimConfig};

use super::gateway::{Served, until_heard_last, watching};
use crate::{
    delivery::{Chat, Post, nonce},
    discord::{
        DiscordChat,
        testing::{CleanSim, channel, connected},
    },
    words::DeliveryId,
};

async fn says(sim: &Sim, chat: &DiscordChat, nonce: &str) {
    let post = Post {
        content: "hello".to_owned(),
        ..Post::default()
    };
    let said = chat.post(channel(sim, "general"), post, nonce).await;
    said.unwrap();
}

#[tokio::test]
async fn what_another_server_says_with_the_same_bot_is_noticed_once_and_nothing_else_is() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let ours = DeliveryId::fresh();
    let mut house = watching(&sim, Some(1));
    house.deliveries.push(ours);
    let served = Served::start(&sim, house).await;
    let chat = connected(&sim).await.chat();
    until_heard_last(&sim, &served.house, "ready").await;
    // Our own, and another program's.
    says(&sim, &chat, &nonce(ours, 0, 0)).await;
    says(&sim, &chat, "n-1").await;
    let foreign = || nonce(DeliveryId::fresh(), 0, 0);
    until_heard_last(&sim, &served.house, "nothing").await;
    assert_eq!(served.house.namesakes.lock().len(), 0);
    for _ in 0..3 {
        says(&sim, &chat, &foreign()).await;
    }
    until_heard_last(&sim, &served.house, "last").await;
    let house = served.stop().await;
    assert_eq!(*house.namesakes.lock(), [channel(&sim, "general")]);
}
