//! Waiting for the world without sleeping.

use std::fmt::Write;
use std::time::Duration;

use tokio::time::timeout;

use crate::shared::{Core, Shared};

use super::transcript;

/// The bound of every wait, so that a broken test ends and says what it saw. Far beyond what a slow and busy
/// machine needs.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a condition may return: `true`, or `Some` of what the test wants to have.
pub trait Outcome {
    /// What the wait gives back.
    type Value;

    /// The value, once the condition holds.
    fn settled(self) -> Option<Self::Value>;
}

impl Outcome for bool {
    type Value = ();

    fn settled(self) -> Option<()> {
        self.then_some(())
    }
}

impl<T> Outcome for Option<T> {
    type Value = T;

    fn settled(self) -> Self {
        self
    }
}

impl Shared {
    /// Waits until `condition` holds; looks again after every change.
    ///
    /// # Panics
    ///
    /// After 90 s, with the transcript of every channel and the end of the journal.
    #[expect(clippy::panic, reason = "a test language fails the test by panicking")]
    pub(crate) async fn wait_for<O: Outcome>(
        &self,
        what: &str,
        condition: impl Fn(&Core) -> O,
    ) -> O::Value {
        if let Some(value) = self.wait_within(PATIENCE, condition).await {
            return value;
        }
        panic!(
            "waited {PATIENCE:?} in vain for {what}\n{}",
            self.look(tell)
        );
    }

    /// Waits until `condition` holds, or for as long as `patience`.
    pub(crate) async fn wait_within<O: Outcome>(
        &self,
        patience: Duration,
        condition: impl Fn(&Core) -> O,
    ) -> Option<O::Value> {
        let mut changes = self.subscribe();
        let found = timeout(patience, async {
            loop {
                changes.mark_unchanged();
                if let Some(value) = self.look(&condition).settled() {
                    return Some(value);
                }
                changes.changed().await.ok()?;
            }
        });
        found.await.ok().flatten()
    }
}

/// What a person needs to see why a wait was in vain.
fn tell(core: &Core) -> String {
    let mut text = String::new();
    for channel in core
        .world
        .channels
        .values()
        .filter(|channel| channel.parent.is_none())
    {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "#{}\n{}",
            channel.name,
            transcript(&core.world, channel.id)
        );
    }
    text.push_str("the end of the journal:\n");
    for entry in core.journal.tail(40) {
        let _ = writeln!(text, "{entry:?}");
    }
    text
}
