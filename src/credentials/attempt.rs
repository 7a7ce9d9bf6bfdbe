//! One renewal, from the locks to the disk: nothing is sent before there is room for what comes, and what has come is
//! given up by nobody.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use reqwest::StatusCode;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    Endpoint, FileStore, Fingerprint, Outcome, Wire,
    course::{Ended, Seen},
    document::{self, Document, Held},
    file::{Look, NotStored, Reserved, is_old},
    lock::{self, Locks, PATIENCE},
    wire::Answer,
};
use crate::{
    clock::{Clock, Millis},
    observe::{Lease, Secrets},
    store::{RenewalId, Store, StoreError},
    words::SlotId,
};

/// What a renewal needs.
#[derive(Clone, Debug)]
pub(super) struct Renewal {
    pub(super) slot: SlotId,
    pub(super) file: FileStore,
    pub(super) endpoint: Endpoint,
    pub(super) wire: Arc<Wire>,
    pub(super) store: Store,
    pub(super) clock: Clock,
    /// Where a copy is kept if the file's disk refuses it.
    pub(super) rescue: PathBuf,
    /// What is shown to nobody.
    pub(super) secrets: Secrets,
    /// The server ends: nothing new is asked for.
    pub(super) stop: CancellationToken,
}

/// What an attempt came to, and what has to be held on to.
pub(super) struct Came {
    pub(super) ended: Ended,
    /// If the disk does not take the new tokens.
    pub(super) pending: Option<Pending>,
}

impl From<Ended> for Came {
    fn from(ended: Ended) -> Self {
        Self {
            ended,
            pending: None,
        }
    }
}

/// New tokens that are in memory alone. While they are, nobody else may renew with the old ones: the locks are kept.
pub(super) struct Pending {
    document: Document,
    after: Fingerprint,
    reserved: Option<Reserved>,
    _secret: Lease,
    _locks: Locks,
}

/// What came of another try.
pub(super) enum Tried {
    /// They are on disk.
    Stored(Seen),
    /// Somebody else has written another login.
    Changed(Seen),
    /// The disk still refuses.
    Refused(String),
}

/// What stands in a file, for the course.
pub(super) fn seen(look: &Look) -> Seen {
    match look {
        Look::Absent => Seen::Nothing,
        Look::Refused(why) => Seen::Refused(why.to_string()),
        Look::There { document, .. } => of(document),
    }
}

fn of(document: &Document) -> Seen {
    match document.held() {
        Held::Nothing => Seen::Nothing,
        Held::Blanked => Seen::Blanked,
        Held::Key => Seen::Lasting { expires_at: None },
        Held::Bare { expires_at } => Seen::Lasting { expires_at },
        Held::Tokens(tokens) => Seen::Tokens {
            print: tokens.print(),
            expires_at: tokens.expires_at,
        },
    }
}

/// Why a token is not sent of which another server never said what came of it.
const BROKEN_OFF: &str = "a server with the same directory was ended in the middle of a renewal";

impl Renewal {
    /// Renews the login with this fingerprint, if it is still the one in the file; `is_again` if its token may have been
    /// used and there is nothing to lose any more.
    pub(super) async fn run(&self, known: Fingerprint, is_again: bool) -> Came {
        let locks = match self.locks().await {
            Ok(Some(locks)) => locks,
            Ok(None) => return Ended::Busy.into(),
            Err(error) => return Ended::NoRoom(error.to_string()).into(),
        };
        let ready = match self.prepare(known, is_again).await {
            Ok(ready) => ready,
            Err(ended) => return ended.into(),
        };
        let noted = match self.note(known).await {
            Ok(noted) => noted,
            Err(error) => return Ended::NoRoom(error.to_string()).into(),
        };
        // Another program may have had the time to take the locks away and to use the token.
        let came = if self.stop.is_cancelled() || !locks.are_held() {
            Ended::Busy.into()
        } else if let Err(error) = self.file.note_sent(&known) {
            Ended::NoRoom(error.to_string()).into()
        } else {
            let outcome = self.wire.post(&self.endpoint.url, &ready.body).await;
            self.settle(known, ready, outcome, locks).await
        };
        if !matches!(came.ended, Ended::Doubt(_) | Ended::Held { .. }) {
            self.file.forget_sent(&known);
        }
        self.note_end(noted, &came.ended).await;
        came
    }

