//! What was shown of questions to one person alone, behind a veil. Discord lets such a message be changed for
//! 15 minutes, and only by who has the token of the click that it answers; so the tokens are kept as long, to
//! take the buttons away when the question ends. They are forgotten with the process: then somebody who
//! presses one of these buttons is told what became of the question, and that takes them away.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use serenity::{all as sn, http::Http};
use tokio::time::Instant;

use super::{chat::nobody, replies};
use crate::{observe::Secrets, words::MessageId};

/// How long a token is of use (interactions/receiving-and-responding), less a moment.
const KEPT: Duration = Duration::from_mins(14);

/// Copies that are remembered; the oldest is forgotten for another one.
const REMEMBERED: usize = 500;

/// The copies of the last while.
#[derive(Debug)]
pub(super) struct Copies {
    http: Arc<Http>,
    secrets: Secrets,
    kept: Mutex<VecDeque<Shown>>,
}

#[derive(Debug)]
struct Shown {
    /// The message of the question.
    of: MessageId,
    token: String,
    until: Instant,
}

impl Copies {
    pub(super) const fn new(http: Arc<Http>, secrets: Secrets) -> Self {
        Self {
            http,
            secrets,
            kept: Mutex::new(VecDeque::new()),
        }
    }

    /// A question was shown to somebody in answer to this token.
    pub(super) fn keep(&self, of: MessageId, token: &str) {
        let now = Instant::now();
        let mut kept = self.kept.lock();
        kept.retain(|copy| copy.until > now);
        if kept.len() >= REMEMBERED {
            kept.pop_front();
        }
        kept.push_back(Shown {
            of,
            token: token.to_owned(),
            until: now + KEPT,
        });
    }

    /// The question has ended: all its copies say so and have no buttons any more. Nobody waits for that.
    pub(super) fn close(&self, of: MessageId, content: &str) {
        let content = self.secrets.redact(content);
        for token in self.take(of) {
            let http = Arc::clone(&self.http);
            let closed = sn::EditInteractionResponse::new()
                .content(&*content)
                .allowed_mentions(nobody())
                .components(Vec::new());
            tokio::spawn(async move {
                if let Err(error) = replies::tell(&http, &token, closed).await {
                    tracing::debug!(%error, "what somebody alone was shown of a question stays as it is");
                }
            });
        }
    }

    fn take(&self, of: MessageId) -> Vec<String> {
        let now = Instant::now();
        let mut kept = self.kept.lock();
        let (taken, others) = kept.drain(..).partition(|copy| copy.of == of);
        *kept = others;
        let taken: VecDeque<Shown> = taken;
        let usable = taken.into_iter().filter(|copy| copy.until > now);
        usable.map(|copy| copy.token).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: MessageId = MessageId::new(1);
    const SECOND: MessageId = MessageId::new(2);

    fn copies() -> Copies {
        Copies::new(Arc::new(Http::new("token")), Secrets::default())
    }

    #[tokio::test(start_paused = true)]
    async fn the_copies_of_a_question_are_taken_once_and_as_long_as_they_can_be_changed() {
        let copies = copies();
        for (of, token) in [(FIRST, "a"), (SECOND, "b"), (FIRST, "c")] {
            copies.keep(of, token);
        }
        assert_eq!(copies.take(FIRST), ["a", "c"]);
        assert_eq!(copies.take(FIRST), Vec::<String>::new());
        tokio::time::advance(KEPT).await;
        assert_eq!(copies.take(SECOND), Vec::<String>::new());
    }

    #[tokio::test]
    async fn however_often_somebody_looks_the_last_copies_are_remembered_and_no_more() {
        let copies = copies();
        copies.keep(SECOND, "first");
        for at in 0..REMEMBERED {
            copies.keep(FIRST, &at.to_string());
        }
        assert_eq!(copies.take(SECOND), Vec::<String>::new());
        assert_eq!(copies.take(FIRST).len(), REMEMBERED);
    }
}
