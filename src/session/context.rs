//! What was said before a request, and what of it the agent is given.
//!
//! In a thread that is everything that people who may ask have said, once, when a session begins in
//! the middle of it. In a channel it is what spoke to Baton since the last turn.

use std::collections::HashMap;

use super::{Bystanders, Engine, SessionError};
use crate::{
    access::{Action, Refusal},
    delivery::{Author, Seen, Standing},
    store::{RequestRow, SessionRow},
    words::{Addressed, MessageId, Person, UserId},
};

/// Messages of a thread that are given as context when a session begins in the middle of it.
const OF_A_THREAD: u8 = 20;

/// What a writer is where the session lives, as far as his words are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writer {
    /// Baton itself.
    Baton,
    /// Another bot, a webhook or Discord.
    Machine,
    /// Somebody who is blocked, or of whom that cannot be known.
    Blocked,
    /// Somebody who may not ask.
    Guest,
    /// Somebody who may.
    Member,
}

/// Where the words stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    /// In a thread that belongs to the session.
    Thread,
    /// In a channel where people also talk about other things.
    Channel,
}

impl Engine {
    /// What was said before the requests that the agent does not know yet.
    pub(super) async fn context(
        &self,
        session: &SessionRow,
        requests: &[RequestRow],
    ) -> Result<Vec<Seen>, SessionError> {
        if let Some(after) = session.context_after {
            return self.channel_context(session, requests, after).await;
        }
        let Some(before) = session.context_before else {
            return Ok(Vec::new());
        };
        let page = self.page(session, before, OF_A_THREAD).await;
        self.fit(session, Room::Thread, page).await
    }

    async fn channel_context(
        &self,
        session: &SessionRow,
        requests: &[RequestRow],
        after: MessageId,
    ) -> Result<Vec<Seen>, SessionError> {
        let history = self.channel_mode.history;
        let Some(first) = requests.iter().map(|request| request.message_id).min() else {
            return Ok(Vec::new());
        };
        if history == 0 {
            return Ok(Vec::new());
        }
        let mut page = self.page(session, first, history).await;
        // What the agent was given before it remembers, and also what it has said itself.
        page.retain(|seen| {
            seen.id > after && !(session.agent_acknowledged && seen.by == Author::Baton)
        });
        self.fit(session, Room::Channel, page).await
    }

    async fn page(&self, session: &SessionRow, before: MessageId, limit: u8) -> Vec<Seen> {
        let page = self
            .chat
            .before(session.post_channel_id, before, limit)
            .await;
        page.unwrap_or_else(|error| {
            tracing::warn!(session = %session.id, %error, "what was said before cannot be read");
            Vec::new()
        })
    }

    /// Leaves out what the agent must not get.
    async fn fit(
        &self,
        session: &SessionRow,
        room: Room,
        page: Vec<Seen>,
    ) -> Result<Vec<Seen>, SessionError> {
        let mut writers: HashMap<UserId, Writer> = HashMap::new();
        let mut context = Vec::new();
        for seen in page {
            let writer = match seen.by {
                Author::Baton => Writer::Baton,
                Author::Machine => Writer::Machine,
                Author::Person(id) => {
                    if let Some(known) = writers.get(&id) {
                        *known
                    } else {
                        let writer = self.writer(id, &seen.author, session).await?;
                        writers.insert(id, writer);
                        writer
                    }
                }
            };
            if is_given(room, writer, seen.addressed, self.channel_mode.bystanders) {
                context.push(seen);
            }
        }
        Ok(context)
    }

    /// What a person is where a session lives. Whose roles cannot be had counts as blocked: what is
    /// missing from the context does less harm than what should not be there.
    async fn writer(
        &self,
        id: UserId,
        name: &str,
        session: &SessionRow,
    ) -> Result<Writer, SessionError> {
        let roles = match self.chat.standing(id).await {
            Ok(Standing::Member(roles)) => roles,
            // Whether a block of a role was meant for who has left cannot be known.
            Ok(Standing::Stranger) if self.store.has_role_blocks().await? => {
                return Ok(Writer::Blocked);
            }
            Ok(Standing::Stranger) => Vec::new(),
            Err(error) => {
                tracing::warn!(person = %id, %error, "a person's roles cannot be had");
                return Ok(Writer::Blocked);
            }
        };
        let person = Person {
            id,
            name: name.to_owned(),
            roles,
        };
        let may_ask = self
            .gate
            .authorize(&person, session.place(), Action::Ask)
            .await?;
        Ok(match may_ask {
            Ok(_) => Writer::Member,
            Err(Refusal::Blocked) => Writer::Blocked,
            Err(Refusal::NotAMember | Refusal::NotAnOwner | Refusal::NotOwnerOfAll) => {
                Writer::Guest
            }
        })
    }
}

/// Whether the agent is given what somebody said.
///
/// Nobody hears a blocked person. In a channel only what speaks to Baton is for it, whoever says it;
/// a thread is the session's own, so there everything is that people say who could ask for it, and
/// nothing that others say: they are refused in it. Bots speak to nobody.
const fn is_given(
    room: Room,
    writer: Writer,
    addressed: Addressed,
    bystanders: Bystanders,
) -> bool {
    let speaks_to_baton = match addressed {
        Addressed::ToBaton | Addressed::InReply => true,
        Addressed::ToNobody => false,
    };
    let everything = matches!(bystanders, Bystanders::Included);
    match writer {
        Writer::Blocked => false,
        Writer::Baton => true,
        Writer::Machine => everything,
        Writer::Guest => everything || (speaks_to_baton && matches!(room, Room::Channel)),
        Writer::Member => everything || speaks_to_baton || matches!(room, Room::Thread),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bystanders_are_left_out_unless_the_settings_let_them_in() {
        use Addressed::{InReply, ToBaton, ToNobody};
        // Who says it to whom; given in a channel, in a thread, and with bystanders in either.
        let table = [
            (Writer::Baton, ToNobody, [true, true, true]),
            (Writer::Machine, ToNobody, [false, false, true]),
            (Writer::Machine, ToBaton, [false, false, true]),
            (Writer::Blocked, ToNobody, [false, false, false]),
            (Writer::Blocked, ToBaton, [false, false, false]),
            (Writer::Blocked, InReply, [false, false, false]),
            (Writer::Guest, ToNobody, [false, false, true]),
            (Writer::Guest, ToBaton, [true, false, true]),
            (Writer::Guest, InReply, [true, false, true]),
            (Writer::Member, ToNobody, [false, true, true]),
            (Writer::Member, ToBaton, [true, true, true]),
            (Writer::Member, InReply, [true, true, true]),
        ];
        for (writer, addressed, [channel, thread, included]) in table {
            let given = |room, bystanders| is_given(room, writer, addressed, bystanders);
            let found = [
                given(Room::Channel, Bystanders::LeftOut),
                given(Room::Thread, Bystanders::LeftOut),
                given(Room::Channel, Bystanders::Included),
                given(Room::Thread, Bystanders::Included),
            ];
            let wanted = [channel, thread, included, included];
            assert_eq!(found, wanted, "{writer:?} {addressed:?}");
        }
    }
}
