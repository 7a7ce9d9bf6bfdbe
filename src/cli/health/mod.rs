//! Puts together what the health page reports, from the rooms that know it.
//!
//! Nothing here waits for long: what needs the database or a disk is looked at beside, once in a while,
//! and what does not come in time is told as unknown.

mod look;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::run::World;
use crate::{
    clock::{Clock, Millis},
    config::{Admission, Settings},
    credentials::{TIERS, Watch, free_on},
    discord::{Link, LinkState},
    http::{
        Database, Gateway, LastFault, Queue, Report, Reporter, Slot, SlotState, Stage, TokenStatus,
    },
    observe::{LastError, Secrets},
    runtime::ErrorClass,
    session::{AccountHealth, AccountView, Engine, Pulse},
    store::{Store, Vitals},
    words::{RuntimeKind, SlotId},
};
use look::Look;

/// How old what the database told may be.
const FRESH: Duration = Duration::from_secs(1);

/// How old a proof may be that the database takes writes: each costs the disk a write.
const PROVED: Duration = Duration::from_secs(10);

/// How long somebody who asks waits for the database and the disk.
const PATIENCE: Duration = Duration::from_secs(2);

/// With less on its disk the database cannot be counted on: an answer may take this much.
const LEAST_DISK: u64 = 8 << 20;

/// How long the gateway may be without a sign of life. It gives one in some 41 seconds, and the relay
/// ends a connection that has missed one; so this is a relay that hangs.
const SILENT: Duration = Duration::from_mins(2);

/// How the server is, for whoever asks.
pub(super) struct Health {
    clock: Clock,
    store: Store,
    admission: Admission,
    data: PathBuf,
    secrets: Secrets,
    kept: Watch,
    link: Link,
    last_error: LastError,
    stop: CancellationToken,
    began: Instant,
    /// How far the start has come.
    reached: Mutex<Stage>,
    engine: OnceLock<Arc<Engine>>,
    /// Parts that have to work as long as the server does.
    parts: Mutex<Vec<(&'static str, AbortHandle)>>,
    vitals: Look<Option<Vitals>>,
    proof: Look<Proof>,
}

/// Whether the database took a write.
#[derive(Clone, Debug)]
struct Proof {
    fault: Option<String>,
    took: Duration,
    disk_free: Option<u64>,
}

impl Health {
    pub(super) fn new(
        settings: &Settings,
        store: &Store,
        world: &World,
        (link, kept): (Link, Watch),
    ) -> Arc<Self> {
        Arc::new(Self {
            clock: world.clock.clone(),
            store: store.clone(),
            admission: settings.admission.clone(),
            data: settings.data.dir.clone(),
            secrets: settings.secrets(),
            kept,
            link,
            last_error: world.last_error.clone(),
            stop: world.stop.clone(),
            began: Instant::now(),
            reached: Mutex::new(Stage::Starting),
            engine: OnceLock::new(),
            parts: Mutex::default(),
            vitals: Look::new(FRESH, PATIENCE),
            proof: Look::new(PROVED, PATIENCE),
        })
    }

    /// The start has come so far.
    pub(super) fn has_reached(&self, stage: Stage) {
        *self.reached.lock() = stage;
    }

    /// From now on there is an engine to ask.
    pub(super) fn knows(&self, engine: &Arc<Engine>) {
        // There is one in the life of a server.
        let _ = self.engine.set(Arc::clone(engine));
    }

    /// A part of the server that has to work as long as the server does.
    pub(super) fn watch(&self, name: &'static str, part: AbortHandle) {
        self.parts.lock().push((name, part));
    }

    fn stage(&self) -> Stage {
        if self.stop.is_cancelled() {
            return Stage::Stopping;
        }
        *self.reached.lock()
    }

    async fn vitals(&self) -> Option<Vitals> {
        let store = self.store.clone();
        let look = async move {
            let vitals = store.vitals().await;
            vitals
                .inspect_err(
                    |error| tracing::warn!(%error, "the health page cannot read the database"),
                )
                .ok()
        };
        self.vitals.take(look).await.and_then(|(_, vitals)| vitals)
    }

