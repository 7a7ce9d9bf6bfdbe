//! Asking a database again that did not take something.

use std::time::Duration;

use super::SessionError;

/// How often it is asked again, the pause before the first time, and the longest one; the pause
/// doubles in between. Together somewhat less than a minute, besides what each statement waits.
const AGAIN: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Does `work`, and does it again for a while if the database does not take it: what an agent has
/// done cannot be done again. Other faults are returned at once.
pub(super) async fn insist<T, F>(what: &str, mut work: impl FnMut() -> F) -> Result<T, SessionError>
where
    F: Future<Output = Result<T, SessionError>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 0..AGAIN {
        match work().await {
            Err(error @ SessionError::Store(_)) => {
                error.log(&format!("{what} could not be stored; trying again"));
                tokio::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            other => return other,
        }
    }
    work().await
}

/// Does `work` until it is done, however long the database does not take it: the end of a run, which
/// nobody else would store, and before which nothing of its session may go on.
pub(super) async fn until_stored<T, F>(what: &str, mut work: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, SessionError>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match work().await {
            Ok(done) => return done,
            Err(error) => {
                error.log(&format!("{what} could not be stored; trying again"));
                tokio::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    fn full() -> SessionError {
        StoreError::Migration("the disk is full".to_owned()).into()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_taken_at_first_is_tried_again() {
        let mut tries = 0;
        let done = insist("it", || {
            tries += 1;
            let done = if tries < 4 { Err(full()) } else { Ok(tries) };
            async move { done }
        });
        assert_eq!(done.await.unwrap(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_never_taken_is_an_error_in_the_end() {
        let mut tries = 0;
        let done = insist("it", || {
            tries += 1;
            async { Err::<(), _>(full()) }
        });
        assert!(matches!(done.await, Err(SessionError::Store(_))));
        assert_eq!(tries, AGAIN + 1);
    }
}
