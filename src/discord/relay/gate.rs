//! Who may begin a session now, and where the gateway is.

use std::{fmt::Display, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::sleep;

use super::super::{DiscordError, Link, ledger::Ledger};
use crate::{clock::Millis, delivery::ChatError};

/// How often a wait looks at the clock.
const LOOK: Duration = Duration::from_secs(1);

/// What Discord allows of IDENTIFYs (Discord: events/gateway#session-start-limit-object).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct StartLimit {
    /// How many are left.
    pub(in super::super) remaining: u64,
    /// When there are more.
    pub(in super::super) reset_after: Duration,
    /// How many in five seconds.
    pub(in super::super) concurrency: u64,
}

/// Tells where the gateway is.
#[async_trait]
pub(in super::super) trait Signpost: Send + Sync + 'static {
    /// The gateway's address and what is allowed there now. An error that is not a [`ChatError`] of
    /// a moment is for good.
    async fn gateway(&self) -> Result<(String, StartLimit), NoGateway>;

    /// Whether this address may be spoken to at all.
    fn check(&self, url: &str) -> Result<(), DiscordError>;

    /// Whether a session may be resumed at this address, which the gateway gave itself.
    fn may_resume_at(&self, url: &str) -> bool;
}

/// Why nobody knows where the gateway is.
#[derive(Debug)]
pub(in super::super) enum NoGateway {
    /// Perhaps later.
    Now(ChatError),
    /// Never.
    Ever(DiscordError),
}

impl NoGateway {
    /// It cannot be reached, for this reason.
    pub(super) fn now(why: &dyn Display) -> Self {
        Self::Now(ChatError::NotSent(why.to_string()))
    }
}

/// The way in for new sessions.
#[derive(Clone)]
pub(in super::super) struct Gate {
    pub(in super::super) signpost: Arc<dyn Signpost>,
    pub(in super::super) ledger: Ledger,
    pub(in super::super) link: Link,
}

impl Gate {
    /// Waits until an IDENTIFY may be sent; says why if that takes a while. Gives the gateway's
    /// address.
    pub(super) async fn permit(&self) -> Result<String, NoGateway> {
        loop {
            let (url, limit) = self.signpost.gateway().await?;
            let due = self.ledger.due(limit).await;
            match due.map_err(|error| NoGateway::now(&error))? {
                None => {
                    self.link.wait_over();
                    return Ok(url);
                }
                Some(wait) => {
                    if wait.why.is_worth_a_word() {
                        tracing::warn!(until = %wait.until, "{}", wait.why);
                        self.link.wait(wait.why.to_string());
                    }
                    self.until(wait.until).await;
                }
            }
        }
    }

    async fn until(&self, moment: Millis) {
        loop {
            let left = moment.since(self.ledger.clock.now());
            if left.is_zero() {
                return;
            }
            // The clock may be set while this sleeps.
            sleep(left.min(LOOK)).await;
        }
    }
}
