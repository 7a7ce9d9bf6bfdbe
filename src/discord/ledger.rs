//! How often the bot has introduced itself to the gateway.

use std::time::Duration;

use super::DiscordError;
use crate::{clock::Clock, store::Store};

/// Discord allows 1,000 IDENTIFYs in 24 hours and then resets the token (events/gateway#identifying).
/// We stop before, so that an operator can still start by hand.
const ALLOWED: u32 = 900;

const DAY: Duration = Duration::from_hours(24);

/// Counts IDENTIFYs across restarts: a service manager that restarts a crashing server every few
/// seconds would use them up in hours.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) store: Store,
    pub(super) clock: Clock,
}

impl Ledger {
    /// Notes one that is about to be sent, unless there were too many.
    pub(super) async fn enter(&self) -> Result<(), DiscordError> {
        let now = self.clock.now();
        let day_ago = crate::clock::Millis::new(
            now.get()
                .saturating_sub(i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX)),
        );
        let count = self.store.identifies_since(day_ago).await?;
        if count >= ALLOWED {
            return Err(DiscordError::TooManyStarts { count });
        }
        let mut tx = self.store.write().await?;
        tx.note_identify(now, day_ago).await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;

    #[tokio::test]
    async fn the_nine_hundred_and_first_start_of_a_day_is_refused_and_the_next_day_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::held_at(Millis::new(10 * 86_400_000));
        let ledger = Ledger {
            store: Store::open(directory.path()).await.unwrap(),
            clock: clock.clone(),
        };
        let mut tx = ledger.store.write().await.unwrap();
        for _ in 1..ALLOWED {
            tx.note_identify(clock.now(), Millis::new(0)).await.unwrap();
        }
        tx.commit().await.unwrap();
        ledger.enter().await.unwrap();
        assert!(matches!(
            ledger.enter().await,
            Err(DiscordError::TooManyStarts { count: ALLOWED })
        ));
        clock.advance(DAY + Duration::from_millis(1));
        ledger.enter().await.unwrap();
    }
}
