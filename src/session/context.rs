//! What was said in a thread before its session began.

use std::collections::HashMap;

use super::{Engine, SessionError};
use crate::{
    access::{Action, Refusal},
    delivery::{Author, Seen, Standing},
    store::SessionRow,
    words::{Person, UserId},
};

/// Messages of a thread that are given as context when a session begins in the middle of it.
const CONTEXT: u8 = 20;

impl Engine {
    /// What was said in the thread before the session began, if the agent does not know it yet.
    /// What a blocked person said is left out: he reaches the agent on no path.
    pub(super) async fn context(&self, session: &SessionRow) -> Result<Vec<Seen>, SessionError> {
        let Some(before) = session.context_before else {
            return Ok(Vec::new());
        };
        let page = self
            .chat
            .before(session.post_channel_id, before, CONTEXT)
            .await;
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(session = %session.id, %error, "the thread's history cannot be read");
                return Ok(Vec::new());
            }
        };
        let mut blocked: HashMap<UserId, bool> = HashMap::new();
        let mut context = Vec::new();
        for seen in page {
            let Author::Person(id) = seen.by else {
                context.push(seen);
                continue;
            };
            let is_blocked = match blocked.get(&id) {
                Some(known) => *known,
                None => self.is_blocked(id, &seen.author, session).await?,
            };
            blocked.insert(id, is_blocked);
            if !is_blocked {
                context.push(seen);
            }
        }
        Ok(context)
    }

    /// Whether a person is blocked where a session lives. Whose roles cannot be had counts as
    /// blocked: what is missing from the context does less harm than what should not be there.
    async fn is_blocked(
        &self,
        id: UserId,
        name: &str,
        session: &SessionRow,
    ) -> Result<bool, SessionError> {
        let roles = match self.chat.standing(id).await {
            Ok(Standing::Member(roles)) => roles,
            Ok(Standing::Stranger) => Vec::new(),
            Err(error) => {
                tracing::warn!(person = %id, %error, "a person's roles cannot be had");
                return Ok(true);
            }
        };
        let person = Person {
            id,
            name: name.to_owned(),
            roles,
        };
        let decision = self
            .gate
            .authorize(&person, session.place(), Action::Ask)
            .await?;
        Ok(decision == Err(Refusal::Blocked))
    }
}