    async fn proof(&self) -> Option<(Duration, Proof)> {
        let (store, clock, data) = (self.store.clone(), self.clock.clone(), self.data.clone());
        let look = async move {
            let began = Instant::now();
            let proved = store.prove_writable(clock.now()).await;
            let took = began.elapsed();
            // A disk may not answer.
            let disk_free = tokio::task::spawn_blocking(move || free_on(&data)).await;
            Proof {
                fault: proved.err().map(|error| error.to_string()),
                took,
                disk_free: disk_free.ok().flatten(),
            }
        };
        self.proof.take(look).await
    }

    /// Claude's login.
    fn token_status(&self) -> Option<TokenStatus> {
        let kept = self.kept.status(&SlotId::main(RuntimeKind::Claude))?;
        let left = |at: Millis| (at.get() - self.clock.now().get()).div_euclid(60_000);
        Some(TokenStatus {
            has_token: kept.has_login,
            expires_at: kept.expires_at.map(Millis::get),
            remaining_min: kept.expires_at.map(left),
            auth_failures_total: kept.refused,
            daemon_running: kept.keeping.as_str(),
            refresh_failures: kept.failures.into(),
            persisted_failures: kept.inherited_failures.into(),
            max_failures: TIERS.into_iter().max().map(u64::from),
            circuit_state: kept.circuit.as_str(),
            last_refresh: kept.renewed.map(Millis::get),
            trouble: kept.trouble.map(|why| self.secrets.redact(&why)),
        })
    }

    /// The accounts of the agent programs that this server has.
    fn slots(&self) -> BTreeMap<String, Slot> {
        let views = match self.engine.get() {
            Some(engine) => engine.accounts(),
            // Until there is one nobody has told anything.
            None => Vec::new(),
        };
        views
            .iter()
            .map(|view| (called(&view.slot), slot(view)))
            .collect()
    }

    fn gateway(&self) -> (Gateway, Option<String>) {
        let waits = self.link.waits();
        let sign = self.link.last_sign();
        let silent = sign.filter(|age| *age > SILENT);
        let (gateway, fault) = match (self.link.state(), waits, silent) {
            (LinkState::Up, _, None) => ("connected", None),
            (LinkState::Up, _, Some(age)) => {
                let seconds = age.as_secs();
                let fault = format!("the gateway has given no sign of life for {seconds} s");
                ("down", Some(fault))
            }
            (LinkState::Down, Some(why), _) => ("waiting", Some(why)),
            (LinkState::Down, None, _) => ("down", Some("the gateway is down".to_owned())),
        };
        let treatment = self.link.treatment();
        let gateway = Gateway {
            gateway,
            heartbeat_age_ms: sign.map(milliseconds),
            identify_count: self.link.identified(),
            resume_count: self.link.resumed(),
            unreadable_events: self.link.unreadable(),
            late_interactions: self.link.late(),
            commands_unregistered: (self.link.unregistered()).map(|why| self.secrets.redact(&why)),
            refused_requests: treatment.refused,
            sparing: treatment.is_sparing,
        };
        (gateway, fault)
    }

    fn queue(&self, pulse: Option<Pulse>, vitals: Option<&Vitals>) -> Queue {
        let now = self.clock.now();
        let age = |vitals: &Vitals| {
            let since = vitals.oldest_queued;
            since.map_or(0, |since| milliseconds(now.since(since)))
        };
        Queue {
            queued_count: pulse.map_or(0, |pulse| pulse.queued),
            oldest_queued_age_ms: vitals.map(age),
            queue_p50_admit_ms: pulse
                .and_then(|pulse| pulse.admitted_after)
                .map(milliseconds),
            max_active: self.admission.max_active,
            max_queued: self.admission.max_queued,
            person_max_active: self.admission.person_max_active,
            person_max_queued: self.admission.person_max_queued,
        }
    }

    /// The newer one of the log's last error and the last alert, of which only the kind is told: its
    /// words may be Discord's.
    fn last_fault(&self, vitals: Option<&Vitals>) -> Option<LastFault> {
        let now = self.clock.now();
        let logged = self.last_error.get().map(|(at, text)| LastFault {
            at: now.before(at.elapsed()).get(),
            text: self.secrets.redact(&text),
        });
        let alert = vitals.and_then(|vitals| vitals.alert.as_ref());
        let alert = alert.map(|(at, kind)| LastFault {
            at: at.get(),
            text: format!("an alert of the kind `{kind}` was raised"),
        });
        logged.into_iter().chain(alert).max_by_key(|fault| fault.at)
    }
}

#[async_trait]
impl Reporter for Health {
    fn clean(&self, text: &str) -> String {
        self.secrets.redact(text)
    }

