//! What waits for somebody's decision, wherever it was asked.

use super::closed;
use crate::{
    access::{Action, Permit, Refusal},
    session::{Engine, SessionError, SessionView, engine::permit_for},
    store::ApprovalRow,
    words::{ChannelId, Choice, Person, Tier},
};

/// Questions that somebody can call up at once, the oldest: each takes a button, and these are two rows of them
/// (Discord: components/reference#action-row has five in a row) below ten lines, which one message holds. Whoever has
/// decided on some calls up the next.
const CALLED_UP: usize = 10;

/// A question that waits for somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// The question.
    pub row: ApprovalRow,
    /// Its conversation.
    pub session: SessionView,
    /// The control that shows it to him where he has asked for it; `None` if it can be seen only where it stands.
    pub shows: Option<String>,
}

impl Engine {
    /// The questions that somebody may decide on and that wait for it, the oldest first. He is told of them in `at`,
    /// and may call up the first of them there and decide on them: a question that went to one owner alone keeps
    /// nobody else waiting. A guest who has none, and whom no project lets decide, is refused.
    pub async fn pending(
        &self,
        permit: &Permit,
        person: &Person,
        at: ChannelId,
    ) -> Result<Result<Vec<Waiting>, Refusal>, SessionError> {
        permit_for(permit, Action::Decide)?;
        let now = self.clock.now();
        let mut found = Vec::new();
        for row in self.store.pending_approvals().await? {
            let session = self.store.session(row.session).await?;
            let there = self
                .authorize(person, session.place(), Action::Decide)
                .await?;
            if let Ok(there) = there
                && closed(&row, now).is_none()
                && self.may(&row, &session, &there, person).await?.is_ok()
            {
                let session = self.view(session).await?;
                found.push(Waiting {
                    row,
                    session,
                    shows: None,
                });
            }
        }
        let is_guest = permit.tier() == Tier::Guest;
        if found.is_empty() && is_guest && !self.projects.have_approver(person) {
            return Ok(Err(Refusal::NotAMember));
        }
        for waiting in found.iter_mut().take(CALLED_UP) {
            let controls = self.store.controls_of(waiting.row.id).await?;
            let mut all = controls.into_iter();
            let details = all.find(|(_, choice)| *choice == Choice::Details);
            waiting.shows = details.map(|(id, _)| id);
        }
        let called_up = found.iter().filter(|waiting| waiting.shows.is_some());
        let called_up: Vec<_> = called_up.map(|waiting| waiting.row.id).collect();
        if !called_up.is_empty() {
            let mut tx = self.store.write().await?;
            for id in called_up {
                tx.note_shown(id, person.id, at).await?;
            }
            tx.commit().await?;
        }
        Ok(Ok(found))
    }
}
