//! Telling an agent to stop.

use std::time::Duration;

use tokio::time::Instant;

use super::{Stop, Turn};
use crate::{
    runtime::runner::LinkError,
    session::{SessionError, agent::Agent},
};

/// How long an agent may take to obey an interrupt. Measured: 9 to 20 ms.
const OBEYS: Duration = Duration::from_secs(5);

impl Turn {
    /// Tells the agent to stop. Who decides from now on on what it has asked is too late.
    pub(super) async fn tell_to_stop(
        &mut self,
        agent: &Agent,
        why: Stop,
    ) -> Result<(), SessionError> {
        let until = self.interrupt(agent).await;
        self.told_to_stop = Some((until, why));
        self.questions.end_all().await
    }

    /// Tells the agent to stop; answers until when it is waited for.
    async fn interrupt(&self, agent: &Agent) -> Instant {
        let id = format!("interrupt:{}", self.prompt.uuid);
        let line = agent.runtime().interrupt(&id);
        let told = agent.handle.input(&id, &line).await;
        if let Err(error) = &told {
            tracing::debug!(run = %self.run, %error, "an agent was gone before it was interrupted");
        }
        match told {
            // Nothing more may ever come from a runner that does not answer.
            Err(LinkError::Lost) => Instant::now(),
            Ok(_) | Err(LinkError::Ended | LinkError::Refused(_)) => Instant::now() + OBEYS,
        }
    }
}
