//! What guests may do with agents, and whose a conversation is.

use super::state::words;

words! {
    /// What a project lets its guests do.
    Guests {
        /// Nothing.
        None = "none",
        /// Ask, of an agent that only looks.
        Ask = "ask",
    }
}

words! {
    /// For whom a conversation is.
    ///
    /// What an agent has heard once steers it as long as the conversation lasts, and what it has
    /// read it can repeat: so nobody speaks in a conversation whose agent can do more than he may.
    Circle {
        /// For members and owners, with all that the project allows.
        Members = "members",
        /// Begun by a guest, for everybody: its agent only looks.
        Guests = "guests",
    }
}
