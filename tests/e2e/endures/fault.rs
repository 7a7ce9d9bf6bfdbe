//! A fault as a row of a table: its name, what the simulator does, and for how long.

use std::time::Duration;

use discord_sim::{
    Chaos, ChaosRun, DispatchFault, DispatchRule, Fault, GatewayFault, GatewayMode, RouteKind,
    Rule, Sim, SimConfig, Tls, WorldView, ZombieWatch,
};
use parking_lot::Mutex;

use super::LASTS;
use crate::stage::Settings;

/// A row.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) trouble: Trouble,
    /// How long it lasts in real time.
    pub(super) lasts: Duration,
    /// How often the gateway wants a heartbeat, in milliseconds; `None` for as often as Discord.
    heartbeat_ms: Option<u64>,
}

/// What goes wrong.
pub(super) enum Trouble {
    /// These requests.
    Requests(Rule, Fault),
    /// These requests, while Baton reads back what it may have missed.
    ReadingBack(Rule, Fault),
    /// What Baton says is refused for good.
    Refusals(Fault),
    /// These events.
    Events(DispatchRule, DispatchFault),
    /// All connections to the gateway are told this, and so many that come after them go wrong.
    Gateway(Shake, Option<(GatewayFault, u32)>),
    /// The gateway takes no connection, and those that were there are cut.
    Mode(GatewayMode),
    /// Nothing listens.
    Outage,
    /// Every connection, of REST and of the gateway, is cut.
    Cut,
    /// Everything by chance.
    Chaos(Chaos, Mutex<Option<ChaosRun>>),
}

/// What becomes of the answers that Baton gives meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// They are all read in the end.
    Arrive,
    /// Discord may refuse one for good, and then operators are told.
    MayBeRefused,
}

/// What connections to the gateway are told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shake {
    Nothing,
    Drop,
    Close(Option<u16>),
    Reconnect,
    Invalidate,
    AskToResume,
    AskForHeartbeat,
}

impl Case {
    pub(super) fn new(name: impl Into<String>, trouble: Trouble) -> Self {
        Self {
            name: name.into(),
            trouble,
            lasts: LASTS,
            heartbeat_ms: None,
        }
    }

    /// Every request but the one for the gateway's address, without which no client may go on.
    pub(super) fn requests(name: impl Into<String>, fault: Fault) -> Self {
        Self::new(name, Trouble::Requests(all(), fault))
    }

    /// The same, after they were carried out.
    pub(super) fn carried_out(name: impl Into<String>, fault: Fault) -> Self {
        Self::new(name, Trouble::Requests(all().after_commit(), fault))
    }

    /// Connections to the gateway.
    pub(super) fn gateway(
        name: impl Into<String>,
        shake: Shake,
        then: Option<(GatewayFault, u32)>,
    ) -> Self {
        Self::new(name, Trouble::Gateway(shake, then))
    }

    #[must_use]
    pub(super) fn lasting(mut self, lasts: Duration) -> Self {
        self.lasts = lasts;
        self
    }

    #[must_use]
    pub(super) fn with_heartbeats_every(mut self, ms: u64) -> Self {
        self.heartbeat_ms = Some(ms);
        self
    }

    /// Whether Baton has to speak to it as it does to Discord: with its rate limiter, without which
    /// nobody can keep to what a 429 says.
    pub(super) fn is_secure(&self) -> bool {
        matches!(
            self.trouble,
            Trouble::Requests(_, Fault::RateLimited { .. }) | Trouble::Chaos(..)
        )
    }

