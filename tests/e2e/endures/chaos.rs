//! Everything at once, by chance, far more of it than in a real hour.

use std::time::Duration;

use discord_sim::{Chaos, ChaosFamily};
use parking_lot::Mutex;

use super::{Case, Trouble};

/// How long it lasts.
const LASTS: Duration = Duration::from_secs(12);

pub(super) fn cases() -> Vec<Case> {
    [1, 2, 3]
        .map(|seed| {
            let chaos = Chaos::seeded(seed)
                .every(ChaosFamily::Requests, Duration::from_millis(600))
                .every(ChaosFamily::Dispatch, Duration::from_millis(600))
                .every(ChaosFamily::Gateway, Duration::from_secs(4))
                .every(ChaosFamily::Outage, Duration::from_secs(10));
            let trouble = Trouble::Chaos(chaos, Mutex::new(None));
            Case::new(format!("chaos of seed {seed}"), trouble).lasting(LASTS)
        })
        .into()
}
