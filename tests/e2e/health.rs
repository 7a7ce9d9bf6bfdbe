//! The health page of a real server: before it is connected, while it works, after it was killed.

use std::time::Duration;

use discord_sim::{RouteKind, Rule};
use serde_json::{Value, json};

use crate::stage::{Settings, Stage, until};

/// How long something may take to be told.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often it is looked whether it is.
const LOOK: Duration = Duration::from_millis(50);

/// The pages of one server.
pub(crate) struct Pages(String);

/// What the page says of an account that has met no limit.
pub(crate) fn slot(reason: Option<&str>, state: &str, has_login: bool) -> Value {
    json!({
        "healthy": reason.is_none(),
        "reason": reason,
        "state": state,
        "hasLogin": has_login,
        "limitedUntil": null,
        "headroomPercent": null,
    })
}

impl Pages {
    /// Those of the newest server of a stage.
    pub(crate) async fn of(stage: &Stage) -> Self {
        Self(stage.until_health_page().await)
    }

    async fn get(&self, page: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}/{page}", self.0))
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn health(&self) -> (u16, Value) {
        let (status, text) = self.get("healthz").await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// Waits until a page answers so.
    async fn until(&self, page: &str, wanted: u16) {
        let answers = async {
            while self.get(page).await.0 != wanted {
                tokio::time::sleep(LOOK).await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, answers);
        in_time.await.unwrap();
    }

    /// Waits until the page of its health has all this in it; what the server does not learn in time it leaves out.
    pub(crate) async fn until_told(&self, wanted: &[(&str, Value)]) -> Value {
        let is_so = |page: &Value| wanted.iter().all(|(field, value)| page[field] == *value);
        let began = std::time::Instant::now();
        loop {
            let (_, page) = self.health().await;
            if is_so(&page) {
                return page;
            }
            assert!(began.elapsed() < PATIENCE, "{wanted:?} is not in {page}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until it is told of Claude's login what is wanted.
    pub(crate) async fn until_login(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let began = std::time::Instant::now();
        loop {
            let (_, page) = self.health().await;
            if wanted(&page["tokenStatus"]) {
                return page["tokenStatus"].clone();
            }
            assert!(began.elapsed() < PATIENCE, "{}", page["tokenStatus"]);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until it is told that the database takes writes.
    async fn until_writable(&self) -> Value {
        let began = std::time::Instant::now();
        loop {
            let (_, page) = self.health().await;
            if page["database"]["writable"] == json!(true) {
                return page;
            }
            assert!(began.elapsed() < PATIENCE, "{page}");
            tokio::time::sleep(LOOK).await;
        }
    }
}

#[tokio::test]
async fn a_server_is_alive_at_once_and_ready_when_it_is_connected() {
    let mut stage = Stage::dark(Settings::default()).await;
    let look = stage.sim.hold(Rule::route(RouteKind::Guild));
    stage.start_unconnected();
    look.arrived().await;
    let pages = Pages::of(&stage).await;
    assert_eq!(pages.get("livez").await, (200, "alive\n".to_owned()));
    let told = "the server starts: the gateway is down\n".to_owned();
    assert_eq!(pages.get("readyz").await, (503, told));
    let page = pages.until_writable().await;
    assert_eq!(page["stage"], json!("starting"));
    assert_eq!(pages.health().await.0, 503);
    look.release();
    pages.until("readyz", 200).await;
    assert_eq!(pages.health().await.0, 200);
    stage.stop().await;
}

#[tokio::test]
async fn a_server_tells_of_what_it_does_in_the_fields_that_scripts_know() {
    let mut stage = Stage::open().await;
    let pages = Pages::of(&stage).await;
    let thread = stage
        .ask("ann", r#"hello STUB:[{"text":"first half, other half","chunks":2,"hold_after":1,"hold":"middle"}]"#)
        .await;
    stage.model.wait_for_hold("middle").await;
    pages.until("healthz", 200).await;
    let slot = slot(None, "unknown", true);
    let wanted = [
        ("activeSessions", json!(1)),
        ("queuedCount", json!(0)),
        ("oldestQueuedAgeMs", json!(0)),
        ("cliProcessCount", json!(1)),
        ("restartCount", json!(1)),
        ("queueP50AdmitMs", json!(null)),
        ("uncleanEndCount", json!(0)),
        ("identifyCount", json!(1)),
        ("gateway", json!("connected")),
        ("stage", json!("running")),
        ("accountSlotsHealth", json!({"claude": slot})),
    ];
    let mut page = pages.until_told(&wanted).await;
    assert!(page["rssBytes"].as_u64().unwrap() > 1 << 20, "{page}");
    let began = std::time::Instant::now();
    while page["tokenStatus"].is_null() && began.elapsed() < PATIENCE {
        (_, page) = pages.health().await;
    }
    assert_eq!(page["tokenStatus"]["hasToken"], json!(true), "{page}");
    stage.model.release("middle");
    stage.answer(thread, "first half, other half").await;
    stage.until_settled().await;
    let (_, page) = pages.health().await;
    assert_eq!(
        page["accountSlotsHealth"]["claude"]["state"], "ok",
        "{page}"
    );
    let lines = [
        "baton_requests_total{outcome=\"accepted\"} 1",
        "baton_runs_ended_total{state=\"completed\"} 1",
        "baton_runs_ended_total{state=\"failed\"} 0",
        "baton_admission_wait_seconds_count 1",
        "baton_run_duration_seconds_count 1",
        "baton_gateway_connected 1",
        "baton_gateway_identifies_total 1",
        "baton_ready 1",
    ];
    // What is counted may be so a moment after it has happened.
    let began = std::time::Instant::now();
    let metrics = loop {
        let (status, metrics) = pages.get("metrics").await;
        assert_eq!(status, 200);
        let is_there = |line: &&&str| metrics.lines().any(|it| it == **line);
        let Some(missing) = lines.iter().find(|line| !is_there(line)) else {
            break metrics;
        };
        assert!(began.elapsed() < PATIENCE, "{missing} is not in\n{metrics}");
        tokio::time::sleep(LOOK).await;
    };
    assert!(
        !metrics.contains("deliveries_total{outcome=\"sent\"} 0"),
        "{metrics}"
    );
    stage.stop().await;
}

#[tokio::test]
async fn what_waits_and_what_works_is_told_while_it_does() {
    let mut stage = Stage::dark(Settings::default()).await;
    stage.set_env("BATON_ADMISSION__MAX_ACTIVE", "1");
    stage.start().await;
    let pages = Pages::of(&stage).await;
    let first = stage
        .ask("ann", r#"one STUB:[{"text":"first","hold":"working"}]"#)
        .await;
    stage.model.wait_for_hold("working").await;
    let second = stage.ask("ann", r#"two STUB:[{"text":"second"}]"#).await;
    stage.says(second, "yours is next").await;
    let wanted = [
        ("activeSessions", json!(1)),
        ("queuedCount", json!(1)),
        ("maxActive", json!(1)),
        ("maxQueued", json!(20)),
        ("runners", json!(1)),
    ];
    let page = pages.until_told(&wanted).await;
    assert!(page["oldestQueuedAgeMs"].as_u64() > Some(0), "{page}");
    assert!(page["heartbeatAgeMs"].is_u64(), "{page}");
    stage.model.release("working");
    stage.answer(first, "first").await;
    stage.answer(second, "second").await;
    stage.stop().await;
}

#[tokio::test]
async fn a_server_that_was_killed_is_told_from_one_that_was_stopped() {
    let mut stage = Stage::open().await;
    let lives = async |stage: &Stage, starts: u64, unclean: u64| {
        let wanted = [
            ("restartCount", json!(starts)),
            ("uncleanEndCount", json!(unclean)),
        ];
        Pages::of(stage).await.until_told(&wanted).await;
    };
    lives(&stage, 1, 0).await;
    stage.stop().await;
    stage.start().await;
    lives(&stage, 2, 0).await;
    stage.kill().await;
    stage.start().await;
    lives(&stage, 3, 1).await;
    stage.stop().await;
}

#[tokio::test]
async fn a_lost_gateway_and_a_resume_are_seen_on_the_page() {
    let mut stage = Stage::open().await;
    let pages = Pages::of(&stage).await;
    pages.until("healthz", 200).await;
    stage.sim.set_gateway(discord_sim::GatewayMode::Refuse);
    stage.sim.drop_gateway();
    pages.until("healthz", 503).await;
    assert_eq!(pages.get("livez").await.0, 200);
    until("it was refused once more", || {
        stage.log().contains("cannot be reached")
    })
    .await;
    stage.sim.set_gateway(discord_sim::GatewayMode::Open);
    pages.until("healthz", 200).await;
    let (_, page) = pages.health().await;
    let counts = (&page["identifyCount"], &page["resumeCount"]);
    assert_eq!(counts, (&json!(1), &json!(1)));
    stage.stop().await;
}

/// An agent that says what no version of the program has said so far, in the middle of its turn.
const STRANGER: &str = r#"
for line in lines():
    if kind(line) == "initialize":
        say(type="sunrise", colour="red")
        welcome(line)
    elif kind(line) == "user":
        take(line)
        say(type="thought_bubble", session_id="x", text="a pineapple")
        say(type="system", subtype="weather_forecast", sky="blue")
        say(kind="no type at all")
        print("no JSON", flush=True)
        say(type="stream_event", event={"type": "content_block_dance"}, parent_tool_use_id=None)
        end(result="an answer all the same")
"#;

#[tokio::test]
async fn lines_of_an_agent_that_nobody_knows_change_nothing_and_are_counted() {
    let stage = Stage::with(Settings {
        fake: Some(STRANGER.to_owned()),
        ..Settings::default()
    })
    .await;
    let pages = Pages::of(&stage).await;
    let counted = async || {
        let (_, text) = pages.get("metrics").await;
        let named = "baton_agent_lines_not_understood_total ";
        let line = text.lines().find_map(|line| line.strip_prefix(named));
        line.unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(counted().await, 0);
    let thread = stage.ask("ann", "say something").await;
    stage.answer(thread, "an answer all the same").await;
    stage.until_settled().await;
    let of_one = counted().await;
    assert!(of_one >= 4, "{of_one}");
    let again = stage.sim.user("ann").says("once more").in_(thread);
    again.await;
    stage
        .sim
        .wait_for(|world| world.messages(thread).len() == 3)
        .await;
    stage.until_settled().await;
    assert!(counted().await > of_one);
    assert_eq!(stage.count(thread, "pineapple"), 0);
    assert_eq!(stage.count(thread, "⚠️"), 0);
}