    pub(super) fn settings(&self) -> Settings {
        let usual = SimConfig::default();
        Settings {
            fake: Some(super::people::AGENT.to_owned()),
            // What the agent wants to do, the owner is asked about.
            allowed_tools: vec!["Read"],
            approvers: "\"owners\"",
            // Nobody waits for his turn here, nor is told that he does.
            env: vec![("BATON_ADMISSION__PERSON_MAX_ACTIVE".into(), "6".into())],
            sim: SimConfig {
                heartbeat_interval_ms: self.heartbeat_ms.unwrap_or(usual.heartbeat_interval_ms),
                // Who is late with so many heartbeats is busy, and no zombie.
                zombies: self
                    .heartbeat_ms
                    .map_or(usual.zombies, |_| ZombieWatch::Off),
                tls: if self.is_secure() { Tls::On } else { Tls::Off },
                ..usual
            },
            ..Settings::default()
        }
    }
}

/// Every request but the one for the gateway's address.
pub(super) fn all() -> Rule {
    Rule::any().except(RouteKind::Gateway).always()
}

impl Trouble {
    pub(super) const fn words(&self) -> Words {
        match self {
            Self::Refusals(_) => Words::MayBeRefused,
            Self::Requests(..)
            | Self::ReadingBack(..)
            | Self::Events(..)
            | Self::Gateway(..)
            | Self::Mode(_)
            | Self::Outage
            | Self::Cut
            | Self::Chaos(..) => Words::Arrive,
        }
    }

    pub(super) async fn strike(&self, sim: &Sim) {
        match self {
            Self::Requests(rule, fault) => sim.fault(rule.clone(), fault.clone()),
            Self::Refusals(fault) => sim.fault(Rule::post_message().always(), fault.clone()),
            Self::ReadingBack(rule, fault) => {
                sim.fault(rule.clone(), fault.clone());
                sim.ask_to_reconnect();
            }
            Self::Events(rule, fault) => sim.dispatch_fault(rule.clone(), *fault),
            Self::Gateway(shake, then) => {
                if let Some((fault, times)) = then {
                    sim.gateway_fault_times(*fault, *times);
                }
                shake.tell(sim);
            }
            Self::Mode(mode) => {
                sim.set_gateway(*mode);
                sim.drop_gateway();
            }
            Self::Outage => sim.refuse_connections().await,
            Self::Cut => sim.cut_connections(),
            Self::Chaos(chaos, run) => *run.lock() = Some(sim.chaos(chaos)),
        }
    }

    /// Ends it. What is on its way stays as broken as it is.
    pub(super) async fn lift(&self, sim: &Sim) {
        match self {
            Self::Requests(..) | Self::ReadingBack(..) | Self::Refusals(_) | Self::Events(..) => {
                sim.clear_rules();
            }
            Self::Mode(_) => sim.accept_gateway(),
            Self::Outage => sim.accept_connections().await,
            Self::Chaos(_, run) => {
                let run = run.lock().take();
                run.expect("it has begun").stop().await;
            }
            // They end by themselves.
            Self::Gateway(..) | Self::Cut => {}
        }
    }

    /// Whether nothing may have happened yet although it lasts.
    pub(super) const fn is_by_chance(&self) -> bool {
        matches!(self, Self::Chaos(..))
    }

    /// What it leaves in the simulator when it takes effect.
    pub(super) fn traces(&self, world: WorldView<'_>) -> u64 {
        let counts = world.counts();
        match self {
            Self::Requests(..)
            | Self::ReadingBack(..)
            | Self::Refusals(_)
            | Self::Events(..)
            | Self::Gateway(_, Some(_))
            | Self::Chaos(..) => counts.faults,
            Self::Gateway(Shake::AskForHeartbeat, None) => counts.heartbeats,
            Self::Gateway(_, None) | Self::Mode(_) | Self::Outage | Self::Cut => {
                counts.resumes + counts.identifies
            }
        }
    }
}

impl Shake {
    fn tell(self, sim: &Sim) {
        match self {
            Self::Nothing => {}
            Self::Drop => sim.drop_gateway(),
            Self::Close(code) => sim.close_gateway(code),
            Self::Reconnect => sim.ask_to_reconnect(),
            Self::Invalidate => sim.invalidate_sessions(),
            Self::AskToResume => sim.ask_to_resume(),
            Self::AskForHeartbeat => sim.ask_for_heartbeat(),
        }
    }
}
