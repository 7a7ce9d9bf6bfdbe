//! The message that shows a run at work: it is durable, what it says meanwhile is not.

use super::{Engine, SessionError, sentences};
use crate::{
    store::{NewDelivery, Payload, SessionRow},
    words::{MessageId, RunId},
};

impl Engine {
    /// Queues the live message of a run, if that is still open.
    pub async fn show_live(&self, run: RunId, text: String) -> Result<(), SessionError> {
        let session = self.session_of(run).await?;
        // One that was taken back when the run was parked is not posted any more.
        let key = match self.store.run(run).await?.attempt {
            0 => format!("live:{run}"),
            again => format!("live:{run}:{again}"),
        };
        let live = about(run, &session, key, Payload::Live { text });
        let mut tx = self.store.write().await?;
        tx.deliver_live(&live, run, self.clock.now()).await?;
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }

    /// Queues another live message in place of one that can soon not be changed any more, if the run
    /// is still open, and has the old one say where to look.
    pub async fn renew_live(
        &self,
        run: RunId,
        old: MessageId,
        text: String,
    ) -> Result<(), SessionError> {
        let session = self.session_of(run).await?;
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        let Some(settled) = tx.live_delivery(run, old).await? else {
            return Ok(());
        };
        let key = format!("live:{run}:after:{old}");
        let next = about(run, &session, key, Payload::Live { text });
        if tx.deliver_live(&next, run, now).await? {
            let settle = Payload::Settle {
                live: settled,
                text: Some(sentences::GOES_ON_BELOW.to_owned()),
            };
            let key = format!("settle:{run}:before:{old}");
            tx.deliver(&about(run, &session, key, settle), now).await?;
        }
        tx.commit().await?;
        self.outbox.wake();
        Ok(())
    }

    async fn session_of(&self, run: RunId) -> Result<SessionRow, SessionError> {
        let run = self.store.run(run).await?;
        Ok(self.store.session(run.session_id).await?)
    }
}

fn about(run: RunId, session: &SessionRow, key: String, payload: Payload) -> NewDelivery {
    NewDelivery {
        key,
        lane: session.thread_id,
        session: Some(session.id),
        run: Some(run),
        payload,
    }
}
