//! What the bot spent of its limits.

use super::Sim;

impl Sim {
    /// How many invalid requests (answered 401, 403, or 429 of another scope than `shared`) there
    /// were in the last 10 minutes of the simulator's clock.
    pub fn invalid_requests(&self) -> usize {
        let now = self.shared.clock.now_ms();
        self.shared.look(|core| core.throttle.invalid_requests(now))
    }
}
