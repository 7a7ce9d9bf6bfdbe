//! Logging an agent program's account in, from Discord.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::oneshot, time::timeout};
use uuid::Uuid;

use super::{Engine, SessionError, agents::Errands, engine::permit_for};
use crate::{
    access::{Action, Permit},
    runtime::{Errand, Tidings},
    words::{Alert, LoginNews, RuntimeKind, SlotId, UserId},
};

/// How long a person may take. A code is good for fifteen minutes, and that long Discord lets a command be answered
/// (Discord: interactions/receiving-and-responding#followup-messages); he is told before that.
pub const CODE_HOLDS: Duration = Duration::from_mins(14);

/// How long the program may take until it has a code. It asks its service for that.
const BEGINS: Duration = Duration::from_secs(30);

/// A login that a person can go on with.
#[derive(Debug)]
pub struct Login {
    /// What he has to open, on whatever machine.
    pub url: String,
    /// What he has to type there.
    pub code: String,
    /// How it ends. The login goes on when nobody waits for that.
    pub end: oneshot::Receiver<LoginEnd>,
}

/// How a login ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginEnd {
    /// The account is logged in; with this plan, if the program knows that.
    LoggedIn {
        /// As the program names it.
        plan: Option<String>,
    },
    /// It was refused; why, in the program's words.
    Failed(String),
    /// Nobody has typed the code in time.
    TooLate,
}

/// Why no login can be begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoLogin {
    /// It needs none: its service has a key of the operator's.
    NoNeed,
    /// Projects start it with different launchers, and a login bears one.
    Launchers,
    /// Somebody else has begun one that is not over.
    Begun(UserId),
    /// The program cannot; why, in its words.
    Failed(String),
}

impl Engine {
    /// Begins to log the account of an agent program in. Whoever has the code can do that.
    pub async fn log_in(
        self: &Arc<Self>,
        permit: &Permit,
        kind: RuntimeKind,
    ) -> Result<Result<Login, NoLogin>, SessionError> {
        permit_for(permit, Action::LogIn)?;
        let Some(launcher) = self.projects.launcher_of(kind) else {
            return Ok(Err(NoLogin::Launchers));
        };
        let by = permit.person();
        let begun = self.begin_login(kind, launcher, by).await;
        if let Ok(Err(NoLogin::Failed(why))) = &begun {
            tracing::warn!(%by, runtime = %kind, why, "a login could not be begun");
        }
        begun
    }

