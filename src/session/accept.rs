//! Accepting: one transaction that stores the request and queues its run, and with it the sign that
//! the person gets.

use std::sync::Arc;

use super::{
    Engine, Heard, SessionError, conversation::Conversation, engine::permit_to_ask, join::Joins,
    sentences, slot::Reservation,
};
use crate::{
    access::Permit,
    admission::{Full, Ticket},
    store::{NewDelivery, NewRequest, NewRun, NewSession, Payload, Tx},
    words::{Circle, Person, RequestId, RunId, SessionId, Tier},
};

/// What became of a message.
pub(super) enum Accepted {
    /// It is stored, and a run was queued for it.
    Stored(RunId),
    /// It is stored, and waits until its session's run has ended, or joins it.
    InMailbox,
    /// It was accepted before.
    Before,
    /// Its session was ended a moment ago, or begun by somebody else.
    Ended,
    /// There is no room for a run.
    QueueFull(Full),
    /// There is no room for a message.
    MailboxFull,
}

/// Where a request will wait.
enum Room {
    /// In a run of its own.
    Run(Reservation),
    /// In the mailbox of the run that is there.
    Mailbox,
    /// Nowhere: it joins the run that is there, or ends it.
    Joins(Joins),
}

impl Engine {
    /// Stores a permitted message. After the commit nothing can lose it.
    pub(super) async fn accept(
        self: &Arc<Self>,
        permit: &Permit,
        heard: &Heard,
        conversation: Conversation,
    ) -> Result<Accepted, SessionError> {
        permit_to_ask(permit)?;
        let now = self.clock.now();
        let project: Arc<str> = Arc::from(conversation.project());
        let mut tx = self.store.write().await?;
        let (session, begins) = match conversation {
            Conversation::Known(id, _) if !tx.is_session_open(id).await? => {
                return Ok(Accepted::Ended);
            }
            Conversation::Known(id, _) => (id, None),
            Conversation::New(mut new) => {
                new.circle = circle_of(permit.tier());
                if !tx.insert_session(&new, now).await? {
                    // Its thread got a session a moment ago. In a channel that grew from this very
                    // message, which comes again; a thread was there before.
                    return Ok(match heard.place.thread {
                        Some(_) => Accepted::Ended,
                        None => Accepted::Before,
                    });
                }
                (new.id, Some(new))
            }
        };
        let request = NewRequest {
            id: RequestId::fresh(),
            message: heard.message,
            channel: heard.channel,
            session,
            person: Person {
                id: permit.person(),
                ..heard.person.clone()
            },
            tier: permit.tier(),
            text: heard.text.clone(),
        };
        if !tx.insert_request(&request, now).await? {
            return Ok(Accepted::Before);
        }
        let room = match self.place(&mut tx, permit, &request, project).await? {
            Ok(room) => room,
            Err(no_room) => return Ok(no_room),
        };
        self.acknowledge(&mut tx, heard, session, begins.as_ref())
            .await?;
        let has_room = matches!(room, Room::Run(_));
        if has_room {
            self.note_room(&mut tx).await?;
        }
        tx.commit().await?;
        if has_room {
            self.has_room();
        }
        tracing::info!(discord_message = %heard.message, %session, person = %heard.person.id, "accepted");
        Ok(match room {
            Room::Run(reservation) => Accepted::Stored(reservation.confirm()),
            Room::Mailbox => Accepted::InMailbox,
            Room::Joins(joins) => {
                self.joined(&joins);
                Accepted::InMailbox
            }
        })
    }

    /// Finds room for a request: a run of its own, or the mailbox of the run that is there.
    async fn place(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        request: &NewRequest,
        project: Arc<str>,
    ) -> Result<Result<Room, Accepted>, SessionError> {
        if tx.open_run_in(request.session).await?.is_some() {
            if let Some(joins) = self.joins(tx, permit, request, &project).await? {
                return Ok(Ok(Room::Joins(joins)));
            }
            let waiting = tx.mailbox(request.session).await?.len();
            let has_room = waiting <= self.limits.mailbox;
            return Ok(has_room
                .then_some(Room::Mailbox)
                .ok_or(Accepted::MailboxFull));
        }
        let now = self.clock.now();
        let run = NewRun {
            id: RunId::fresh(),
            session: request.session,
            principal: permit.person(),
            tier: permit.tier(),
            expires_at: now.after(self.limits.expiry),
        };
        let ticket = Ticket {
            run: run.id,
            session: run.session,
            person: run.principal,
            channel: permit.place().channel,
            project,
            expires_at: run.expires_at,
        };
        let limits = &self.limits;
        let room = self.parked.has_room(&ticket, limits.caps, limits.person);
        let reservation = match room.and_then(|()| self.turnstile.reserve(ticket)) {
            Ok(reservation) => reservation,
            Err(full) => return Ok(Err(Accepted::QueueFull(full))),
        };
        tx.insert_run(&run, now).await?;
        tx.take_request(request.id, run.id).await?;
        Ok(Ok(Room::Run(reservation)))
    }

    /// Queues the sign that the message is accepted, and the thread that it begins.
    async fn acknowledge(
        &self,
        tx: &mut Tx,
        heard: &Heard,
        session: SessionId,
        begins: Option<&NewSession>,
    ) -> Result<(), SessionError> {
        let now = self.clock.now();
        tx.mark_channel(heard.channel, heard.message).await?;
        tx.touch_session(session, now).await?;
        let eyes = NewDelivery {
            key: format!("eyes:{}", heard.message),
            lane: heard.message.thread(),
            session: Some(session),
            run: None,
            payload: Payload::Reaction {
                channel: heard.channel,
                message: heard.message,
                emoji: sentences::EYES.to_owned(),
                author: Some(heard.person.id),
            },
        };
        tx.deliver(&eyes, now).await?;
        if begins.is_none() && heard.place.thread.is_none() {
            let session = self.store.session(session).await?;
            if session.is_bound_to_channel() {
                // The rule may have changed since the session was begun.
                self.tell_what_is_sent(tx, session.id, session.channel_id)
                    .await?;
            }
        }
        if let Some(new) = begins {
            // From here on the thread's messages are for the agent, also those that are missed.
            tx.mark_channel(new.thread, heard.message).await?;
            if heard.place.thread.is_none() {
                let thread = NewDelivery {
                    key: format!("thread:{}", heard.message),
                    lane: new.thread,
                    session: Some(session),
                    run: None,
                    payload: Payload::Thread {
                        channel: heard.channel,
                        message: heard.message,
                        name: new.title.clone(),
                    },
                };
                tx.deliver(&thread, now).await?;
            }
        }
        Ok(())
    }
}

/// Whose a conversation is that somebody begins.
const fn circle_of(tier: Tier) -> Circle {
    match tier {
        Tier::Owner | Tier::Member => Circle::Members,
        Tier::Guest | Tier::Blocked => Circle::Guests,
    }
}
