//! Logging an agent program's account in, from Discord.

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::timeout};

use super::{Engine, SessionError, agents::Errands, engine::permit_for};
use crate::{
    access::{Action, Permit},
    runtime::{Errand, Tidings},
    words::{RuntimeKind, UserId},
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
        let errand = self.agents.errand(kind, launcher, Errand::LogIn).await?;
        let Some(mut errand) = errand else {
            return Ok(Err(NoLogin::NoNeed));
        };
        let (url, code) = match timeout(BEGINS, errand.next()).await {
            Ok(Some(Tidings::Code { url, code })) => (url, code),
            Ok(Some(Tidings::Failed(why))) => return Ok(Err(NoLogin::Failed(why))),
            Ok(Some(Tidings::Models(_) | Tidings::LoggedIn { .. }) | None) | Err(_) => {
                return Ok(Err(NoLogin::Failed(String::new())));
            }
        };
        tracing::info!(by = %permit.person(), runtime = %kind, "a login was begun");
        let (ends, end) = oneshot::channel();
        let (engine, by) = (Arc::clone(self), permit.person());
        self.tasks.spawn(async move {
            let end = tokio::select! {
                () = engine.stop.cancelled() => return,
                end = end_of(errand) => end,
            };
            engine.note_login(kind, by, &end);
            // Nobody may wait for it any more.
            let _ = ends.send(end);
        });
        Ok(Ok(Login { url, code, end }))
    }

    fn note_login(&self, kind: RuntimeKind, by: UserId, end: &LoginEnd) {
        tracing::info!(%by, runtime = %kind, ?end, "a login has ended");
        if matches!(end, LoginEnd::LoggedIn { .. }) {
            self.accounts.of(kind).answered();
            self.offered.forget(kind);
        }
    }
}

async fn end_of(mut errand: Errands) -> LoginEnd {
    match timeout(CODE_HOLDS, errand.next()).await {
        Ok(Some(Tidings::LoggedIn { plan })) => LoginEnd::LoggedIn { plan },
        Ok(Some(Tidings::Failed(why))) => LoginEnd::Failed(why),
        Ok(Some(Tidings::Models(_) | Tidings::Code { .. }) | None) => {
            LoginEnd::Failed(String::new())
        }
        Err(_) => LoginEnd::TooLate,
    }
}
