use async_trait::async_trait;

use super::*;
use crate::{
    clock::Clock,
    discord::{
        ledger::Ledger,
        relay::{Signpost, StartLimit},
    },
    store::Store,
};

/// Knows three addresses, one of which is no place to resume at.
struct Map;

const FRONT: &str = "ws://front";
const SIDE: &str = "ws://side";
const BACK: &str = "ws://back";

#[async_trait]
impl Signpost for Map {
    async fn gateway(&self) -> Result<(String, StartLimit), NoGateway> {
        let limit = StartLimit {
            remaining: 1_000,
            reset_after: Duration::from_hours(24),
            concurrency: 1,
        };
        Ok((FRONT.to_owned(), limit))
    }

    fn check(&self, url: &str) -> Result<(), DiscordError> {
        if [FRONT, SIDE, BACK].contains(&url) {
            return Ok(());
        }
        Err(DiscordError::Ended(format!("{url} is foreign")))
    }

    fn may_resume_at(&self, url: &str) -> bool {
        url == SIDE
    }
}

#[tokio::test]
async fn a_session_is_resumed_at_no_address_that_may_not_be_spoken_to() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let clock = Clock::system();
    let told = Reports {
        link: Link::default(),
        gap: Arc::default(),
    };
    let gate = Gate {
        signpost: Arc::new(Map),
        ledger: Ledger { store, clock },
        link: told.link.clone(),
    };
    let relay = Relay::open(gate, told, Patience::default()).await;
    let mut line = relay.unwrap().line;
    for (told, wanted) in [
        (None, FRONT),
        (Some(SIDE), SIDE),
        (Some(BACK), FRONT),
        (Some("ws://foreign"), FRONT),
        (Some("no address"), FRONT),
    ] {
        line.resume_at = told.map(str::to_owned);
        assert_eq!(line.resume_url().await.unwrap(), wanted, "{told:?}");
    }
}
