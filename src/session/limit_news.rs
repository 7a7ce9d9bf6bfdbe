//! News of the account for people: that a limit is near, that nobody is logged in.

use super::{Engine, SessionError, insist::until_stored, sentences};
use crate::{
    runtime::{ErrorClass, Limit, Policy},
    words::{Alert, AlertKind, SessionId, SlotId},
};

/// From which part of a limit on people are warned. The service warns earlier too, by how fast it is used.
const NEAR: f64 = 0.9;

/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

impl Engine {
    /// How much of a limit is used was told: new sessions go where the most is left.
    pub(super) async fn note_headroom(&self, session: SessionId, limit: &Limit) {
        match self.store.session(session).await {
            Ok(row) => self.accounts.of(&row.account()).used(limit),
            Err(error) => tracing::warn!(%error, "what is left of an account was not noted"),
        }
    }

    /// Warns of a limit that is near: once, where it is first seen, and the operators.
    pub(super) async fn warn_of_limit(&self, session: SessionId, limit: &Limit) {
        if limit.used.is_some_and(|used| used < NEAR) {
            return;
        }
        let window = limit.window.as_deref().unwrap_or("limit");
        let reset = limit.resets_at.map_or_else(
            // Nobody knows when it is another one: then once a day.
            || format!("day {}", self.clock.now().get() / DAY),
            |at| (at.get() / 1_000).to_string(),
        );
        let stored = until_stored("a warning of a limit", || async {
            let row = self.store.session(session).await?;
            let slot = row.account();
            let key = format!("limit-near:{slot}:{window}:{reset}");
            let now = self.clock.now();
            let mut tx = self.store.write().await?;
            let text = sentences::limit_near(limit);
            let is_news = self
                .notice(&mut tx, key, session, row.thread_id, text)
                .await?;
            if is_news {
                let alert = Alert::LimitNear {
                    slot,
                    sentence: sentences::limit_near_for_operators(limit),
                };
                tx.raise(now, &alert).await?;
            }
            Ok(tx.commit().await?)
        });
        // What cannot be stored is in the log.
        let _ = stored.await;
        self.outbox.wake();
    }

    /// A turn failed: what that tells of the account is kept, and operators hear of it if they have to do
    /// something.
    pub(super) async fn note_failure(&self, slot: &SlotId, class: ErrorClass) {
        if class.policy() == Policy::LoginNeeded {
            self.kept.refused(slot);
        }
        if !self.accounts.of(slot).failed(class) {
            return;
        }
        let stored = until_stored("an alert", || async {
            let mut tx = self.store.write().await?;
            let now = self.clock.now();
            let alert = Alert::LoginNeeded {
                slot: slot.clone(),
                sentence: class.sentence().to_owned(),
            };
            tx.raise(now, &alert).await?;
            Ok(tx.commit().await?)
        });
        // What cannot be stored is in the log.
        let _ = stored.await;
        self.outbox.wake();
    }

    /// A turn was answered: its account takes turns.
    pub(super) async fn note_answer(&self, slot: &SlotId) {
        if self.accounts.of(slot).answered() {
            let stored = until_stored("that an account takes turns again", || async {
                let mut tx = self.store.write().await?;
                tx.unlimit_account(slot).await?;
                let subject = format!("account {slot}");
                tx.clear(self.clock.now(), AlertKind::LimitReached, &subject)
                    .await?;
                Ok::<_, SessionError>(tx.commit().await?)
            });
            // What cannot be stored is in the log.
            let _ = stored.await;
        }
    }
}
