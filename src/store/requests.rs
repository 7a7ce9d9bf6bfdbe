//! Requests: what people asked, once each.

use super::{Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{
        ChannelId, MessageId, Person, RequestId, RequestState, RunId, SessionId, Tier, UserId,
    },
};

/// A request to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// Its id.
    pub id: RequestId,
    /// The message that it is.
    pub message: MessageId,
    /// Where the message stands.
    pub channel: ChannelId,
    /// The session that it is for.
    pub session: SessionId,
    /// Who asks.
    pub person: Person,
    /// What he was when it was accepted.
    pub tier: Tier,
    /// What he wrote.
    pub text: String,
}

/// A stored request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// Its place in the order of acceptance.
    pub n: i64,
    /// Its id.
    pub id: RequestId,
    /// The message that it is.
    pub message_id: MessageId,
    /// Where the message stands.
    pub channel_id: ChannelId,
    /// Its session.
    pub session_id: SessionId,
    /// The run that took it.
    pub run_id: Option<RunId>,
    /// Where it stands.
    pub state: RequestState,
    /// Who asks.
    pub person: Person,
    /// What he was when it was accepted.
    pub tier: Tier,
    /// What he wrote.
    pub text: String,
    /// When it was accepted.
    pub accepted_at: Millis,
}

/// The columns of a request as the query macros name them.
struct Raw {
    n: i64,
    id: RequestId,
    message_id: MessageId,
    channel_id: ChannelId,
    session_id: SessionId,
    run_id: Option<RunId>,
    state: RequestState,
    person_id: UserId,
    person_name: String,
    role_ids: String,
    tier: Tier,
    text: String,
    accepted_at: Millis,
}

impl TryFrom<Raw> for RequestRow {
    type Error = StoreError;

    fn try_from(raw: Raw) -> Result<Self, StoreError> {
        Ok(Self {
            n: raw.n,
            id: raw.id,
            message_id: raw.message_id,
            channel_id: raw.channel_id,
            session_id: raw.session_id,
            run_id: raw.run_id,
            state: raw.state,
            person: Person {
                id: raw.person_id,
                name: raw.person_name,
                roles: serde_json::from_str(&raw.role_ids)?,
            },
            tier: raw.tier,
            text: raw.text,
            accepted_at: raw.accepted_at,
        })
    }
}

fn rows(raw: Vec<Raw>) -> Result<Vec<RequestRow>, StoreError> {
    raw.into_iter().map(RequestRow::try_from).collect()
}

impl Store {
    /// The requests that a run answers, in the order of acceptance.
    pub async fn requests_of(&self, run: RunId) -> Result<Vec<RequestRow>, StoreError> {
        rows(
            sqlx::query_as!(
                Raw,
                r#"SELECT n AS "n!", id, message_id, channel_id, session_id, run_id, state,
                          person_id, person_name, role_ids, tier, text, accepted_at
                   FROM requests WHERE run_id = ? ORDER BY n"#,
                run
            )
            .fetch_all(&self.readers)
            .await?,
        )
    }

    /// Whether a message was accepted before.
    pub async fn is_accepted(&self, message: MessageId) -> Result<bool, StoreError> {
        Ok(
            sqlx::query_scalar!("SELECT n FROM requests WHERE message_id = ?", message)
                .fetch_optional(&self.readers)
                .await?
                .is_some(),
        )
    }

    /// What a person asked for that has no outcome yet, in the order of acceptance.
    pub async fn open_requests_of(&self, person: UserId) -> Result<Vec<RequestRow>, StoreError> {
        rows(
            sqlx::query_as!(
                Raw,
                r#"SELECT n AS "n!", id, message_id, channel_id, session_id, run_id, state,
                          person_id, person_name, role_ids, tier, text, accepted_at
                   FROM requests
                   WHERE person_id = ? AND state IN ('waiting', 'taken') ORDER BY n"#,
                person
            )
            .fetch_all(&self.readers)
            .await?,
        )
    }

    /// How many messages of a session's mailbox were accepted before the `n`th of all.
    pub async fn waiting_before(&self, session: SessionId, n: i64) -> Result<u32, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM requests
               WHERE session_id = ? AND state = 'waiting' AND n < ?"#,
            session,
            n
        )
        .fetch_one(&self.readers)
        .await?)
    }

    /// Sessions with messages in the mailbox and no open run: their next run was lost with the
    /// server that should have made it.
    pub async fn sessions_with_stranded_mail(&self) -> Result<Vec<SessionId>, StoreError> {
        Ok(sqlx::query_scalar!(
            r#"SELECT DISTINCT session_id AS "session_id!: SessionId" FROM requests
               WHERE state = 'waiting' AND session_id NOT IN (
                   SELECT session_id FROM runs JOIN run_states ON name = state WHERE open)"#
        )
        .fetch_all(&self.readers)
        .await?)
    }
}

impl Tx {
    /// Stores a request in its session's mailbox, unless its message was accepted before; says
    /// whether it did.
    pub async fn insert_request(
        &mut self,
        new: &NewRequest,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let roles = serde_json::to_string(&new.person.roles)?;
        let done = sqlx::query!(
            "INSERT INTO requests (id, message_id, channel_id, session_id, state, person_id,
                 person_name, role_ids, tier, text, accepted_at)
             VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?)
             ON CONFLICT (message_id) DO NOTHING",
            new.id,
            new.message,
            new.channel,
            new.session,
            new.person.id,
            new.person.name,
            roles,
            new.tier,
            new.text,
            now
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// What waits in a session's mailbox, in the order of acceptance.
    pub async fn mailbox(&mut self, session: SessionId) -> Result<Vec<RequestRow>, StoreError> {
        rows(
            sqlx::query_as!(
                Raw,
                r#"SELECT n AS "n!", id, message_id, channel_id, session_id, run_id, state,
                          person_id, person_name, role_ids, tier, text, accepted_at
                   FROM requests WHERE session_id = ? AND state = 'waiting' ORDER BY n"#,
                session
            )
            .fetch_all(&mut *self.0)
            .await?,
        )
    }

    /// A run takes a request out of the mailbox; says whether it was still there.
    pub async fn take_request(&mut self, id: RequestId, run: RunId) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "UPDATE requests SET state = 'taken', run_id = ? WHERE id = ? AND state = 'waiting'",
            run,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Gives an open request its outcome; says whether it was still open.
    pub async fn end_request(
        &mut self,
        id: RequestId,
        outcome: RequestState,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query!(
            "UPDATE requests SET state = ?, ended_at = ?
             WHERE id = ? AND state IN (SELECT name FROM request_states WHERE open)",
            outcome,
            now,
            id
        )
        .execute(&mut *self.0)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Puts what a run has not answered back into the mailbox, where it stood before.
    pub async fn put_back_requests(&mut self, run: RunId) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE requests SET state = 'waiting', run_id = NULL
             WHERE run_id = ? AND state = 'taken'",
            run
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Gives every open request of a run its outcome.
    pub async fn end_requests_of(
        &mut self,
        run: RunId,
        outcome: RequestState,
        now: Millis,
    ) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE requests SET state = ?, ended_at = ? WHERE run_id = ? AND state = 'taken'",
            outcome,
            now,
            run
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
