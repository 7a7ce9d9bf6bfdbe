//! What people decide about what an agent wants to do.

mod anew;
mod lasting;
mod partly;
mod ruling;
mod waiting;

pub use ruling::{Breadth, NotDecided, Ruling, Settled, Span};
pub use waiting::Waiting;

use super::{Engine, SessionError, engine::permit_for};
use crate::{
    access::{Action, Permit},
    approval::may_decide,
    store::{ApprovalEnd, ApprovalRow, GrantRow, SessionRow},
    words::{ApprovalId, ApprovalKind, ChannelId, Person, UserId},
};
use anew::Anew;
use ruling::{closed, end_of};

impl Engine {
    /// Decides on a question for somebody who may. The permit is for the place of the question's session;
    /// `from` is where the person acted, which has to be where he was asked.
    pub async fn decide(
        &self,
        permit: &Permit,
        person: &Person,
        id: ApprovalId,
        ruling: Ruling,
        from: ChannelId,
    ) -> Result<Result<Settled, NotDecided>, SessionError> {
        let (row, session) = match self.looked_at(permit, person, id, from).await? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let span = match &ruling {
            Ruling::Allow(span) => Some(span),
            Ruling::Deny(_) | Ruling::Answer(_) => None,
        };
        let grant = match self.grant_for(&row, &session, person, span).await? {
            Ok(grant) => grant,
            Err(why) => return Ok(Err(why)),
        };
        let anew = match &ruling {
            Ruling::Allow(_) => self.leads_elsewhere(&row, &session).await?,
            Ruling::Deny(_) | Ruling::Answer(_) => None,
        };
        self.take(&session, id, person.id, &ruling, (grant, anew))
            .await
    }

    /// Whether somebody may decide on a question, and there is still something to be decided.
    pub async fn answerable(
        &self,
        permit: &Permit,
        person: &Person,
        id: ApprovalId,
        from: ChannelId,
    ) -> Result<Result<(), NotDecided>, SessionError> {
        let found = self.looked_at(permit, person, id, from).await?;
        Ok(
            found.and_then(|(row, _)| match closed(&row, self.clock.now()) {
                Some(why) => {
                    // The keeper ends it, if nobody has.
                    self.changed.notify_one();
                    Err(why)
                }
                None => Ok(()),
            }),
        )
    }

    /// A question on which somebody may decide who was asked there.
    async fn looked_at(
        &self,
        permit: &Permit,
        person: &Person,
        id: ApprovalId,
        from: ChannelId,
    ) -> Result<Result<(ApprovalRow, SessionRow), NotDecided>, SessionError> {
        permit_for(permit, Action::Decide)?;
        let Some(row) = self.store.approval(id).await? else {
            return Ok(Err(NotDecided::Gone));
        };
        let session = self.store.session(row.session).await?;
        let is_here = permit.place() == session.place() && permit.person() == person.id;
        if !is_here || !self.was_asked_in(&row, &session, person.id, from).await? {
            return Ok(Err(NotDecided::Elsewhere));
        }
        if let Err(why) = self.may(&row, &session, permit, person).await? {
            return Ok(Err(why));
        }
        Ok(Ok((row, session)))
    }

    /// Whether a question was asked there, or called up there by this person. As long as it is not noted where it
    /// was posted, that can only be where the session posts.
    async fn was_asked_in(
        &self,
        row: &ApprovalRow,
        session: &SessionRow,
        person: UserId,
        from: ChannelId,
    ) -> Result<bool, SessionError> {
        let asked = row
            .posted
            .map_or(session.post_channel_id, |(channel, _)| channel);
        Ok(asked == from || self.store.was_shown(row.id, person, from).await?)
    }

    /// Whether somebody may decide on a question at all.
    async fn may(
        &self,
        row: &ApprovalRow,
        session: &SessionRow,
        permit: &Permit,
        person: &Person,
    ) -> Result<Result<(), NotDecided>, SessionError> {
        let tools = &self.project_of(session)?.tools;
        Ok(match row.kind {
            ApprovalKind::Call => may_decide(
                &tools.approvers,
                tools.eyes,
                person,
                permit.tier(),
                &self.who_steers(row).await?,
            )
            .map_err(NotDecided::from),
            // What is decided so the person could have asked for.
            ApprovalKind::Plan | ApprovalKind::Choice => {
                if permit.tier().rank() >= row.tier.rank() {
                    Ok(())
                } else {
                    Err(NotDecided::NotYours)
                }
            }
        })
    }

    /// Whose words the agent works by: of those it worked for when it asked, of those whose messages have
    /// joined the turn since, and of those who answered its questions in it.
    async fn who_steers(&self, row: &ApprovalRow) -> Result<Vec<UserId>, SessionError> {
        let mut people = row.asked_by.clone();
        let requests = self.store.requests_of(row.run).await?;
        people.extend(requests.iter().map(|request| request.person.id));
        people.extend(self.store.answerers_in(row.run).await?);
        Ok(people)
    }

    /// The one decision that counts, of all that are made at the same time. A yes is for what people were
    /// asked about: if the call leads elsewhere by now, they are asked anew.
    async fn take(
        &self,
        session: &SessionRow,
        id: ApprovalId,
        by: UserId,
        ruling: &Ruling,
        (grant, anew): (Option<GrantRow>, Option<Anew>),
    ) -> Result<Result<Settled, NotDecided>, SessionError> {
        let mut tx = self.store.write().await?;
        // Only now: its turn may have taken long to come, and one time decides on all of it.
        let now = self.clock.now();
        let Some(row) = tx.approval(id).await? else {
            return Ok(Err(NotDecided::Gone));
        };
        if let Some(why) = closed(&row, now) {
            // The keeper ends it, if nobody has.
            self.changed.notify_one();
            return Ok(Err(why));
        }
        let Some((end, is_whole)) = end_of(&row, by, ruling) else {
            return Ok(Err(NotDecided::NotThatWay));
        };
        if let Some(anew) = anew {
            let told = self.end_of_old(&mut tx, &row, session, anew).await?;
            tx.commit().await?;
            self.tell_of_ends();
            return Ok(Err(told));
        }
        if let Some(grant) = &grant {
            tx.insert_grant(grant).await?;
        }
        let end = ApprovalEnd {
            grant: grant.as_ref().map(|grant| grant.id),
            ..end
        };
        let settled = if let (Some(answers), false) = (&end.answers, is_whole) {
            let noted = self.note_part(&mut tx, &row, answers, by, now).await?;
            noted.then_some(Settled::Partly)
        } else {
            let ended = self.end_question(&mut tx, &row, &end, now).await?;
            ended.then_some(Settled::Ended(end.state))
        };
        let Some(settled) = settled else {
            // Its time has run out meanwhile: nothing of it is stored, the grant included.
            self.changed.notify_one();
            return Ok(Err(NotDecided::Expired));
        };
        if let Some(grant) = grant {
            let until = grant
                .expires_at
                .map_or_else(|| "for good".to_owned(), |at| format!("until {at}"));
            let told = format!("in {} {until} for sha256 {}", grant.scope, row.input_hash);
            let detail = format!("{} {told}", grant.rule);
            let object = format!("grant {}", grant.id);
            tx.audit_telling(now, Some(by), "grant_given", &object, &detail, &told)
                .await?;
        }
        tx.commit().await?;
        tracing::info!(question = %id, person = %by, ?settled, "a person has decided");
        self.tell_of_ends();
        Ok(Ok(settled))
    }
}
