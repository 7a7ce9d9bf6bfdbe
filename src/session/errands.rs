//! What agent programs are asked for that nobody waits for: the models that they offer, and that they look
//! after their logins.

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;

use super::{Engine, SessionError};
use crate::{
    runtime::{Errand, Tidings},
    words::SlotId,
};

/// How long a program may take to answer.
const ANSWERS: Duration = Duration::from_secs(30);

impl Engine {
    /// Asks an agent program for something. `None`, and a line in the log, if it does not give it; without one if it
    /// cannot be asked for that.
    pub(super) async fn ask_program(&self, account: &SlotId, errand: Errand) -> Option<Tidings> {
        let asking = async {
            // With which of several it may be started for this nobody has said.
            let Some(launcher) = self.projects.launcher_of(account.runtime) else {
                return Ok(None);
            };
            let asked = self.agents.errand(account, launcher, errand).await?;
            let Some(mut asked) = asked else {
                return Ok(None);
            };
            let silence = Tidings::Failed("it has hung up".to_owned());
            Ok::<_, SessionError>(Some(asked.next().await.unwrap_or(silence)))
        };
        let told = tokio::select! {
            () = self.stop.cancelled() => return None,
            told = timeout(ANSWERS, asking) => told,
        };
        let why = match told {
            Ok(Ok(Some(Tidings::Failed(why)))) => why,
            Ok(Ok(told)) => return told,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer".to_owned(),
        };
        tracing::info!(%account, ?errand, why, "an agent program does not do what it is asked for");
        None
    }

    /// Has agent programs look after logins that have run out and are theirs to renew.
    pub(super) async fn wake_programs(self: Arc<Self>) {
        loop {
            let slots = tokio::select! {
                () = self.stop.cancelled() => return,
                slots = self.kept.to_be_woken() => slots,
            };
            for slot in slots {
                let told = self.ask_program(&slot, Errand::LookAfterLogin).await;
                if told == Some(Tidings::LookedAfter) {
                    tracing::info!(%slot, "the agent program has looked after its login");
                }
            }
        }
    }
}