    async fn begin_login(
        self: &Arc<Self>,
        kind: RuntimeKind,
        launcher: &[String],
        by: UserId,
    ) -> Result<Result<Login, NoLogin>, SessionError> {
        let holds = match self.logins.begin(kind, by) {
            Ok(holds) => holds,
            Err(other) => return Ok(Err(NoLogin::Begun(other))),
        };
        let asking = async {
            let errand = self
                .agents
                .errand(&SlotId::main(kind), launcher, Errand::LogIn)
                .await?;
            let Some(mut errand) = errand else {
                return Ok::<_, SessionError>(None);
            };
            let told = errand.next().await;
            Ok(Some((errand, told)))
        };
        let (errand, url, code) = match timeout(BEGINS, asking).await {
            Ok(asked) => match asked? {
                Some((errand, Some(Tidings::Code { url, code }))) => (errand, url, code),
                Some((_, Some(Tidings::Failed(why)))) => return Ok(Err(NoLogin::Failed(why))),
                Some((
                    _,
                    Some(Tidings::Models(_) | Tidings::LoggedIn { .. } | Tidings::LookedAfter)
                    | None,
                )) => {
                    return Ok(Err(NoLogin::Failed(String::new())));
                }
                None => return Ok(Err(NoLogin::NoNeed)),
            },
            Err(_) => return Ok(Err(NoLogin::Failed(String::new()))),
        };
        self.tell_of_login(kind, by, LoginNews::Begun, "a code was given")
            .await?;
        let (ends, end) = oneshot::channel();
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            let _holds = holds;
            let end = tokio::select! {
                () = engine.stop.cancelled() => return,
                end = end_of(errand) => end,
            };
            engine.note_login(kind, by, &end).await;
            // Nobody may wait for it any more.
            let _ = ends.send(end);
        });
        Ok(Ok(Login { url, code, end }))
    }

    /// What has come of a login, for everybody who asks later.
    async fn note_login(&self, kind: RuntimeKind, by: UserId, end: &LoginEnd) {
        let how = match end {
            LoginEnd::LoggedIn { .. } => {
                self.note_answer(&SlotId::main(kind)).await;
                self.offered.forget(kind);
                "logged in"
            }
            LoginEnd::Failed(why) => {
                tracing::warn!(%by, runtime = %kind, why, "a login has failed");
                "not logged in: refused"
            }
            LoginEnd::TooLate => "not logged in: nobody has typed the code",
        };
        let told = self.tell_of_login(kind, by, LoginNews::Ended, how).await;
        if let Err(error) = told {
            error.log("the end of a login could not be stored");
        }
    }

    /// Notes it in the audit trail. Operators hear of it: whoever logs in decides who sees what everybody says.
    async fn tell_of_login(
        &self,
        kind: RuntimeKind,
        by: UserId,
        news: LoginNews,
        how: &str,
    ) -> Result<(), SessionError> {
        let now = self.clock.now();
        let object = format!("the account of {}", kind.name());
        let alert = Alert::Login {
            slot: SlotId::main(kind),
            kind: news,
            sentence: format!("<@{by}> uses `/login {kind}`: {how}."),
        };
        let action = alert.kind().as_str();
        let mut tx = self.store.write().await?;
        tx.audit(now, Some(by), action, &object, how).await?;
        tx.raise(now, &alert).await?;
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}

/// Who is logging an account in.
#[derive(Debug, Default)]
pub(super) struct Logins(Arc<Mutex<HashMap<RuntimeKind, (UserId, Uuid)>>>);

/// Whoever holds it has begun a login.
#[derive(Debug)]
struct Holds {
    all: Arc<Mutex<HashMap<RuntimeKind, (UserId, Uuid)>>>,
    kind: RuntimeKind,
    id: Uuid,
}

impl Logins {
    /// Begins one, unless somebody else has. One's own is begun anew.
    fn begin(&self, kind: RuntimeKind, by: UserId) -> Result<Holds, UserId> {
        let mut all = self.0.lock();
        if let Some((other, _)) = all.get(&kind).filter(|(other, _)| *other != by) {
            return Err(*other);
        }
        let id = Uuid::new_v4();
        all.insert(kind, (by, id));
        let all = Arc::clone(&self.0);
        Ok(Holds { all, kind, id })
    }
}

impl Drop for Holds {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        if all.get(&self.kind).is_some_and(|(_, id)| *id == self.id) {
            all.remove(&self.kind);
        }
    }
}

async fn end_of(mut errand: Errands) -> LoginEnd {
    match timeout(CODE_HOLDS, errand.next()).await {
        Ok(Some(Tidings::LoggedIn { plan })) => LoginEnd::LoggedIn { plan },
        Ok(Some(Tidings::Failed(why))) => LoginEnd::Failed(why),
        Ok(Some(Tidings::Models(_) | Tidings::Code { .. } | Tidings::LookedAfter) | None) => {
            LoginEnd::Failed(String::new())
        }
        Err(_) => LoginEnd::TooLate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_at_a_time_logs_an_account_in() {
        let (ann, bob) = (UserId::new(1), UserId::new(2));
        let (claude, codex) = (RuntimeKind::Claude, RuntimeKind::Codex);
        let logins = Logins::default();
        let first = logins.begin(codex, ann).unwrap();
        assert_eq!(logins.begin(codex, bob).unwrap_err(), ann);
        logins.begin(claude, bob).unwrap();
        let again = logins.begin(codex, ann).unwrap();
        drop(first);
        assert_eq!(logins.begin(codex, bob).unwrap_err(), ann, "it goes on");
        drop(again);
        logins.begin(codex, bob).unwrap();
    }
}
