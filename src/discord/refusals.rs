//! How often Discord refused a request: it bans an address that makes 10,000 invalid requests in ten
//! minutes (Discord: topics/rate-limits#invalid-request-limit-aka-cloudflare-bans).

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use reqwest::{StatusCode, retry};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The time that Discord counts over.
const WINDOW: Duration = Duration::from_mins(10);

/// Requests are counted together that were refused within this time.
const SPAN: Duration = Duration::from_secs(10);

/// From here on what is not needed is left out. Other programs may share the address.
const BOUND: u32 = 3_000;

/// Below this everything is asked for again. Away from the bound, so that it does not come and go.
const ENOUGH: u32 = 2_000;

/// Counts what Discord refuses. Clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    tally: Mutex<Tally>,
    /// Discord does not know the token any more.
    bad_token: CancellationToken,
}

#[derive(Debug, Default)]
struct Tally {
    /// When a span began, and how many were refused in it.
    spans: VecDeque<(Instant, u32)>,
    is_sparing: bool,
}

/// How Discord treats the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// Requests of the last ten minutes that Discord refused.
    pub refused: u32,
    /// Whether what is not needed (reactions, typing, live edits) is left out because of that.
    pub is_sparing: bool,
}

impl Refusals {
    /// Makes a client count all that it is answered, also what serenity's rate limiter repeats by
    /// itself. A retry policy is the one place where `reqwest` shows each answer; this one repeats
    /// nothing.
    ///
    /// A body that cannot be repeated (a message with a file) does not come by here, and a 429 of the
    /// scope `shared`, which Discord does not count, cannot be told from the others.
    pub(super) fn count(&self, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        let refusals = self.clone();
        builder.retry(retry::never().classify_fn(move |exchange| {
            if let Some(status) = exchange.status() {
                refusals.answered(exchange.uri().path(), status);
            }
            exchange.success()
        }))
    }

    fn answered(&self, path: &str, status: StatusCode) {
        if ![
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::TOO_MANY_REQUESTS,
        ]
        .contains(&status)
        {
            return;
        }
        if status == StatusCode::UNAUTHORIZED && !has_token_of_its_own(path) {
            self.0.bad_token.cancel();
        }
        let mut tally = self.0.tally.lock();
        let now = Instant::now();
        match tally.spans.back_mut() {
            Some((began, count)) if now.duration_since(*began) < SPAN => *count += 1,
            Some(_) | None => tally.spans.push_back((now, 1)),
        }
        tally.look(now);
    }

    /// How Discord treats the server now.
    pub(super) fn treatment(&self) -> Treatment {
        self.0.tally.lock().look(Instant::now())
    }

    /// Discord has refused more than it may.
    #[cfg(test)]
    pub(super) fn overdo(&self) {
        for _ in 0..=BOUND {
            self.answered("/", StatusCode::FORBIDDEN);
        }
    }

    /// Waits until Discord does not accept the token any more.
    pub(super) async fn bad_token(&self) {
        self.0.bad_token.cancelled().await;
    }
}

impl Tally {
    /// Forgets what Discord forgets, and decides whether to be sparing.
    fn look(&mut self, now: Instant) -> Treatment {
        while let Some((began, _)) = self.spans.front()
            && now.duration_since(*began) >= WINDOW
        {
            self.spans.pop_front();
        }
        let refused = self.spans.iter().map(|(_, count)| count).sum();
        if refused > BOUND && !self.is_sparing {
            self.is_sparing = true;
            tracing::error!(
                refused,
                "Discord refused very many requests in ten minutes and bans an address at 10,000: \
                 reactions, typing and live edits are left out until it is less"
            );
        } else if refused < ENOUGH && self.is_sparing {
            self.is_sparing = false;
            tracing::info!(
                refused,
                "Discord refuses few requests again; nothing is left out any more"
            );
        }
        Treatment {
            refused,
            is_sparing: self.is_sparing,
        }
    }
}

/// Whether a request is let in by what stands in its path, not by the bot's token (Discord:
/// interactions/receiving-and-responding, "Followup Messages").
fn has_token_of_its_own(path: &str) -> bool {
    path.split('/')
        .any(|step| step == "webhooks" || step == "interactions")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACTION: &str = "/api/v10/channels/1/messages/2/reactions/x/@me";

    fn refuse(refusals: &Refusals, times: u32) {
        for _ in 0..times {
            refusals.answered(REACTION, StatusCode::FORBIDDEN);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn above_the_bound_it_is_sparing_until_much_less_is_refused() {
        let refusals = Refusals::default();
        refuse(&refusals, BOUND / 2);
        tokio::time::advance(WINDOW / 2).await;
        refuse(&refusals, BOUND / 2);
        let at_bound = Treatment {
            refused: BOUND,
            is_sparing: false,
        };
        assert_eq!(refusals.treatment(), at_bound);
        refuse(&refusals, 600);
        let above = Treatment {
            refused: BOUND + 600,
            is_sparing: true,
        };
        assert_eq!(refusals.treatment(), above);
        tokio::time::advance(WINDOW / 2).await;
        let less = Treatment {
            refused: BOUND / 2 + 600,
            is_sparing: true,
        };
        assert_eq!(refusals.treatment(), less, "not below what is enough");
        tokio::time::advance(WINDOW / 2).await;
        assert_eq!(refusals.treatment(), Treatment::default());
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_discord_counts_is_counted() {
        let refusals = Refusals::default();
        for status in [200, 204, 304, 400, 401, 403, 404, 429, 500, 502] {
            refusals.answered(REACTION, StatusCode::from_u16(status).unwrap());
        }
        assert_eq!(refusals.treatment().refused, 3);
    }

    #[tokio::test]
    async fn an_interaction_that_is_over_says_nothing_of_the_bots_token() {
        let refusals = Refusals::default();
        for path in [
            "/api/v10/webhooks/1/token/messages/@original",
            "/api/v10/interactions/1/token/callback",
        ] {
            refusals.answered(path, StatusCode::UNAUTHORIZED);
        }
        assert!(!refusals.0.bad_token.is_cancelled());
        refusals.answered(REACTION, StatusCode::UNAUTHORIZED);
        refusals.bad_token().await;
    }
}