    async fn locks(&self) -> io::Result<Option<Locks>> {
        let locking = self.file.locks()?;
        tokio::select! {
            () = self.stop.cancelled() => Ok(None),
            locks = lock::take(locking, self.file.directory(), PATIENCE) => locks,
        }
    }

    /// Puts in place what an earlier process has left behind; `last` is the login that was seen last. What stands in
    /// the file then.
    pub(super) async fn recover(&self, last: Option<Fingerprint>) -> io::Result<Seen> {
        let Some(_locks) = self.locks().await? else {
            return Err(io::Error::other("somebody else holds the locks"));
        };
        let (file, rescue, slot) = (self.file.clone(), self.rescue.clone(), self.slot.clone());
        let recovered = blocking(move || {
            recover(&file, &rescue, &slot, last)?;
            Ok(seen(&file.look()))
        });
        let nobody = || Err(io::Error::other("the disk could not be asked"));
        recovered.await.unwrap_or_else(nobody)
    }

    /// Whether an earlier process has left something behind.
    pub(super) async fn has_left(&self) -> bool {
        let (file, rescue, slot) = (self.file.clone(), self.rescue.clone(), self.slot.clone());
        let left = blocking(move || {
            let is_beside = file.left_behind().is_ok_and(|left| !left.is_empty());
            is_beside || !rescued(&rescue, &slot).is_empty()
        });
        left.await.unwrap_or(false)
    }

    /// Finishes what an earlier process has left behind, reads the file once more, and makes room.
    async fn prepare(&self, known: Fingerprint, is_again: bool) -> Result<Ready, Ended> {
        let (file, rescue, slot) = (self.file.clone(), self.rescue.clone(), self.slot.clone());
        let (client, scopes) = (self.endpoint.client.clone(), self.endpoint.scopes.clone());
        let no_room = |error: io::Error| Ended::NoRoom(error.to_string());
        blocking(move || {
            // What was left may be what has come for this very token.
            recover(&file, &rescue, &slot, Some(known)).map_err(no_room)?;
            let look = file.look();
            let now = seen(&look);
            let Look::There { document, .. } = look else {
                return Err(Ended::Changed(now));
            };
            let Held::Tokens(tokens) = document.held() else {
                return Err(Ended::Changed(now));
            };
            if tokens.print() != known {
                return Err(Ended::Changed(now));
            }
            if !is_again && file.is_sent(&known) {
                return Err(Ended::Doubt(BROKEN_OFF.to_owned()));
            }
            let body = file.format().request(&tokens, &client, &scopes);
            let reserved = file.reserve(&known).map_err(no_room)?;
            Ok(Ready {
                document,
                reserved,
                body,
            })
        })
        .await
        .unwrap_or_else(|| Err(Ended::NoRoom("the disk could not be asked".to_owned())))
    }

    async fn note(&self, print: Fingerprint) -> Result<RenewalId, StoreError> {
        let mut tx = self.store.write().await?;
        let id = tx
            .begin_renewal(&self.slot, print.as_bytes(), self.clock.now())
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// A database that does not take the end takes it for a renewal that was cut off, which is the careful reading.
    async fn note_end(&self, id: RenewalId, ended: &Ended) {
        let noted = async {
            let mut tx = self.store.write().await?;
            // What the token may have been used for, and where its successors are, has to be noted first.
            let is_open = matches!(ended, Ended::Doubt(_) | Ended::Held { .. });
            let at = (!is_open).then(|| self.clock.now());
            tx.end_renewal(id, word(ended), at).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, slot = %self.slot, "the end of a renewal could not be noted");
        }
    }

