//! Something that is looked at once in a while, when somebody asks, and never waited for long.

use std::{future::Future, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};

/// What was seen, and when.
pub(super) struct Look<T> {
    seen: Arc<watch::Sender<Option<(Instant, T)>>>,
    /// When the look began that is under way.
    under_way: Arc<Mutex<Option<Instant>>>,
    fresh: Duration,
    patience: Duration,
}

/// Says when it is dropped that a look is over, however it ended.
struct Over(Arc<Mutex<Option<Instant>>>);

impl Drop for Over {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

impl<T: Clone + Send + Sync + 'static> Look<T> {
    /// What is seen holds for `fresh`; whoever asks waits for `patience` at most.
    pub(super) fn new(fresh: Duration, patience: Duration) -> Self {
        Self {
            seen: Arc::new(watch::Sender::new(None)),
            under_way: Arc::default(),
            fresh,
            patience,
        }
    }

    /// What was seen, and how long ago; `look` is only carried out if that does not hold any more, and
    /// by one task at a time. `None` if it takes too long.
    pub(super) async fn take(
        &self,
        look: impl Future<Output = T> + Send + 'static,
    ) -> Option<(Duration, T)> {
        let mut told = self.seen.subscribe();
        let began = {
            let mut under_way = self.under_way.lock();
            if let Some((at, seen)) = &*told.borrow_and_update()
                && at.elapsed() < self.fresh
            {
                return Some((at.elapsed(), seen.clone()));
            }
            *under_way.get_or_insert_with(|| {
                let over = Over(Arc::clone(&self.under_way));
                let seen = Arc::clone(&self.seen);
                tokio::spawn(async move {
                    let found = look.await;
                    seen.send_replace(Some((Instant::now(), found)));
                    drop(over);
                });
                Instant::now()
            })
        };
        let news = tokio::time::timeout_at(began + self.patience, told.changed()).await;
        news.ok()?.ok()?;
        let seen = told.borrow().clone();
        seen.map(|(at, seen)| (at.elapsed(), seen))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicU32, Ordering},
    };

    use super::*;

    const FRESH: Duration = Duration::from_secs(10);
    const PATIENCE: Duration = Duration::from_secs(2);

    fn counting(looks: &Arc<AtomicU32>) -> impl Future<Output = u32> + Send + 'static {
        let looks = Arc::clone(looks);
        async move { looks.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_holds_for_a_while_and_then_is_looked_at_again() {
        let (look, looks) = (Look::new(FRESH, PATIENCE), Arc::default());
        let seen = [
            look.take(counting(&looks)).await,
            look.take(counting(&looks)).await,
        ];
        assert_eq!(seen.map(Option::unwrap), [(Duration::ZERO, 1); 2]);
        tokio::time::advance(FRESH / 2).await;
        assert_eq!(look.take(counting(&looks)).await, Some((FRESH / 2, 1)));
        tokio::time::advance(FRESH / 2).await;
        assert_eq!(look.take(counting(&looks)).await, Some((Duration::ZERO, 2)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_comes_to_no_end_is_waited_for_once_and_not_begun_again() {
        let (look, looks) = (Look::new(FRESH, PATIENCE), Arc::default());
        let began = Instant::now();
        assert_eq!(look.take(pending()).await, None);
        assert_eq!(began.elapsed(), PATIENCE);
        assert_eq!(look.take(counting(&looks)).await, None);
        assert_eq!(began.elapsed(), PATIENCE, "nobody else has to wait");
        assert_eq!(looks.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_met_a_fault_is_taken_anew_by_the_next_who_asks() {
        let (look, looks) = (Look::new(FRESH, PATIENCE), Arc::default());
        let faulty = async { panic!("it fell") };
        assert_eq!(look.take(faulty).await, None);
        assert_eq!(look.take(counting(&looks)).await, Some((Duration::ZERO, 1)));
    }
}
