//! Buttons and lists of questions: what is behind one, and what is noted of those that came to nothing.

use super::{Engine, SessionError, engine::permit_for, vain::Refused};
use crate::{
    access::{Action, Permit},
    delivery::{Inquiry, Question, inquiries},
    words::{ApprovalId, ApprovalState, ChannelId, Choice, MessageId, Place, Route, UserId},
};

/// The longest text that is noted of a click that came to nothing, in characters.
const NOTED: usize = 200;

/// What is behind a button or list of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The question.
    pub approval: ApprovalId,
    /// What it is for.
    pub choice: Choice,
    /// How the question stands.
    pub state: ApprovalState,
    /// Where the question's session lives.
    pub place: Place,
    /// The message that asks, if Discord has it.
    pub posted: Option<(ChannelId, MessageId)>,
    /// The way on which it was asked.
    pub route: Option<Route>,
    /// The rule that would allow the same again.
    pub rule: Option<String>,
    /// What the agent wants to be told, as it asked.
    pub inquiries: Vec<Inquiry>,
}

impl Engine {
    /// What is behind an id that Discord was given; `None` if it was given no such id.
    pub async fn control(&self, id: &str) -> Result<Option<Control>, SessionError> {
        let Some((approval, choice)) = self.store.control(id).await? else {
            return Ok(None);
        };
        let Some(row) = self.store.approval(approval).await? else {
            return Ok(None);
        };
        let session = self.store.session(row.session).await?;
        Ok(Some(Control {
            approval,
            choice,
            state: row.state,
            place: session.place(),
            posted: row.posted,
            route: row.route,
            rule: row.grant_rule,
            inquiries: inquiries(&row.input),
        }))
    }

    /// A question of the permit's place as it is shown; `None` if there is none.
    pub async fn question(
        &self,
        permit: &Permit,
        id: ApprovalId,
    ) -> Result<Option<Question>, SessionError> {
        permit_for(permit, Action::Decide)?;
        let question = self.outbox.question(id).await?;
        Ok(question.filter(|question| question.place == permit.place()))
    }

    /// Notes that somebody used a button, list or form of a question in vain, unless that was noted a short
    /// while ago.
    pub async fn note_refused_click(
        &self,
        person: UserId,
        question: Option<ApprovalId>,
        why: &str,
    ) -> Result<(), SessionError> {
        let object =
            question.map_or_else(|| "no question".to_owned(), |id| format!("question {id}"));
        let why: String = why.chars().take(NOTED).collect();
        let now = self.clock.now();
        let refused = Refused {
            person,
            question,
            why: why.clone(),
        };
        if !self.vain.is_new(refused.clone(), now) {
            return Ok(());
        }
        let noted = async {
            let mut tx = self.store.write().await?;
            // Why may name what was asked.
            tx.audit_telling(now, Some(person), "decision_refused", &object, &why, "")
                .await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            self.vain.forget(&refused);
            return Err(error.into());
        }
        self.outbox.wake();
        Ok(())
    }
}