    async fn settle(
        &self,
        known: Fingerprint,
        ready: Ready,
        outcome: Outcome,
        locks: Locks,
    ) -> Came {
        let answer = match outcome {
            Outcome::NotSent(why) => return Ended::NotSent(why).into(),
            Outcome::Doubt(why) => return Ended::Doubt(why).into(),
            Outcome::Answered(answer) => answer,
        };
        if is_of_another(answer.status) {
            let why = format!(
                "something before the service answered {}",
                answer.status.as_u16()
            );
            return Ended::Doubt(why).into();
        }
        if !answer.status.is_success() {
            return self.refused(known, &answer).await.into();
        }
        // Also one that broke off: if it can be read, it is whole.
        let fresh = match document::answer(self.file.format(), &answer.body, self.clock.now()) {
            Ok(fresh) => fresh,
            Err(unusable) => {
                let why = format!("the service's answer cannot be used: {unusable}");
                return Ended::Doubt(self.keep(known, answer.body, why).await).into();
            }
        };
        let document = ready.document.with(&fresh, self.clock.now());
        let pending = Pending {
            _secret: self.secrets.learn(document.secrets()),
            document,
            after: known,
            reserved: Some(ready.reserved),
            _locks: locks,
        };
        self.store(pending, answer.date).await
    }

    /// Puts new tokens on disk, and a copy on another one if theirs refuses.
    async fn store(&self, pending: Pending, date: Option<Millis>) -> Came {
        let (tried, pending) = self.try_again(pending).await;
        match tried {
            Tried::Stored(seen) => Ended::Renewed { seen, date }.into(),
            Tried::Changed(seen) => {
                tracing::warn!(slot = %self.slot, "the login was changed during a renewal; the one in the file is kept");
                Ended::Changed(seen).into()
            }
            Tried::Refused(why) => Came {
                ended: Ended::Held { date, why },
                pending,
            },
        }
    }

    /// Tries once more to put on disk what is in memory alone.
    pub(super) async fn try_again(&self, mut pending: Pending) -> (Tried, Option<Pending>) {
        let (file, rescue) = (self.file.clone(), self.rescue_of(pending.after));
        let tried = blocking(move || {
            let stored = pending.write(&file);
            match stored {
                Ok(()) => {
                    // Its copy is of no use any more.
                    let _ = std::fs::remove_file(&rescue);
                    (Tried::Stored(of(&pending.document)), None)
                }
                Err(error) => {
                    // Also if somebody else has written another login: that may be the older one.
                    keep_copy(&rescue, &pending.document);
                    match error {
                        NotStored::Changed => (Tried::Changed(seen(&file.look())), None),
                        NotStored::Io(error) => (Tried::Refused(error.to_string()), Some(pending)),
                    }
                }
            }
        });
        tried.await.unwrap_or_else(|| {
            (
                Tried::Refused("the disk could not be asked".to_owned()),
                None,
            )
        })
    }

    /// The service has answered that it will not.
    async fn refused(&self, known: Fingerprint, answer: &Answer) -> Ended {
        let may_be_final = matches!(
            answer.status,
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED
        );
        if may_be_final && is_final(&answer.body) {
            let file = self.file.clone();
            let now = blocking(move || seen(&file.look())).await;
            // Somebody else may have used it a moment before, and written what came.
            return match now {
                Some(now) if matches!(&now, Seen::Tokens { print, .. } if *print != known) => {
                    Ended::Changed(now)
                }
                Some(_) | None => Ended::Dead,
            };
        }
        Ended::Refused {
            status: answer.status.as_u16(),
            after: answer.after,
            date: answer.date,
        }
    }

    /// Keeps an answer that nobody could read.
    async fn keep(&self, known: Fingerprint, body: Vec<u8>, why: String) -> String {
        let file = self.file.clone();
        match blocking(move || file.keep_answer(&known, &body)).await {
            Some(Ok(path)) => format!("{why}; it is kept in {}", path.display()),
            Some(Err(error)) => format!("{why}; it could not be kept: {error}"),
            None => why,
        }
    }

    fn rescue_of(&self, print: Fingerprint) -> PathBuf {
        rescue_of(&self.rescue, &self.slot, print)
    }
}

struct Ready {
    document: Document,
    reserved: Reserved,
    body: Value,
}

impl Pending {
    fn write(&mut self, file: &FileStore) -> Result<(), NotStored> {
        let mut reserved = match self.reserved.take() {
            Some(reserved) => reserved,
            None => file.reserve(&self.after)?,
        };
        let written = reserved.try_commit(&self.document, &self.after);
        if written.is_err() && !reserved.is_lost() {
            self.reserved = Some(reserved);
        }
        written
    }
}

