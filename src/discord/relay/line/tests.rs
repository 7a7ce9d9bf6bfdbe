use std::path::Path;

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

/// A line with nobody on it, and the database that it counts in.
async fn line(directory: &Path) -> (Line, Store) {
    let store = Store::open(directory).await.unwrap();
    let told = Reports {
        link: Link::default(),
        gap: Arc::default(),
    };
    let gate = Gate {
        signpost: Arc::new(Map),
        ledger: Ledger {
            store: store.clone(),
            clock: Clock::system(),
        },
        link: told.link.clone(),
    };
    let relay = Relay::open(gate, told, Patience::default()).await;
    (relay.unwrap().line, store)
}

#[tokio::test]
async fn a_session_is_resumed_at_no_address_that_may_not_be_spoken_to() {
    let directory = tempfile::tempdir().unwrap();
    let (mut line, _store) = line(directory.path()).await;
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

#[tokio::test]
async fn a_database_that_fails_keeps_a_session_from_its_beginning_and_ends_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut line, store) = line(directory.path()).await;
    store.close().await;
    let identify = Opening::Identify("{}".into());
    // The first needs the ledger of earlier sessions, the second notes first that one was ended.
    for intro in [Intro::ToCome, Intro::Made] {
        line.intro = intro;
        let reached = line.try_to_reach(&identify).await.map(|_| ());
        assert!(
            matches!(&reached, Err(NoGateway::Now(error)) if error.to_string().contains("database")),
            "{reached:?}"
        );
    }
}

#[tokio::test]
async fn that_a_session_has_lasted_is_tried_to_be_noted_again() {
    let directory = tempfile::tempdir().unwrap();
    let (mut line, store) = line(directory.path()).await;
    store.close().await;
    line.note_lasting();
    assert_eq!(line.lasting, Lasting::Noted);
    let noted = done(&mut line.noting).await;
    line.noted(noted);
    assert!(
        matches!(line.lasting, Lasting::At(moment) if moment > Instant::now()),
        "{:?}",
        line.lasting
    );
    assert!(line.noting.is_none());
}

#[tokio::test]
async fn a_session_ends_also_while_the_disk_stands_still() {
    let directory = tempfile::tempdir().unwrap();
    let (mut line, store) = line(directory.path()).await;
    let standstill = store.write().await.unwrap();
    tokio::time::pause();
    line.lasting = Lasting::At(Instant::now());
    let asked = Instant::now();
    line.was_good().await;
    assert!(asked.elapsed() < NOTED * 2, "{:?}", asked.elapsed());
    drop(standstill);
}
