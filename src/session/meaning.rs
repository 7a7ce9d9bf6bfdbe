//! What it means for a run that its turn ended without the agent's word.

use uuid::Uuid;

use super::{
    Engine, ProjectAgent, SessionError,
    agent::Warmth,
    finish::{Outcome, failed, failure, took_too_long},
    sentences,
    turn::{Ending, Watched},
};
use crate::{runtime::ErrorClass, store::SessionRow};

impl Engine {
    /// What a turn means that ended without the agent's word; `None` if it is worth another start.
    pub(super) async fn meaning(
        &self,
        session: &SessionRow,
        project: &ProjectAgent,
        warmth: Warmth,
        watched: Watched,
    ) -> Result<Option<Outcome>, SessionError> {
        Ok(Some(match watched.ending {
            Ending::NotStarted {
                class: ErrorClass::ConversationExists,
                ..
            } => {
                let mut tx = self.store.write().await?;
                tx.rename_agent_session(session.id, session.agent_session, true)
                    .await?;
                tx.commit().await?;
                return Ok(None);
            }
            Ending::NotStarted {
                class: ErrorClass::UnknownConversation,
                ..
            } => {
                self.forget_conversation(session).await?;
                return Ok(None);
            }
            Ending::NotStarted { detail, .. } if !project.directory.is_dir() => failed(
                "The project's directory is not there. The operator has to bring it back, or to change \
                 `directory` in the project's settings.",
                &detail,
            ),
            Ending::NotStarted { class, detail } => failure(class, &detail),
            Ending::TooLong(bytes) => failed(
                &format!(
                    "The agent wrote a line of {} MB, more than Baton reads, so it was ended. Send a \
                     message to go on.",
                    bytes >> 20
                ),
                "a line was too long",
            ),
            Ending::TookTooLong => took_too_long(),
            Ending::Ended { .. } | Ending::Killed | Ending::Unkept(_)
                if warmth == Warmth::Warm && !watched.acknowledged =>
            {
                // It had died while it was idle.
                return Ok(None);
            }
            Ending::Ended { exit, stderr } => failed(
                &format!("The agent ended before it answered ({exit}). Send a message to go on."),
                &format!("{exit}: {stderr}"),
            ),
            Ending::Unkept(why) => failed(sentences::UNKEPT, &why),
            Ending::Killed => Outcome::Interrupted,
            Ending::Disobeyed | Ending::Turn(_) => Outcome::Cancelled,
        }))
    }

    /// The agent does not know its conversation any more: the session begins a new one.
    pub(super) async fn forget_conversation(
        &self,
        session: &SessionRow,
    ) -> Result<(), SessionError> {
        let fresh = Uuid::new_v4();
        let mut tx = self.store.write().await?;
        tx.rename_agent_session(session.id, fresh, false).await?;
        if session.agent_acknowledged {
            let text = sentences::MEMORY_LOST.to_owned();
            let key = format!("memory-lost:{fresh}");
            self.notice(&mut tx, key, session.id, session.thread_id, text)
                .await?;
        }
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }
}
