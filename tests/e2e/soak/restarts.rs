//! A server that crashes whenever it is connected, and a service manager that starts it again each time:
//! Discord takes the token away from who introduces himself a thousand times in a day.

use std::{fs, time::Duration};

use baton::clock::{Clock, Millis};
use discord_sim::{Fact, GatewayFact, SimConfig, ZombieWatch};
use serde_json::Value;
use tokio::runtime;

use super::{
    START_MS,
    clockwork::{Clockwork, Hold},
};
use crate::stage::{Settings, Stage};

const CRASHES: usize = 50;

const DAY: Duration = Duration::from_hours(24);

/// What the ledger promises of a day; the bound that must not be met is 60, which 50 crashes do not come to.
const A_DAY: usize = 40;

/// How long the service manager waits before it starts the server again.
const PAUSE: Duration = Duration::from_secs(5);

/// How many moments a start may take; it takes a hundredth of them.
const PATIENCE: u32 = 5_000;

/// So many moments in which nothing happens, and Baton does wait for time to pass.
const STILL: u32 = 5;

#[test]
fn a_server_that_crashes_fifty_times_in_a_row_introduces_itself_seldom_and_says_why_it_waits() {
    // Discord lives on while Baton dies.
    let discords = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let restarts = discords.block_on(Restarts::new());
    let waited = (0..CRASHES).filter(|_| restarts.live()).count();
    assert!(waited > 40, "it said why it waits at {waited} starts");

    let moments = restarts.identifies();
    assert_eq!(moments.len(), CRASHES);
    let of_the_day = |from: &Millis| {
        let since = moments.iter().filter(|at| *at >= from);
        since.filter(|at| at.since(*from) < DAY).count()
    };
    let most = moments.iter().map(of_the_day).max().unwrap();
    assert!(most <= A_DAY, "{most} IDENTIFYs in a day");
    let whole = moments[CRASHES - 1].since(moments[0]);
    assert!(whole > DAY, "all of them in {whole:?}");
    eprintln!("{CRASHES} starts take {whole:?}; a day has {most} at most");
    let _inside = discords.enter();
    drop(restarts);
}

/// The loop of starts and crashes.
struct Restarts {
    stage: Stage,
    baton: Clock,
    discord: discord_sim::Clock,
}

impl Restarts {
    async fn new() -> Self {
        let discord = discord_sim::Clock::manual(START_MS);
        let stage = Stage::dark(Settings {
            sim: SimConfig {
                clock: discord.clone(),
                zombies: ZombieWatch::Off,
                ..SimConfig::default()
            },
            ..Settings::default()
        })
        .await;
        Self {
            stage,
            baton: Clock::held_at(Millis::new(START_MS)),
            discord,
        }
    }

    /// One life, from the start until it is connected. Whether it said why it waits.
    fn live(&self) -> bool {
        // Each life has a log of its own.
        let _ = fs::remove_file(self.stage.home().join("log"));
        let life = runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let waited = life.block_on(self.until_connected());
        // All that it has started ends here, in the middle of what it does and without a word.
        drop(life);
        self.baton.advance(PAUSE);
        self.discord.advance(PAUSE);
        waited
    }

    async fn until_connected(&self) -> bool {
        let mut time = Clockwork::new(Hold::on_time(), self.baton.clone(), self.discord.clone());
        let mut server = self.stage.serve_here(self.baton.clone());
        let (mut waited, mut still, mut before) = (false, 0, 0);
        for _ in 0..PATIENCE {
            server.is_alive().await;
            let log = self.stage.log();
            if log.contains("connected to Discord") {
                return waited;
            }
            time.stand_still().await;
            still = if log.len() == before { still + 1 } else { 0 };
            before = log.len();
            let left = waits_until(&log).map(|until| until.since(self.baton.now()));
            if let Some(left) = left.filter(|left| still >= STILL && !left.is_zero()) {
                self.check_health().await;
                waited = true;
                time.leap(left).await;
            }
        }
        panic!("Baton does not connect");
    }

    /// The health page and the log say why it waits, and how often it was connected in the last day.
    async fn check_health(&self) {
        let health = self.stage.health_page().expect("it is open");
        let page = reqwest::get(format!("http://{health}/healthz")).await;
        let page: Value = page.unwrap().json().await.unwrap();
        let day_ago = self.baton.now().before(DAY);
        let today = self.identifies().into_iter().filter(|at| *at >= day_ago);
        let crashes = today.count();
        let reason = format!(
            "the last {crashes} connections to Discord were cut short, so the next one has to \
             wait; look into the log for why Baton ended"
        );
        assert_eq!(
            (page["gateway"].as_str(), page["reason"].as_str()),
            (Some("waiting"), Some(reason.as_str()))
        );
        assert!(self.stage.log().contains(&reason), "{}", self.stage.log());
    }

    /// When Discord heard an IDENTIFY.
    fn identifies(&self) -> Vec<Millis> {
        let is_one = |fact: &Fact| matches!(fact, Fact::Gateway(GatewayFact::Identified { .. }));
        let journal = self.stage.sim.journal().into_iter();
        journal
            .filter(|entry| is_one(&entry.fact))
            .map(|entry| Millis::new(entry.at_ms))
            .collect()
    }
}

/// Until when the next connection has to wait, if the log has said so.
fn waits_until(log: &str) -> Option<Millis> {
    let line = log.lines().rfind(|line| line.contains("were cut short"))?;
    let (_, until) = line.rsplit_once("until=")?;
    until.trim().parse().ok().map(Millis::new)
}