/// Puts in place what an earlier process could not; `last` is the login that was seen last. Whoever calls this holds
/// the locks. Fails if something is left that should be in place and is not.
fn recover(
    file: &FileStore,
    rescue: &Path,
    slot: &SlotId,
    last: Option<Fingerprint>,
) -> io::Result<()> {
    if file.finish(last.as_ref())? {
        tracing::warn!(%slot, "a renewed login that was left behind is in place now");
    }
    let before = match seen(&file.look()) {
        Seen::Tokens { print, .. } => Some(print),
        Seen::Blanked => last,
        Seen::Nothing | Seen::Lasting { .. } | Seen::Refused(_) => None,
    };
    for copy in rescued(rescue, slot) {
        let is_next = before.is_some_and(|print| copy == rescue_of(rescue, slot, print));
        if is_next && let Some(before) = &before {
            put_copy(file, &copy, before)?;
            tracing::warn!(%slot, "a renewed login whose disk had refused it is in place now");
        }
        if is_next || is_old(&copy) {
            std::fs::remove_file(&copy)?;
        }
    }
    Ok(())
}

fn put_copy(file: &FileStore, copy: &Path, before: &Fingerprint) -> io::Result<()> {
    let document = Document::parse(file.format(), &std::fs::read(copy)?);
    let document = document.ok_or_else(|| io::Error::other("a copy of a login is no login"))?;
    file.adopt(&document, before).map_err(io::Error::other)
}

/// The copies of an account's login that other disks had refused.
fn rescued(directory: &Path, slot: &SlotId) -> Vec<PathBuf> {
    let start = rescue_name(slot);
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let of_slot =
        |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| name.starts_with(&start));
    entries
        .filter(|entry| of_slot(&entry.file_name()))
        .map(|entry| entry.path())
        .collect()
}

fn rescue_of(directory: &Path, slot: &SlotId, print: Fingerprint) -> PathBuf {
    directory.join(format!("{}{}", rescue_name(slot), print.short()))
}

/// What the names of an account's copies begin with.
fn rescue_name(slot: &SlotId) -> String {
    // No slot has a dot in its name.
    format!("{}.{}.", slot.runtime, slot.name)
}

/// Writes a copy whole or not at all, in the place of an earlier one.
fn keep_copy(path: &Path, document: &Document) {
    let written = || -> io::Result<()> {
        use std::io::Write as _;
        let directory = path.parent().unwrap_or(path);
        super::file::make_private(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        file.write_all(&document.text())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        std::fs::File::open(directory)?.sync_all()
    };
    if let Err(error) = written() {
        tracing::error!(%error, "no copy of a renewed login could be kept either");
    }
}

/// What a proxy or a gateway says of itself, which may have passed the request on before: RFC 9110, 15.6.3 and 15.6.5,
/// and 520 to 524 of Cloudflare, which stands before both services.
fn is_of_another(status: StatusCode) -> bool {
    matches!(status.as_u16(), 502 | 504 | 520..=524)
}

/// What a service says of a refresh token that it never takes again: RFC 6749, 5.2, and what Codex 0.169 takes for
/// the same.
const FINAL: [&str; 4] = [
    "invalid_grant",
    "refresh_token_expired",
    "refresh_token_reused",
    "refresh_token_invalidated",
];

/// Whether an answer says so, by its error or by the kind of its error object.
fn is_final(body: &[u8]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &body["error"];
    [error, &error["type"], &error["code"], &body["code"]]
        .into_iter()
        .filter_map(Value::as_str)
        .any(|word| FINAL.contains(&word))
}

/// How an attempt is called in the database.
const fn word(ended: &Ended) -> &'static str {
    match ended {
        Ended::Busy => "busy",
        Ended::Changed(_) => "changed",
        Ended::NoRoom(_) => "no room",
        Ended::NotSent(_) => "not sent",
        Ended::Doubt(_) => "in doubt",
        Ended::Refused { .. } => "refused",
        Ended::Dead => "dead",
        Ended::Renewed { .. } => "renewed",
        Ended::Held { .. } => "in memory",
    }
}

/// What a disk is asked does not keep a worker of the server; `None` if there is none left to ask it.
pub(super) async fn blocking<T: Send + 'static>(
    ask: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    tokio::task::spawn_blocking(ask).await.ok()
}

#[cfg(test)]
mod tests;
