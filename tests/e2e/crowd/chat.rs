//! A chat that is a file.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::Path,
};

use async_trait::async_trait;
use baton::{
    delivery::{Answer, Audience, Chat, ChatError, Post, Question, Seen, Shape, Standing},
    words::{ChannelId, MessageId, UserId},
};
use parking_lot::Mutex;

/// What was posted, a line each: the nonce and the text. As with Discord, a nonce is posted once.
pub(super) struct Paper(Mutex<Written>);

struct Written {
    file: File,
    lines: Vec<(String, String)>,
    by_nonce: HashMap<String, MessageId>,
}

impl Paper {
    pub(super) fn at(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        Self(Mutex::new(Written {
            file,
            lines: lines.collect(),
            by_nonce: HashMap::new(),
        }))
    }

    /// Answers, in the order in which they were posted.
    pub(super) fn answers(&self) -> Vec<String> {
        let written = self.0.lock();
        let texts = written.lines.iter().map(|(_, text)| text);
        texts
            .filter(|text| text.contains("[message from"))
            .cloned()
            .collect()
    }

    /// How many posts have this in them.
    pub(super) fn count(&self, what: &str) -> usize {
        let written = self.0.lock();
        written
            .lines
            .iter()
            .filter(|(_, text)| text.contains(what))
            .count()
    }
}

fn id(line: usize) -> MessageId {
    MessageId::new(1_000_000 + line as u64)
}

#[async_trait]
impl Chat for Paper {
    fn lay_out(&self, answer: &Answer) -> Vec<Post> {
        vec![Post {
            content: answer.markdown.clone(),
            ..Post::default()
        }]
    }

    async fn post(&self, _: ChannelId, post: Post, nonce: &str) -> Result<MessageId, ChatError> {
        let mut written = self.0.lock();
        if let Some(known) = written.by_nonce.get(nonce) {
            return Ok(*known);
        }
        let line = (nonce.to_owned(), post.content);
        let text = serde_json::to_string(&line).unwrap() + "\n";
        // In one piece, or a server that is killed here leaves half a line.
        written.file.write_all(text.as_bytes()).unwrap();
        let id = id(written.lines.len());
        written.lines.push(line);
        written.by_nonce.insert(nonce.to_owned(), id);
        Ok(id)
    }

    async fn edit(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        Ok(())
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
        Ok(())
    }

    async fn after(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
        Ok(Vec::new())
    }

    async fn standing(&self, _: UserId) -> Result<Standing, ChatError> {
        Ok(Standing::Member(Vec::new()))
    }

    async fn before(&self, _: ChannelId, _: MessageId, _: u8) -> Result<Vec<Seen>, ChatError> {
        Ok(Vec::new())
    }
    fn lay_out_question(&self, _: &Question, _: Shape) -> Post {
        Post::default()
    }

    async fn audience(&self, _: ChannelId) -> Result<Audience, ChatError> {
        Ok(Audience::Of {
            roles: Vec::new(),
            people: Vec::new(),
        })
    }

    async fn direct(&self, _: UserId) -> Result<ChannelId, ChatError> {
        Err(ChatError::NotSent("not here".to_owned()))
    }

    async fn close(&self, _: ChannelId, _: MessageId, _: String) -> Result<(), ChatError> {
        Err(ChatError::NotSent("not here".to_owned()))
    }
}
