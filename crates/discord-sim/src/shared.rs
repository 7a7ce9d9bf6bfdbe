//! The one lock: world, journal, gateway sessions and rules of a simulator, and the bell that rings
//! after every change. Events reach the gateway under the same lock, so their order is the world's.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::SimConfig;
use crate::gateway::{Hub, ZombieWatch};
use crate::journal::{Fact, Journal, Violation, ViolationKind};
use crate::mistake::Mistake;
use crate::rules::{GatewayFault, Rules, Stage};
use crate::schema::Schemas;
use crate::server::{Doors, Ports};
use crate::throttle::Throttle;
use crate::world::World;

/// Everything of one simulator that its parts share.
#[derive(Debug)]
pub(crate) struct Shared {
    core: Mutex<Core>,
    /// Counts changes; waiters look again when it moves.
    changes: watch::Sender<u64>,
    pub(crate) clock: Clock,
    pub(crate) token: String,
    pub(crate) heartbeat_interval_ms: u64,
    pub(crate) zombies: ZombieWatch,
    /// Where the server listens.
    pub(crate) ports: Ports,
    /// The switch of its listeners.
    pub(crate) doors: Doors,
    /// What every request and answer is held against.
    pub(crate) schemas: Option<Schemas>,
    /// What is done wrong on purpose.
    pub(crate) mistake: Option<Mistake>,
    /// Ends the server, its connections and all holds.
    pub(crate) stop: CancellationToken,
}

/// What the lock protects.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) world: World,
    pub(crate) journal: Journal,
    pub(crate) hub: Hub,
    pub(crate) rules: Rules,
    pub(crate) throttle: Throttle,
}

impl Shared {
    pub(crate) fn new(
        config: &SimConfig,
        ports: Ports,
        doors: Doors,
        schemas: Option<Schemas>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let core = Core {
            world: World::new(config, ports.plain),
            journal: Journal::new(config.journal),
            hub: Hub::default(),
            rules: Rules::default(),
            throttle: Throttle::new(config.rate_limits, config.invalid_request_bound),
        };
        Arc::new(Self {
            core: Mutex::new(core),
            changes: watch::Sender::new(0),
            clock: config.clock.clone(),
            token: config.token.clone(),
            heartbeat_interval_ms: config.heartbeat_interval_ms,
            zombies: config.zombies,
            ports,
            doors,
            stop,
            schemas,
            mistake: config.mistake,
        })
    }

    /// Runs `change` under the lock, then journals and dispatches what it caused and rings the bell.
    pub(crate) fn act<T>(&self, change: impl FnOnce(&mut Core) -> T) -> T {
        let result = {
            let mut core = self.core.lock();
            core.world.pass_time();
            let result = change(&mut core);
            core.settle();
            result
        };
        self.changes.send_modify(|count| *count += 1);
        result
    }

    /// Reads under the lock without ringing the bell.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&Core) -> T) -> T {
        read(&self.core.lock())
    }

    /// Writes a fact down.
    pub(crate) fn note(&self, fact: Fact) {
        self.act(|core| core.world.note(fact));
    }

    /// Writes a broken rule down.
    pub(crate) fn violate(&self, kind: ViolationKind, detail: impl Into<String>) {
        self.note(Fact::Violation(Violation {
            kind,
            detail: detail.into(),
        }));
    }

    /// A receiver that sees every change from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

impl Core {
    /// Removes all holds and faults; what is held goes on.
    pub(crate) fn clear_rules(&mut self) {
        for event in self.rules.clear() {
            self.hub.dispatch(&event);
        }
    }

    /// The fault that waits for a stage of a gateway connection.
    pub(crate) fn gateway_fault(&mut self, stage: Stage) -> Option<GatewayFault> {
        let fault = self.rules.gateway.take(stage)?;
        let what = format!("gateway: {fault:?}");
        self.world.note(Fact::Faulted { what });
        Some(fault)
    }

    fn settle(&mut self) {
        let now = self.world.now_ms();
        for fact in self.world.take_facts() {
            self.journal.append(now, fact);
        }
        for event in self.world.take_events() {
            let kind = event.kind;
            let passed = self.rules.dispatch.pass(event);
            if let Some(fault) = passed.fault {
                let what = format!("{}: {fault:?}", kind.name());
                self.journal.append(now, Fact::Faulted { what });
            }
            for event in &passed.events {
                self.hub.dispatch(event);
            }
        }
    }
}
