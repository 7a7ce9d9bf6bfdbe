//! The log of all renewals.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::Instant;

use super::connect::Road;
use super::family::Refusal;
use super::token::Service;
use crate::journal::Outcome;

/// One renewal that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// When its request was read.
    pub at: Instant,
    /// Whose path it came to; nothing when the connection was refused before it said so.
    pub service: Option<Service>,
    /// How it came.
    pub road: Road,
    /// What it said; `null` when that is no JSON.
    pub body: Value,
    /// What became of the refresh token.
    pub verdict: Verdict,
    /// What became of the answer.
    pub outcome: Outcome,
}

/// What the service makes of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has not looked at it.
    Unseen,
    /// New tokens were given out for it.
    Accepted,
    /// It gets nothing.
    Refused(Refusal),
}

/// One time that a refresh token came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: Instant,
    /// What became of it.
    pub verdict: Verdict,
}

impl Post {
    /// The refresh token that came.
    pub fn refresh(&self) -> Option<&str> {
        self.body["refresh_token"].as_str()
    }
}

/// All of them, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Posts(Arc<watch::Sender<Vec<Post>>>);

impl Posts {
    /// Writes one down. It is [`Outcome::Abandoned`] unless it is finished before the entry is dropped.
    pub(crate) fn open(&self, service: Service, road: Road, body: Value) -> Entry {
        let post = Post {
            at: Instant::now(),
            service: Some(service),
            road,
            body,
            verdict: Verdict::Unseen,
            outcome: Outcome::Open,
        };
        Entry {
            at: self.push(post),
            posts: self.clone(),
        }
    }

    /// Writes one down that was refused before it was read.
    pub(crate) fn refused(&self, road: Road) {
        self.push(Post {
            at: Instant::now(),
            service: None,
            road,
            body: Value::Null,
            verdict: Verdict::Unseen,
            outcome: Outcome::Cut,
        });
    }

    fn push(&self, post: Post) -> usize {
        let mut at = 0;
        self.0.send_modify(|posts| {
            at = posts.len();
            posts.push(post);
        });
        at
    }

    pub(crate) fn all(&self) -> Vec<Post> {
        self.0.borrow().clone()
    }

    pub(crate) fn uses(&self) -> BTreeMap<String, Vec<Use>> {
        let mut uses: BTreeMap<String, Vec<Use>> = BTreeMap::new();
        for post in self.0.borrow().iter() {
            if let Some(refresh) = post.refresh() {
                let Post { at, verdict, .. } = *post;
                uses.entry(refresh.to_owned())
                    .or_default()
                    .push(Use { at, verdict });
            }
        }
        uses
    }

    /// Waits until `wanted` accepts what has come so far; it is asked again after each change.
    pub(crate) async fn until(&self, wanted: impl Fn(&[Post]) -> bool) {
        let mut changes = self.0.subscribe();
        loop {
            changes.mark_unchanged();
            // On a copy, because `wanted` is foreign code and must not run under the lock.
            if wanted(&self.all()) {
                return;
            }
            // The sender lives as long as `self`, so there is always another change to wait for.
            let _ = changes.changed().await;
        }
    }
}

/// A renewal that is not answered yet.
#[derive(Debug)]
pub(crate) struct Entry {
    posts: Posts,
    at: usize,
}

impl Entry {
    /// What the service makes of the token.
    pub(crate) fn settle(&self, verdict: Verdict) {
        self.change(|post| post.verdict = verdict);
    }

    pub(crate) fn finish(&self, outcome: Outcome) {
        self.change(|post| post.outcome = outcome);
    }

    fn change(&self, how: impl FnOnce(&mut Post)) {
        self.posts.0.send_modify(|posts| {
            if let Some(post) = posts.get_mut(self.at) {
                how(post);
            }
        });
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.posts.0.send_if_modified(|posts| {
            let post = posts.get_mut(self.at);
            post.filter(|post| post.outcome == Outcome::Open)
                .map(|post| post.outcome = Outcome::Abandoned)
                .is_some()
        });
    }
}
