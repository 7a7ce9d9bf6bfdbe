//! The pages as whoever reaches the port gets them, and what he cannot do to the server.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::http::StatusCode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinHandle,
};

use super::*;

mod hostile;

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(20);

struct Fixed {
    report: Report,
    alive: Result<(), String>,
}

#[async_trait]
impl Reporter for Fixed {
    async fn report(&self) -> Report {
        self.report.clone()
    }

    fn clean(&self, text: &str) -> String {
        text.replace("correct-horse", "[redacted]")
    }

    fn alive(&self) -> Result<(), String> {
        self.alive.clone()
    }
}

fn report(reason: Option<&str>) -> Report {
    let slot = Slot {
        healthy: true,
        reason: None,
        state: SlotState::Unknown,
        has_login: Some(true),
        limited_until: None,
        headroom_percent: None,
    };
    Report {
        healthy: reason.is_none(),
        reason: reason.map(str::to_owned),
        version: "1.2.3",
        uptime_seconds: 7,
        stage: Stage::Running,
        active_sessions: 1,
        queue: Queue {
            queued_count: 2,
            oldest_queued_age_ms: Some(1_500),
            queue_p50_admit_ms: None,
            max_active: 6,
            max_queued: 20,
            person_max_active: 2,
            person_max_queued: 5,
        },
        cli_process_count: 4,
        warm_agents: 3,
        runners: Some(4),
        rss_bytes: Some(5),
        restart_count: Some(6),
        unclean_end_count: Some(1),
        account_slots_health: BTreeMap::from([("claude".to_owned(), slot)]),
        token_status: Some(TokenStatus {
            has_token: Some(true),
            expires_at: Some(120_000),
            remaining_min: Some(-2),
            auth_failures_total: 0,
            daemon_running: "stopped",
            refresh_failures: 0,
            persisted_failures: 0,
            max_failures: None,
            circuit_state: "closed",
            last_refresh: None,
            trouble: None,
        }),
        gateway: Gateway {
            gateway: "connected",
            heartbeat_age_ms: Some(250),
            identify_count: 1,
            resume_count: 8,
            unreadable_events: 5,
            late_interactions: 9,
            commands_unregistered: None,
            refused_requests: 6,
            sparing: false,
        },
        database: Database {
            writable: true,
            checked_age_ms: Some(9),
            took_ms: Some(10),
            disk_free_bytes: Some(11),
        },
        deliveries_waiting: Some(4),
        last_error: Some(LastFault {
            at: 12,
            text: "the outbox cannot be read; trying again".to_owned(),
        }),
    }
}

/// A server that is open for a test.
struct Open {
    address: SocketAddr,
    metrics: Metrics,
    stop: CancellationToken,
    server: JoinHandle<io::Result<()>>,
}

async fn open(report: Report, bounds: Bounds) -> Open {
    let alive = Ok(());
    open_with(Fixed { report, alive }, bounds).await
}

async fn open_with(reporter: Fixed, bounds: Bounds) -> Open {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, metrics) = (CancellationToken::new(), Metrics::default());
    let served = serve(
        listener,
        Arc::new(reporter),
        metrics.clone(),
        bounds,
        stop.clone(),
    );
    Open {
        address,
        metrics,
        stop,
        server: tokio::spawn(served),
    }
}

impl Open {
    async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = reqwest::get(format!("http://{}{path}", self.address))
            .await
            .unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Sends bytes and no more, and reads until the server closes.
    async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may have had enough before all of it was sent.
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
        read(&mut stream).await
    }

    async fn close(self) {
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
    }

    /// Waits until so many connections have ended so.
    async fn until(&self, visit: Visit, count: u64) {
        let reached = async {
            while self.metrics.visits(visit) < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.unwrap();
    }
}

