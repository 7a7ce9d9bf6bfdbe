//! Interactions as they come: each is told of once, and in time, or it is left alone.
//!
//! A RESUME brings again what had come, and brings late what came while nobody listened. Who is answered
//! after three seconds has been told by Discord that nothing answers, and tries again: nothing may be done for
//! him then, except what [`super::late`] does.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use serenity::{
    all::{self as sn, Client, Context, FullEvent},
    framework::Framework,
    http::Http,
};

use super::{
    Link,
    commands::{CommandError, Desk},
    ids, late,
    recent::Recent,
    transit::Transit,
};
use crate::{observe::Secrets, words::MessageId};

/// Interactions that are remembered, to know one that is told of twice. A RESUME replays far fewer.
const REMEMBERED: usize = 4_096;

/// How long Discord waits for a first answer (interactions/receiving-and-responding): three seconds, of which
/// one is for the way there.
pub(super) const FIRST_ANSWER: Duration = Duration::from_secs(2);

/// What becomes of an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is answered.
    InTime,
    /// Nobody can be answered any more.
    Late,
    /// It was told of before.
    Again,
}

/// What came lately.
#[derive(Debug)]
pub(super) struct Arrivals {
    seen: Mutex<Recent>,
    transit: Transit,
    link: Link,
    /// How long a first answer may take.
    patience: Duration,
    /// For first answers.
    pub(super) http: Http,
    /// What is in no answer.
    pub(super) secrets: Secrets,
}

impl Arrivals {
    pub(super) fn new(link: Link, http: Http, patience: Duration, secrets: Secrets) -> Self {
        Self {
            seen: Mutex::new(Recent::new(REMEMBERED)),
            transit: Transit::default(),
            link,
            patience,
            http,
            secrets,
        }
    }

    /// A message has come: it shows how long things take.
    fn note(&self, message: MessageId) {
        self.transit.arrival(message.created_ms());
    }

    /// What is to become of an interaction. What is typed is not worth a word when it is late: more is typed.
    pub(super) fn admit(&self, id: sn::InteractionId, kind: sn::InteractionType) -> Admission {
        let id = of(id);
        {
            let mut seen = self.seen.lock();
            if seen.contains(id) {
                tracing::debug!(interaction = %id, "an interaction was told of twice");
                return Admission::Again;
            }
            seen.note(id);
        }
        let late = self.transit.arrival(id.created_ms());
        if late < self.patience {
            return Admission::InTime;
        }
        if kind != sn::InteractionType::Autocomplete {
            self.link.note_late();
            tracing::warn!(
                interaction = %id,
                late_ms = late.as_millis(),
                "a command or a click came too late to be answered"
            );
        }
        Admission::Late
    }

    /// How long a first answer may still come.
    pub(super) fn time_left(&self, id: sn::InteractionId) -> Duration {
        self.patience
            .saturating_sub(self.transit.delay(of(id).created_ms()))
    }
}

/// Interactions have ids of the kind that messages have.
const fn of(id: sn::InteractionId) -> MessageId {
    MessageId::new(id.get())
}

/// Stands before the framework, which gets only what is to be answered.
pub(super) struct Doorway {
    pub(super) inside: poise::Framework<Desk, CommandError>,
    pub(super) arrivals: Arc<Arrivals>,
}

#[async_trait]
impl Framework for Doorway {
    async fn init(&mut self, client: &Client) {
        self.inside.init(client).await;
    }

    async fn dispatch(&self, context: Context, event: FullEvent) {
        if let FullEvent::Message { new_message } = &event {
            self.arrivals.note(ids::message(new_message.id));
        }
        if let FullEvent::InteractionCreate { interaction } = &event {
            match self.arrivals.admit(interaction.id(), interaction.kind()) {
                Admission::InTime => {}
                Admission::Late => {
                    let desk = self.inside.user_data().await;
                    return late::serve(desk, &context, interaction).await;
                }
                Admission::Again => return,
            }
        }
        self.inside.dispatch(context, event).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Millis;

    const USED: sn::InteractionType = sn::InteractionType::Command;

    fn at(ms: i64) -> sn::InteractionId {
        let id = MessageId::at(Millis::new(1_800_000_000_000 + ms));
        sn::InteractionId::new(id.get())
    }

    /// What came to begin with, which nothing had held up.
    fn warm(link: &Link) -> Arrivals {
        let arrivals = Arrivals::new(
            link.clone(),
            Http::new("token"),
            FIRST_ANSWER,
            Secrets::default(),
        );
        for ms in [0, 1] {
            assert_eq!(arrivals.admit(at(ms), USED), Admission::InTime);
        }
        arrivals
    }

    #[tokio::test(start_paused = true)]
    async fn an_interaction_is_admitted_once_and_as_long_as_it_can_be_answered() {
        let link = Link::default();
        let arrivals = warm(&link);
        assert_eq!(arrivals.admit(at(0), USED), Admission::Again);
        assert_eq!(arrivals.time_left(at(0)), FIRST_ANSWER);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(arrivals.time_left(at(9_000)), Duration::from_secs(1));
        assert_eq!(arrivals.admit(at(8_001), USED), Admission::InTime);
        assert_eq!(arrivals.admit(at(8_000), USED), Admission::Late);
        assert_eq!(arrivals.time_left(at(8_000)), Duration::ZERO);
        assert_eq!(link.late(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_typed_is_late_too_and_nobody_counts_it() {
        let link = Link::default();
        let arrivals = warm(&link);
        tokio::time::advance(Duration::from_secs(10)).await;
        let typed = arrivals.admit(at(5_000), sn::InteractionType::Autocomplete);
        assert_eq!(typed, Admission::Late);
        assert_eq!(link.late(), 0);
    }
}
