//! What an agent may go on with when nobody has asked it anything.

use super::state::words;

words! {
    /// What an agent may go on with by itself when its turn is over.
    Background {
        /// Commands and sub-agents that outlive the turn, and what it does when one has ended.
        Tasks = "tasks",
        /// Turns that it begins at a time that it has set: schedules and wake-ups.
        Schedules = "schedules",
    }
}
