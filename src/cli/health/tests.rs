//! What is reported of a server whose database or disk does not do what it should.

use tokio_util::task::TaskTracker;

use super::*;
use crate::{
    cli::judge_tools,
    runtime::HostEnv,
    words::{Alert, ChannelId},
};

struct Bed {
    health: Arc<Health>,
    store: Store,
    stop: CancellationToken,
    last_error: LastError,
    link: Link,
    _home: tempfile::TempDir,
}

async fn bed() -> Bed {
    let home = tempfile::tempdir().unwrap();
    let text = format!(
        "[discord]\nguild = 1\nowner_user = 2\n[data]\ndir = {:?}\n",
        home.path().join("data")
    );
    let file = home.path().join("baton.toml");
    std::fs::write(&file, text).unwrap();
    let token = ("DISCORD_BOT_TOKEN".to_owned(), "correct-horse".to_owned());
    let settings = Settings::load(&file, &BTreeMap::from([token]), judge_tools).unwrap();
    let store = Store::open(&settings.data.dir).await.unwrap();
    let world = World {
        clock: Clock::held_at(Millis::new(1_000_000)),
        program: "baton".into(),
        agents_get: HostEnv::of_this_process(),
        stop: CancellationToken::new(),
        renewals: TaskTracker::new(),
        last_error: LastError::default(),
    };
    let link = Link::default();
    Bed {
        health: Health::new(&settings, &store, &world, (link.clone(), Watch::default())),
        store,
        stop: world.stop,
        last_error: world.last_error,
        link,
        _home: home,
    }
}

impl Bed {
    /// What is reported once the database has shown whether it takes writes. Who asks waits two seconds for that.
    async fn with_a_proof(&self) -> Report {
        loop {
            let report = self.health.report().await;
            if report.database.checked_age_ms.is_some() {
                return report;
            }
        }
    }
}

#[tokio::test]
async fn before_it_is_connected_a_server_is_not_well_but_its_database_is() {
    let bed = bed().await;
    let report = bed.with_a_proof().await;
    assert_eq!(report.stage, Stage::Starting);
    assert_eq!(report.reason.as_deref(), Some("the gateway is down"));
    assert!(report.database.writable);
    assert!(report.database.disk_free_bytes.unwrap() > 0);
    assert!(report.rss_bytes.unwrap() > 1 << 20);
    assert_eq!(report.runners, Some(0));
    assert_eq!(report.queue.oldest_queued_age_ms, Some(0));
    assert_eq!(report.restart_count, Some(0));
}

