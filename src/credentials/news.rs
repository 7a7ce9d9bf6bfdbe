//! Tells people how an account's login fares.

use std::{collections::BTreeSet, time::Duration};

use parking_lot::Mutex;

use super::course::News;
use crate::{
    clock::{Clock, Millis},
    store::{Store, StoreError},
    words::SlotId,
};

/// Tells the operators of one account.
pub(super) struct Bearer {
    slot: SlotId,
    /// What a person runs to log in.
    login: String,
    store: Store,
    clock: Clock,
    /// What they were told of that is not over.
    told: Mutex<BTreeSet<&'static str>>,
}

/// What there is to tell.
enum Word {
    /// Something begins: its kind, and a sentence.
    Begins(&'static str, String),
    /// Something is over: its kind, and a sentence.
    Over(&'static str, &'static str),
}

impl Bearer {
    pub(super) fn new(slot: SlotId, login: String, store: Store, clock: Clock) -> Self {
        Self {
            slot,
            login,
            store,
            clock,
            told: Mutex::default(),
        }
    }

    /// Tells what is news to people.
    pub(super) async fn tell(&self, news: News) {
        match word(&self.login, news) {
            Word::Begins(kind, text) => self.begins(kind, &text).await,
            Word::Over(kind, text) => self.is_over(kind, text).await,
        }
    }

    async fn begins(&self, kind: &'static str, text: &str) {
        let is_told = self.told.lock().contains(kind);
        if (!is_told || kind == FAILS) && self.raise(kind, text).await {
            self.told.lock().insert(kind);
        }
    }

    async fn is_over(&self, kind: &'static str, text: &str) {
        if self.told.lock().contains(kind) && self.raise(kind, text).await {
            self.told.lock().remove(kind);
        }
    }

    /// There are so many bytes free where the login lies.
    pub(super) async fn disk(&self, free: u64, low: u64) {
        const LOW: &str = "disk_low";
        if free < low {
            let text = format!(
                "There are {} MiB left where this login lies. Make room: a login that cannot be written is lost.",
                free >> 20
            );
            self.begins(LOW, &text).await;
        } else {
            self.is_over(LOW, "There is room again where this login lies.")
                .await;
        }
    }

    /// Says whether it is stored.
    async fn raise(&self, kind: &str, text: &str) -> bool {
        let place = format!("account {}", self.slot);
        let raised: Result<(), StoreError> = async {
            let mut tx = self.store.write().await?;
            tx.alert(self.clock.now(), kind, &place, text).await?;
            tx.commit().await
        }
        .await;
        if let Err(error) = &raised {
            tracing::warn!(%error, kind, text, "an alert could not be stored");
        }
        raised.is_ok()
    }
}

const FAILS: &str = "login_not_renewed";

/// `login` is what a person runs to log in.
fn word(login: &str, news: News) -> Word {
    match news {
        News::Fails(failures, why) => Word::Begins(
            FAILS,
            format!(
                "This login could not be renewed {failures} times in a row: {why}. {}",
                urgency(failures)
            ),
        ),
        News::Works => Word::Over(FAILS, "This login can be renewed again."),
        News::Lost(why) => Word::Begins(
            "login_lost",
            format!("Nobody is logged in any more: {why}. Run {login} as Baton's user; Baton goes on by itself then."),
        ),
        News::Back => Word::Over("login_lost", "Somebody has logged in again."),
        News::Doubtful(again, why) => Word::Begins(
            "login_doubtful",
            format!(
                "It is not known whether the service has received the renewal of this login: {why}. Its token is \
                 used once more {}; to be safe, run {login} before.",
                again.map_or_else(|| "when a turn is refused".to_owned(), |at| format!("at {}", time(at)))
            ),
        ),
        News::Settled => Word::Over("login_doubtful", "It is known again how this login is."),
        News::Held(why) => Word::Begins(
            "login_not_stored",
            format!(
                "The new tokens of this login are in memory alone: {why}. Make room or make its disk writable, and \
                 do not stop Baton before; it tries again by itself."
            ),
        ),
        News::Stored => Word::Over("login_not_stored", "The new tokens of this login are on disk."),
        News::NoRoom(why) => Word::Begins(
            "login_no_room",
            format!("This login is not renewed, because what comes could not be kept: {why}."),
        ),
        News::Room => Word::Over("login_no_room", "There is room for the new tokens of this login."),
        News::Skewed(apart, is_ahead) => Word::Begins("clock_skew", skewed(apart, is_ahead)),
        News::Agree => Word::Over("clock_skew", "This machine's clock agrees with the service's again."),
        News::Stuck => Word::Begins(
            "login_locked",
            "Another program holds the locks of this login and does not let go: this login is not renewed.".to_owned(),
        ),
        News::Free => Word::Over("login_locked", "The locks of this login are free again."),
        News::Unread(why) => Word::Begins(
            "login_unread",
            format!("The file of this login is not read: {why}. Replace it by a plain file of Baton's user."),
        ),
        News::Read => Word::Over("login_unread", "The file of this login is read again."),
    }
}

fn urgency(failures: u32) -> &'static str {
    match failures {
        ..7 => "Baton tries again.",
        7..10 => "Look whether this machine reaches the service.",
        10.. => {
            "Baton tries every 30 minutes from now on. Look whether this machine reaches the service, or log in again."
        }
    }
}

fn skewed(apart: Duration, is_ahead: bool) -> String {
    let way = if is_ahead { "ahead of" } else { "behind" };
    let minutes = apart.as_secs() / 60;
    format!(
        "This machine's clock is {minutes} minutes {way} the service's: this login is not renewed until they agree. \
         Set the clock."
    )
}

/// A moment, for people.
fn time(at: Millis) -> String {
    format!("<t:{}:t>", at.get().div_euclid(1_000))
}
