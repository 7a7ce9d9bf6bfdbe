//! The chat of an engine that stands alone.

use std::collections::HashMap;

use async_trait::async_trait;
use baton::{
    delivery::{Answer, Audience, Chat, ChatError, Post, Question, Seen, Shape, Standing},
    words::{ChannelId, MessageId, UserId},
};
use parking_lot::Mutex;
use tokio::sync::watch;

/// A chat in which nothing can be said; what was said before a conversation cannot be had either.
#[derive(Default)]
pub(super) struct Silence {
    /// What people are in the server; nothing is known of the others.
    people: Mutex<HashMap<UserId, Standing>>,
    asked: watch::Sender<usize>,
}

impl Silence {
    /// From now on it is known what somebody is.
    pub(super) fn tell(&self, person: UserId, standing: Standing) {
        self.people.lock().insert(person, standing);
    }

    /// How often it was asked what somebody is.
    pub(super) fn asked(&self) -> usize {
        *self.asked.borrow()
    }
}

fn nobody<T>() -> Result<T, ChatError> {
    Err(ChatError::NotSent("nobody is there".into()))
}

#[async_trait]
impl Chat for Silence {
    fn lay_out(&self, _: &Answer) -> Vec<Post> {
        Vec::new()
    }

    async fn post(&self, _: ChannelId, _: Post, _: &str) -> Result<MessageId, ChatError> {
        nobody()
    }

    async fn edit(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        nobody()
    }

    async fn delete(&self, _: ChannelId, _: MessageId) -> Result<(), ChatError> {
        nobody()
    }

    async fn react(&self, _: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
        nobody()
    }

    async fn start_thread(&self, _: ChannelId, _: MessageId, _: &str) -> Result<(), ChatError> {
        nobody()
    }

    async fn typing(&self, _: ChannelId) -> Result<(), ChatError> {
        nobody()
    }

    async fn after(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
        nobody()
    }

    async fn standing(&self, person: UserId) -> Result<Standing, ChatError> {
        self.asked.send_modify(|count| *count += 1);
        let known = self.people.lock().get(&person).cloned();
        known.map_or_else(nobody, Ok)
    }

    /// What was said before cannot be had, for the part that has it has a fault.
    async fn before(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
        panic!("a part of the server that has a fault");
    }
    fn lay_out_question(&self, _: &Question, _: Shape) -> Post {
        Post::default()
    }

    async fn audience(&self, _: ChannelId) -> Result<Audience, ChatError> {
        panic!("a part of the server that has a fault");
    }

    async fn direct(&self, _: UserId) -> Result<ChannelId, ChatError> {
        panic!("a part of the server that has a fault");
    }

    async fn close(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        panic!("a part of the server that has a fault");
    }
}