    async fn report(&self) -> Report {
        let pulse = self.engine.get().map(|engine| engine.pulse());
        let (vitals, proof) = tokio::join!(self.vitals(), self.proof());
        let (gateway, offline) = self.gateway();
        let (database, unwritable) = database(proof);
        let reason = offline.or(unwritable).map(|why| self.secrets.redact(&why));
        let vitals = vitals.as_ref();
        Report {
            healthy: reason.is_none(),
            reason,
            version: env!("CARGO_PKG_VERSION"),
            uptime_seconds: self.began.elapsed().as_secs(),
            stage: self.stage(),
            active_sessions: pulse.map_or(0, |pulse| pulse.active),
            queue: self.queue(pulse, vitals),
            cli_process_count: pulse.map_or(0, |pulse| pulse.agents),
            warm_agents: pulse.map_or(0, |pulse| pulse.warm),
            runners: vitals.map(|vitals| vitals.runners),
            rss_bytes: memory_stats::memory_stats()
                .and_then(|stats| u64::try_from(stats.physical_mem).ok()),
            restart_count: vitals.map(|vitals| vitals.life.starts),
            unclean_end_count: vitals.map(|vitals| vitals.life.unclean_ends),
            account_slots_health: self.slots(),
            token_status: self.token_status(),
            gateway,
            database,
            deliveries_waiting: vitals.map(|vitals| vitals.deliveries_waiting),
            last_error: self.last_fault(vitals),
        }
    }

    fn alive(&self) -> Result<(), String> {
        if self.stop.is_cancelled() {
            // Then they end, one after the other.
            return Ok(());
        }
        let parts = self.parts.lock();
        let fallen = parts.iter().find(|(_, part)| part.is_finished());
        fallen.map_or(Ok(()), |(name, _)| Err(format!("{name} has ended")))
    }
}

/// What a proof says, and what is wrong by it.
fn database(proof: Option<(Duration, Proof)>) -> (Database, Option<String>) {
    let Some((age, proof)) = proof else {
        let unknown = Database {
            writable: false,
            checked_age_ms: None,
            took_ms: None,
            disk_free_bytes: None,
        };
        return (unknown, Some("the database does not answer".to_owned()));
    };
    let full = proof.disk_free.filter(|free| *free < LEAST_DISK);
    let fault = match (&proof.fault, full) {
        (Some(fault), _) => Some(fault.clone()),
        (None, Some(free)) => Some(format!(
            "the disk of the data directory is full but for {} KiB",
            free >> 10
        )),
        (None, None) => None,
    };
    let database = Database {
        writable: proof.fault.is_none(),
        checked_age_ms: Some(milliseconds(age)),
        took_ms: Some(milliseconds(proof.took)),
        disk_free_bytes: proof.disk_free,
    };
    (database, fault)
}

/// What an account is called there: the one that a program has by its own section as that.
fn called(slot: &SlotId) -> String {
    if *slot == SlotId::main(slot.runtime) {
        slot.runtime.as_str().to_owned()
    } else {
        slot.to_string()
    }
}

fn slot(view: &AccountView) -> Slot {
    let (state, reason) = match view.health {
        // That nobody is logged in is told by `hasLogin`; it has failed nobody yet.
        AccountHealth::Unknown | AccountHealth::LoginNeeded(None) => (SlotState::Unknown, None),
        AccountHealth::Works => (SlotState::Ok, None),
        AccountHealth::LimitedUntil(_) => {
            let reason = ErrorClass::LimitReached.sentence();
            (SlotState::Limited, Some(reason))
        }
        AccountHealth::LoginNeeded(Some(class)) => (SlotState::LoginNeeded, Some(class.sentence())),
        AccountHealth::Fails(class) => (SlotState::Failing, Some(class.sentence())),
    };
    Slot {
        healthy: matches!(state, SlotState::Unknown | SlotState::Ok),
        reason,
        state,
        has_login: view.has_login,
        limited_until: match view.health {
            AccountHealth::LimitedUntil(until) => Some(until.get()),
            AccountHealth::Unknown
            | AccountHealth::Works
            | AccountHealth::LoginNeeded(_)
            | AccountHealth::Fails(_) => None,
        },
        headroom_percent: view.headroom_percent(),
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