#[tokio::test]
async fn a_gateway_that_gives_no_sign_of_life_is_down_however_it_stands() {
    let bed = bed().await;
    bed.link.be_silent_for(Duration::from_secs(110));
    let report = bed.health.report().await;
    assert_eq!((report.gateway.gateway, report.reason), ("connected", None));
    assert!(report.gateway.heartbeat_age_ms >= Some(110_000));
    bed.link.be_silent_for(SILENT + Duration::from_secs(1));
    let report = bed.health.report().await;
    assert_eq!(report.gateway.gateway, "down");
    let told = "the gateway has given no sign of life for 121 s";
    assert_eq!(report.reason.as_deref(), Some(told));
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_told_with_its_own_words() {
    let bed = bed().await;
    bed.link.be_up();
    assert_eq!(bed.with_a_proof().await.reason, None);
    let bed = self::bed().await;
    bed.link.be_up();
    bed.store.refuse_writes().await;
    let report = bed.with_a_proof().await;
    assert!(!report.healthy && !report.database.writable);
    let reason = report.reason.unwrap();
    assert!(reason.contains("readonly"), "{reason}");
}

#[tokio::test]
async fn a_database_that_does_not_answer_holds_nobody_up() {
    let bed = bed().await;
    bed.link.be_up();
    let held = bed.store.write().await.unwrap();
    let began = Instant::now();
    let report = bed.health.report().await;
    // The database itself would have somebody wait for ten seconds.
    assert!(began.elapsed() < PATIENCE * 9 / 2, "{:?}", began.elapsed());
    assert_eq!(
        report.reason.as_deref(),
        Some("the database does not answer")
    );
    assert_eq!(report.database.checked_age_ms, None);
    // Whoever reads is not held up by who writes.
    assert_eq!(report.deliveries_waiting, Some(0));
    drop(held);
}

#[test]
fn a_disk_that_is_all_but_full_is_told_before_a_write_fails() {
    let proof = |disk_free| Proof {
        fault: None,
        took: Duration::from_millis(3),
        disk_free,
    };
    let told = |proof| database(Some((Duration::ZERO, proof))).1;
    assert_eq!(told(proof(Some(LEAST_DISK))), None);
    assert_eq!(told(proof(None)), None);
    assert_eq!(
        told(proof(Some(3 << 20))).as_deref(),
        Some("the disk of the data directory is full but for 3072 KiB")
    );
}

#[tokio::test]
async fn the_last_error_is_told_without_secrets_and_an_alert_by_its_kind() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let bed = bed().await;
    assert_eq!(bed.health.report().await.last_error, None);
    let mut tx = bed.store.write().await.unwrap();
    let alert = Alert::DeliveryRefused {
        channel: ChannelId::new(1),
        sentence: "a person's words".to_owned(),
    };
    tx.raise(Millis::new(999_999), &alert).await.unwrap();
    tx.commit().await.unwrap();
    let vitals = bed.store.vitals().await.unwrap();
    let alert = LastFault {
        at: 999_999,
        text: "an alert of the kind `delivery_refused` was raised".to_owned(),
    };
    assert_eq!(bed.health.last_fault(Some(&vitals)), Some(alert));
    let log = tracing_subscriber::Registry::default().with(bed.last_error.clone());
    tracing::subscriber::with_default(log, || tracing::error!("it has correct-horse"));
    let fault = bed.health.last_fault(Some(&vitals)).unwrap();
    assert_eq!(fault.text, "it has [redacted]");
}

#[tokio::test]
async fn a_part_that_has_ended_is_named_until_the_server_ends() {
    let bed = bed().await;
    let lasting = tokio::spawn(std::future::pending::<()>());
    bed.health.watch("the outbox", lasting.abort_handle());
    assert_eq!(bed.health.alive(), Ok(()));
    let gone = tokio::spawn(async {});
    let handle = gone.abort_handle();
    gone.await.unwrap();
    bed.health.watch("the keeper of the queue", handle);
    let told = Err("the keeper of the queue has ended".to_owned());
    assert_eq!(bed.health.alive(), told);
    bed.stop.cancel();
    assert_eq!(bed.health.alive(), Ok(()));
    assert_eq!(bed.health.stage(), Stage::Stopping);
}

#[test]
fn what_is_known_of_an_account_is_told_with_its_reason_and_its_time() {
    let view = |health, headroom| AccountView {
        slot: SlotId::main(RuntimeKind::Claude),
        health,
        has_login: None,
        headroom,
    };
    let told = |health| {
        let slot = slot(&view(health, None));
        (slot.healthy, slot.state, slot.reason.is_some())
    };
    assert_eq!(
        told(AccountHealth::Unknown),
        (true, SlotState::Unknown, false)
    );
    assert_eq!(told(AccountHealth::Works), (true, SlotState::Ok, false));
    let refused = AccountHealth::LoginNeeded(Some(ErrorClass::LoginNeeded));
    assert_eq!(told(refused), (false, SlotState::LoginNeeded, true));
    let fails = AccountHealth::Fails(ErrorClass::NoCredit);
    assert_eq!(told(fails), (false, SlotState::Failing, true));
    let limited = slot(&view(
        AccountHealth::LimitedUntil(Millis::new(7)),
        Some(0.254),
    ));
    assert_eq!(
        (limited.healthy, limited.state),
        (false, SlotState::Limited)
    );
    assert_eq!(
        (limited.limited_until, limited.headroom_percent),
        (Some(7), Some(25))
    );
}

#[test]
fn a_further_account_is_called_by_its_name_too() {
    let main = SlotId::main(RuntimeKind::Codex);
    let team = SlotId {
        name: "team".parse().unwrap(),
        ..main.clone()
    };
    assert_eq!([called(&main), called(&team)], ["codex", "codex/team"]);
}
