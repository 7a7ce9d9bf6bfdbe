//! What becomes of a message that comes while the agent works.

use super::state::words;

words! {
    /// What a message does that comes while the agent works.
    Busy {
        /// It waits until the turn has ended.
        Queue = "queue",
        /// It joins the turn, if its author is of the turn's tier or above.
        Steer = "steer",
        /// It ends the turn and begins the next, if its author is of the turn's tier or above.
        Interrupt = "interrupt",
    }
}