/// What comes until the other side closes, or breaks off.
async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(PATIENCE, end).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_healthy_server_says_so_in_numbers() {
    let open = open(report(None), Bounds::default()).await;
    let (status, body) = open.get("/healthz").await;
    assert_eq!(status, StatusCode::OK);
    insta::assert_snapshot!(body, @r#"{"healthy":true,"reason":null,"version":"1.2.3","uptimeSeconds":7,"stage":"running","activeSessions":1,"queuedCount":2,"oldestQueuedAgeMs":1500,"queueP50AdmitMs":null,"maxActive":6,"maxQueued":20,"personMaxActive":2,"personMaxQueued":5,"cliProcessCount":4,"warmAgents":3,"runners":4,"rssBytes":5,"restartCount":6,"uncleanEndCount":1,"accountSlotsHealth":{"claude":{"healthy":true,"reason":null,"state":"unknown","hasLogin":true,"limitedUntil":null,"headroomPercent":null}},"tokenStatus":{"hasToken":true,"expiresAt":120000,"remainingMin":-2,"authFailuresTotal":0,"daemonRunning":"stopped","refreshFailures":0,"persistedFailures":0,"maxFailures":null,"circuitState":"closed","lastRefresh":null,"trouble":null},"gateway":"connected","heartbeatAgeMs":250,"identifyCount":1,"resumeCount":8,"unreadableEvents":5,"lateInteractions":9,"commandsUnregistered":null,"refusedRequests":6,"sparing":false,"database":{"writable":true,"checkedAgeMs":9,"tookMs":10,"diskFreeBytes":11},"deliveriesWaiting":4,"lastError":{"at":12,"text":"the outbox cannot be read; trying again"}}"#);
    open.close().await;
}

#[tokio::test]
async fn an_unhealthy_server_answers_503_with_the_reason() {
    let open = open(report(Some("the gateway is down")), Bounds::default()).await;
    let (status, body) = open.get("/healthz").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains(r#""reason":"the gateway is down""#), "{body}");
    let ready = open.get("/readyz").await;
    let told = "the server is not well: the gateway is down\n".to_owned();
    assert_eq!(ready, (StatusCode::SERVICE_UNAVAILABLE, told));
    assert_eq!(
        open.get("/livez").await,
        (StatusCode::OK, "alive\n".to_owned())
    );
    open.close().await;
}

#[tokio::test]
async fn a_server_is_ready_when_it_runs_and_is_well_and_in_no_other_stage() {
    let answers = |stage, reason| async move {
        let report = Report {
            stage,
            ..report(reason)
        };
        let open = open(report, Bounds::default()).await;
        let (status, body) = open.get("/readyz").await;
        open.close().await;
        (status.as_u16(), body)
    };
    let told = |status, body: &str| (status, body.to_owned());
    assert_eq!(answers(Stage::Running, None).await, told(200, "ready\n"));
    assert_eq!(
        answers(Stage::Stopping, None).await,
        told(503, "the server ends\n")
    );
    assert_eq!(
        answers(Stage::Recovering, Some("the gateway is down")).await,
        told(
            503,
            "the server takes up what was left: the gateway is down\n"
        )
    );
    assert_eq!(
        answers(Stage::Starting, None).await,
        told(503, "the server starts\n")
    );
}

#[tokio::test]
async fn a_server_of_which_a_part_has_ended_is_not_alive() {
    let open = open_with(
        Fixed {
            report: report(None),
            alive: Err("the outbox has ended".to_owned()),
        },
        Bounds::default(),
    );
    let open = open.await;
    let dead = (
        StatusCode::SERVICE_UNAVAILABLE,
        "the outbox has ended\n".to_owned(),
    );
    assert_eq!(open.get("/livez").await, dead);
    open.close().await;
}

#[tokio::test]
async fn prometheus_gets_every_number_with_its_help_in_its_own_format() {
    let open = open(report(None), Bounds::default()).await;
    let answer = reqwest::get(format!("http://{}/metrics", open.address));
    let answer = answer.await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let text = answer.text().await.unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    // Those of one family come in any order.
    let is_labelled = |line: &&str| line.contains("{outcome=") || line.contains("{state=");
    for family in lines.chunk_by_mut(|one, other| is_labelled(one) == is_labelled(other)) {
        if is_labelled(&family[0]) {
            family.sort_unstable();
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
    open.close().await;
}

#[tokio::test]
async fn what_is_not_known_is_not_told_to_prometheus() {
    let unknown = Report {
        rss_bytes: None,
        restart_count: None,
        deliveries_waiting: None,
        token_status: None,
        ..report(None)
    };
    let open = open(unknown, Bounds::default()).await;
    let (_, text) = open.get("/metrics").await;
    for name in [
        "resident_memory",
        "starts",
        "deliveries_waiting",
        "agent_token",
    ] {
        assert!(!text.contains(&format!("baton_{name}")), "{text}");
    }
    open.close().await;
}

#[tokio::test]
async fn no_page_may_be_kept_or_read_by_another() {
    let open = open(report(None), Bounds::default()).await;
    for path in ["/healthz", "/livez", "/readyz", "/metrics", "/nothing"] {
        let answer = reqwest::get(format!("http://{}{path}", open.address));
        let headers = answer.await.unwrap().headers().clone();
        let told = [
            "cache-control",
            "x-content-type-options",
            "cross-origin-resource-policy",
        ]
        .map(|name| headers[name].to_str().unwrap().to_owned());
        assert_eq!(told, ["no-store", "nosniff", "same-origin"], "{path}");
    }
    open.close().await;
}
