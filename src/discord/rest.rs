//! The way to Discord's REST API: serenity's client, each call within its time, and nobody asks while
//! Discord wants silence of all.
//!
//! Serenity waits for a global limit only where it was hit, and all the others go on into it (Discord:
//! topics/rate-limits#global-rate-limit). Here a call is not moved on while such a wait lasts, wherever
//! it stands: before its first step, in serenity's queue for a bucket, or on its way back. First answers
//! to interactions do not come by here: that limit is not for them
//! (interactions/receiving-and-responding#followup-messages).

use std::{future::poll_fn, ops::Deref, pin::pin, sync::Arc, task::Poll, time::Duration};

use parking_lot::Mutex;
use serenity::{
    all as sn,
    http::{Http, RatelimitInfo},
};
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::failure::meaning;
use crate::delivery::ChatError;

/// The HTTP client gives up after 30 s; this bounds the waiting for serenity's rate limiter as well,
/// which has no limit of its own.
const PATIENCE: Duration = Duration::from_mins(1);

/// Serenity's client. Clones ask together.
#[derive(Clone, Debug)]
pub(super) struct Rest {
    http: Arc<Http>,
    aside: Arc<Http>,
    silence: Silence,
}

/// Until when Discord wants to hear nothing.
#[derive(Clone, Debug, Default)]
struct Silence(Arc<Mutex<Option<Instant>>>);

impl Rest {
    /// Of clients that this makes.
    pub(super) fn new(client: impl Fn() -> Http) -> Self {
        let silence = Silence::default();
        let listening = || {
            let mut http = client();
            if let Some(limiter) = &mut http.ratelimiter {
                let silence = silence.clone();
                limiter.set_ratelimit_callback(Box::new(move |told| silence.hear(&told)));
            }
            Arc::new(http)
        };
        Self {
            http: listening(),
            aside: listening(),
            silence,
        }
    }

    /// A second client, by which messages are read and deleted. Serenity has one bucket for all that is done
    /// to a route, whereas Discord counts each of them for itself (topics/rate-limits): who posts or edits would
    /// have who reads wait for nothing, and the other way round.
    pub(super) const fn aside(&self) -> &Arc<Http> {
        &self.aside
    }

    /// The client alone, which waits for nobody.
    pub(super) const fn client(&self) -> &Arc<Http> {
        &self.http
    }

    /// How long Discord still wants to hear nothing.
    pub(super) fn silence_left(&self) -> Option<Duration> {
        let until = self.silence.until()?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    /// Makes a call within its time. Who would have to be silent for longer is told so.
    pub(super) fn within<T>(
        &self,
        call: impl Future<Output = sn::Result<T>> + Send,
    ) -> impl Future<Output = Result<T, ChatError>> + Send {
        let call = Box::pin(call);
        async move {
            match self.silence_left() {
                Some(left) if left >= PATIENCE => Err(ChatError::Throttled(left)),
                Some(_) | None => {
                    let mut begun = Begun::NotYet;
                    let answer = within(self.silence.kept(call, &mut begun)).await;
                    match (answer, begun) {
                        // The silence outlasted it, and nothing was asked.
                        (Err(ChatError::Unknown(_)), Begun::NotYet) => {
                            let why = "Discord wanted silence all the time";
                            Err(ChatError::NotSent(why.to_owned()))
                        }
                        (answer, _) => answer,
                    }
                }
            }
        }
    }
}

/// Whether a call was moved on at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    NotYet,
    Yes,
}

/// Makes a call within its time, whoever wants silence: for answers to interactions. Calls are some
/// kilobytes large, and whoever awaits one would be as large.
pub(super) fn within<T>(
    call: impl Future<Output = sn::Result<T>> + Send,
) -> impl Future<Output = Result<T, ChatError>> + Send {
    let call = Box::pin(call);
    async move {
        match timeout(PATIENCE, call).await {
            Ok(answer) => answer.map_err(|error| meaning(&error)),
            Err(_) => Err(ChatError::Unknown("no answer in time".to_owned())),
        }
    }
}

impl Deref for Rest {
    type Target = Http;

    fn deref(&self) -> &Http {
        &self.http
    }
}

impl Silence {
    /// What serenity says of each limit that it meets, before it waits for it itself.
    fn hear(&self, told: &RatelimitInfo) {
        if !told.global {
            return;
        }
        let until = Instant::now() + told.timeout;
        let mut silence = self.0.lock();
        *silence = (*silence).max(Some(until));
        tracing::warn!(wait = ?told.timeout, "Discord wants no request at all for a while");
    }

    /// Its end, if it has not ended.
    fn until(&self) -> Option<Instant> {
        let until = *self.0.lock();
        until.filter(|until| Instant::now() < *until)
    }

    /// The call, which stands still while there is silence.
    async fn kept<T>(&self, call: impl Future<Output = T>, begun: &mut Begun) -> T {
        let mut call = pin!(call);
        let mut over = pin!(None::<Sleep>);
        poll_fn(move |context| {
            while let Some(until) = self.until() {
                over.set(Some(sleep_until(until)));
                let over = over.as_mut().as_pin_mut();
                if over.is_some_and(|over| over.poll(context).is_pending()) {
                    return Poll::Pending;
                }
            }
            *begun = Begun::Yes;
            call.as_mut().poll(context)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use serenity::http::HttpBuilder;

    use super::*;

    fn rest() -> Rest {
        Rest::new(|| HttpBuilder::new("token").build())
    }

    fn want_silence(rest: &Rest, span: Duration) {
        *rest.silence.0.lock() = Some(Instant::now() + span);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_never_begun_because_of_silence_was_not_sent() {
        let rest = rest();
        want_silence(&rest, PATIENCE / 2);
        let waiting = rest.within(async { Ok(()) });
        let longer = async {
            tokio::time::sleep(PATIENCE / 4).await;
            want_silence(&rest, PATIENCE * 2);
        };
        let (answer, ()) = tokio::join!(waiting, longer);
        assert!(matches!(answer, Err(ChatError::NotSent(_))), "{answer:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_begun_before_the_silence_may_have_been_sent() {
        let rest = rest();
        let answer = rest.within(std::future::pending::<sn::Result<()>>()).await;
        assert!(matches!(answer, Err(ChatError::Unknown(_))), "{answer:?}");
    }
}
