//! Asking a database again that did not take something.

use std::time::Duration;

use super::SessionError;

/// The pause before it is asked again for the first time, and the longest one; it doubles in between.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Does `work` until it is done, however long the database does not take it: what an agent has done
/// cannot be done again, nobody else would store it, and nothing of its session may go on before. A
/// server that is told to end meanwhile leaves it to the next one, which finds it in the journal. What no
/// other try can mend is logged and returned.
pub(super) async fn until_stored<T, F>(
    what: &str,
    mut work: impl FnMut() -> F,
) -> Result<T, SessionError>
where
    F: Future<Output = Result<T, SessionError>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match work().await {
            Ok(done) => return Ok(done),
            Err(error) if !error.may_pass() => {
                error.log(&format!("{what} cannot be stored"));
                return Err(error);
            }
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
    use tokio::time::Instant;

    use super::*;
    use crate::store::StoreError;

    #[tokio::test(start_paused = true)]
    async fn what_is_not_taken_is_tried_again_with_longer_and_longer_pauses() {
        let began = Instant::now();
        let mut tries = Vec::new();
        let done = until_stored("it", || {
            tries.push(began.elapsed().as_millis());
            let full = StoreError::Io {
                path: "baton.db".into(),
                source: std::io::ErrorKind::StorageFull.into(),
            };
            let done = if tries.len() < 10 {
                Err(full.into())
            } else {
                Ok(())
            };
            async move { done }
        });
        done.await.unwrap();
        assert_eq!(
            tries,
            [
                0, 250, 750, 1_750, 3_750, 7_750, 15_750, 30_750, 45_750, 60_750
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_no_other_try_can_mend_is_tried_once() {
        let mut tries = 0;
        let done = until_stored("it", || {
            tries += 1;
            async { Err::<(), _>(StoreError::Damaged("what is this?".to_owned()).into()) }
        });
        let error = done.await.unwrap_err();
        assert!(matches!(error, SessionError::Store(StoreError::Damaged(_))));
        assert_eq!(tries, 1);
    }
}
