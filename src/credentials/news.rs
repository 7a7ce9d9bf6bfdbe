//! Tells people how an account's login fares.

use std::path::PathBuf;

use parking_lot::Mutex;

use super::course::News;
use crate::{
    clock::Clock,
    store::{Store, StoreError},
    words::{Alert, AlertKind, Skew, SlotId},
};

/// Tells the operators of one account.
pub(super) struct Bearer {
    slot: SlotId,
    /// What a person runs to log in.
    login: String,
    /// Where its login lies.
    directory: PathBuf,
    store: Store,
    clock: Clock,
    /// Whether there was little room at the last look; `None` before the first.
    was_low: Mutex<Option<bool>>,
}

/// What there is to tell.
enum Word {
    Begins(Alert),
    Over(AlertKind),
}

impl Bearer {
    pub(super) fn new(
        slot: SlotId,
        (login, directory): (String, PathBuf),
        store: Store,
        clock: Clock,
    ) -> Self {
        Self {
            slot,
            login,
            directory,
            store,
            clock,
            was_low: Mutex::default(),
        }
    }

    /// Tells what is news to people.
    pub(super) async fn tell(&self, news: Vec<News>) {
        let words: Vec<Word> = news.into_iter().map(|one| self.word(one)).collect();
        if !words.is_empty() {
            self.store(&words).await;
        }
    }

    /// There are so many bytes free where the login lies.
    pub(super) async fn disk(&self, free: u64, low: u64) {
        let is_low = free < low;
        // What lasts is said again: whether people hear of it is decided where it is stored.
        if !is_low && *self.was_low.lock() == Some(false) {
            return;
        }
        let word = if is_low {
            Word::Begins(Alert::DiskLow {
                path: self.directory.clone(),
                free,
            })
        } else {
            Word::Over(AlertKind::DiskLow)
        };
        if self.store(&[word]).await {
            *self.was_low.lock() = Some(is_low);
        }
    }

    /// Says whether it is stored.
    async fn store(&self, words: &[Word]) -> bool {
        let now = self.clock.now();
        let stored: Result<(), StoreError> = async {
            let mut tx = self.store.write().await?;
            for word in words {
                match word {
                    Word::Begins(alert) => tx.raise(now, alert).await?,
                    Word::Over(kind) => tx.clear(now, *kind, &self.subject(*kind)).await?,
                }
            }
            tx.commit().await
        }
        .await;
        if let Err(error) = &stored {
            tracing::warn!(%error, slot = %self.slot, "an alert could not be stored");
        }
        stored.is_ok()
    }

    fn subject(&self, kind: AlertKind) -> String {
        if kind == AlertKind::DiskLow {
            self.directory.display().to_string()
        } else {
            format!("account {}", self.slot)
        }
    }

    fn word(&self, news: News) -> Word {
        let (slot, login) = (self.slot.clone(), self.login.clone());
        match news {
            News::Fails(failures, why) => Word::Begins(Alert::RefreshFails {
                slot,
                failures,
                why,
            }),
            News::Works => Word::Over(AlertKind::LoginNotRenewed),
            News::Lost(why) => Word::Begins(Alert::LoginLost {
                slot,
                why: why.to_owned(),
                login,
            }),
            News::Back => Word::Over(AlertKind::LoginLost),
            News::Doubtful(until, why) => Word::Begins(Alert::Doubtful {
                slot,
                until,
                why,
                login,
            }),
            News::Settled => Word::Over(AlertKind::LoginDoubtful),
            News::Held(why) => Word::Begins(Alert::NotStored { slot, why }),
            News::Stored => Word::Over(AlertKind::LoginNotStored),
            News::NoRoom(why) => Word::Begins(Alert::NoRoom { slot, why }),
            News::Room => Word::Over(AlertKind::LoginNoRoom),
            News::Skewed(by, is_ahead) => {
                let way = if is_ahead { Skew::Ahead } else { Skew::Behind };
                Word::Begins(Alert::ClockSkew { slot, by, way })
            }
            News::Agree => Word::Over(AlertKind::ClockSkew),
            News::Stuck => Word::Begins(Alert::LockStuck { slot }),
            News::Free => Word::Over(AlertKind::LoginLocked),
            News::EndsSoon(at) => Word::Begins(Alert::EndsSoon { slot, at, login }),
            News::LastsOn => Word::Over(AlertKind::LoginEndsSoon),
            News::Unread(why) => Word::Begins(Alert::Unread { slot, why }),
            News::Read => Word::Over(AlertKind::LoginUnread),
        }
    }
}
