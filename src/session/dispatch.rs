//! When a run gets its turn: who of its writers may still ask.

use super::{Engine, SessionError, sentences};
use crate::{
    access::Action,
    store::RequestRow,
    words::{RequestState, RunId, SessionId},
};

impl Engine {
    /// The requests of a run whose persons may still ask. The others get their outcome now.
    pub(super) async fn still_permitted(
        &self,
        run: RunId,
        session: SessionId,
    ) -> Result<Vec<RequestRow>, SessionError> {
        let session = self.store.session(session).await?;
        let mut permitted = Vec::new();
        for request in self.store.requests_of(run).await? {
            if request.state != RequestState::Taken {
                continue;
            }
            match self
                .authorize(&request.person, session.place(), Action::Ask)
                .await?
            {
                Ok(_) => permitted.push(request),
                Err(refusal) => {
                    let now = self.clock.now();
                    let mut tx = self.store.write().await?;
                    tx.end_request(request.id, RequestState::Refused, now)
                        .await?;
                    let key = format!("refused:{}", request.message_id);
                    let text = sentences::refused_meanwhile(refusal);
                    self.notice(&mut tx, key, session.id, session.thread_id, text)
                        .await?;
                    tx.commit().await?;
                    self.outbox.wake();
                }
            }
        }
        Ok(permitted)
    }
}
