//! Faults of all kinds by chance, the same ones for the same seed, for runs that last. It knows the
//! rules for faults and what the gateway can be told, nothing of the world or of what bots do.

mod dice;
mod driver;
mod plan;
mod step;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use driver::ChaosRun;
pub(crate) use driver::start;

/// Which faults come how often.
///
/// 429s are among them, so a client that is to break no rule needs its rate limiter. The address of
/// the gateway is always told: clients that do not get it may ask the real one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chaos {
    seed: u64,
    /// Milliseconds of the simulator's clock between two faults of a family, in the mean.
    #[serde(default = "usual")]
    every_ms: BTreeMap<ChaosFamily, u64>,
}

/// Faults of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChaosFamily {
    /// Answers of the REST API that come late, broken or never.
    Requests,
    /// Events that come twice, late, broken or never.
    Dispatch,
    /// Gateway connections that end, and go wrong when they are made anew.
    Gateway,
    /// Times in which every connection is refused.
    Outage,
}

fn usual() -> BTreeMap<ChaosFamily, u64> {
    BTreeMap::from([
        (ChaosFamily::Requests, 20_000),
        (ChaosFamily::Dispatch, 15_000),
        (ChaosFamily::Gateway, 60_000),
        (ChaosFamily::Outage, 600_000),
    ])
}

impl Chaos {
    /// All families: in an hour about 180 broken requests, 240 events, 60 connections and 6 outages.
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            every_ms: usual(),
        }
    }

    /// One fault of this family in so much time of the simulator's clock, in the mean.
    #[must_use]
    pub fn every(mut self, family: ChaosFamily, mean: Duration) -> Self {
        let ms = u64::try_from(mean.as_millis()).unwrap_or(u64::MAX);
        self.every_ms.insert(family, ms);
        self
    }

    /// No faults of this family.
    #[must_use]
    pub fn without(mut self, family: ChaosFamily) -> Self {
        self.every_ms.remove(&family);
        self
    }
}
