//! A simulator whose rules Baton has to keep.

use std::ops::Deref;

use discord_sim::{Sim, SimConfig, ViolationKind};

/// Fails its test when it is dropped and a rule was broken. A test in which one has to be says which.
#[derive(Debug)]
pub(in crate::discord) struct CleanSim(Sim);

impl CleanSim {
    /// Starts one.
    pub(in crate::discord) async fn start(config: SimConfig) -> Self {
        Self(Sim::start(config).await)
    }

    /// The rules that were broken so far, which are no fault of this test's.
    pub(in crate::discord) fn broken(&self) -> Vec<ViolationKind> {
        let broken = self.0.take_violations();
        broken.into_iter().map(|one| one.kind).collect()
    }
}

impl Deref for CleanSim {
    type Target = Sim;

    fn deref(&self) -> &Sim {
        &self.0
    }
}

impl Drop for CleanSim {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.0.assert_clean();
        }
    }
}
