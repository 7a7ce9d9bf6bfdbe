//! Keeps serenity's rate limiter small: it has an entry for every interaction and every thread that was
//! ever spoken to, and removes none.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use serenity::http::Http;

use crate::clock::Clock;

/// How often it is looked at.
const EVERY: Duration = Duration::from_mins(1);

/// Sweeps for as long as it is let.
pub(super) async fn keep_small(clients: Vec<Arc<Http>>, clock: Clock) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        for http in &clients {
            sweep(http, &clock).await;
        }
    }
}

/// Removes what says nothing any more: nobody uses it, and its window is over.
pub(super) async fn sweep(http: &Http, clock: &Clock) {
    let Some(limiter) = &http.ratelimiter else {
        return;
    };
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now().get()).unwrap_or(0));
    limiter.routes().write().await.retain(|_, bucket| {
        let is_over = bucket
            .try_lock()
            .is_ok_and(|bucket| bucket.reset().is_none_or(|reset| reset <= now));
        Arc::strong_count(bucket) > 1 || !is_over
    });
}
