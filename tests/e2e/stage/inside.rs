//! Baton inside the test's own process, on a clock that the test holds.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    time::{Duration, Instant},
};

use baton::{
    cli::{World, judge_tools, serve},
    clock::Clock,
    config::Settings,
    observe::LastError,
    runtime::HostEnv,
};
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::subscriber::DefaultGuard;

use super::{HeldClock, Stage};

/// What takes longer on the machine's clock has no end.
const LONG: Duration = Duration::from_mins(5);

/// A Baton that runs as a task, in a runtime of one thread. What it has started are tasks of their own:
/// who wants it to die as a process does drops the runtime.
pub(crate) struct Inside {
    stop: CancellationToken,
    work: JoinHandle<anyhow::Result<()>>,
    /// This thread's log goes where that of a Baton goes that is a process.
    _log: DefaultGuard,
}

impl Stage {
    /// Has Baton speak to the simulator over TLS, by the name of the real Discord and with the rate
    /// limiter on.
    pub(crate) fn reach_it_as_if_it_were_discord(&mut self) {
        let authority = self.home().join("ca.pem");
        std::fs::write(&authority, self.sim.ca_pem().expect("it has TLS")).unwrap();
        let address = self.sim.tls_addr().expect("it has TLS");
        self.set_env("BATON_DISCORD__API_CA", &authority.display().to_string());
        self.set_env("BATON_DISCORD__API_BASE", &format!("https://{address}"));
    }

    /// Starts Baton in this process.
    pub(crate) fn serve_here(&self, clock: Clock) -> Inside {
        let mut process: BTreeMap<String, String> = self.env().into_iter().collect();
        process.insert("HOME".to_owned(), self.home().display().to_string());
        let settings =
            Settings::load(&self.home().join("baton.toml"), &process, judge_tools).unwrap();
        let stop = CancellationToken::new();
        let world = World {
            clock,
            program: env!("CARGO_BIN_EXE_baton").into(),
            // As a process has it, so that each finds what the other has left.
            agents_get: HostEnv {
                path: std::env::var("PATH").unwrap(),
                home: self.home().to_owned(),
                lang: None,
            },
            stop: stop.clone(),
            renewals: TaskTracker::new(),
            last_error: LastError::default(),
        };
        self.count_looks();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.home().join("log"))
            .unwrap();
        let log = tracing_subscriber::fmt()
            .with_env_filter("info,baton=debug")
            .with_ansi(false)
            .with_writer(std::sync::Mutex::new(log));
        let log = tracing::subscriber::set_default(log.finish());
        let work = tokio::spawn(serve(settings, world));
        Inside {
            stop,
            work,
            _log: log,
        }
    }
}

impl Inside {
    /// Fails with its reason if it has ended by itself.
    pub(crate) async fn is_alive(&mut self) -> bool {
        let ended = self.work.is_finished();
        assert!(!ended, "Baton has ended: {:?}", (&mut self.work).await);
        true
    }

    /// Asks it to end, and lets time pass until it has.
    pub(crate) async fn stop(self, mut pass_time: impl AsyncFnMut()) {
        self.stop.cancel();
        let asked = Instant::now();
        while !self.work.is_finished() {
            assert!(asked.elapsed() < LONG, "it does not end");
            pass_time().await;
        }
        self.work.await.unwrap().unwrap();
    }

    /// Asks it to end, and says for how long it has waited by its own clock. That goes five times as slowly as the
    /// machine's, so that what has to be done meanwhile is done in next to no time.
    pub(crate) async fn stop_slowly(self) -> Duration {
        let clock = HeldClock::new();
        let asked = tokio::time::Instant::now();
        self.stop(async || {
            let moment = || std::thread::sleep(Duration::from_millis(50));
            tokio::task::spawn_blocking(moment).await.unwrap();
            tokio::time::advance(Duration::from_millis(10)).await;
            let waited = asked.elapsed();
            assert!(waited < Duration::from_secs(10), "it does not end");
        })
        .await;
        drop(clock);
        asked.elapsed()
    }
}
