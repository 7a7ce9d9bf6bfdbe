//! How much a person may do.

use super::state::words;

words! {
    /// How much a person may do at a place.
    ///
    /// `owner > member > guest`; a stranger to the database ("public") is a guest. `Blocked`
    /// is no rank: it beats all.
    Tier {
        /// May do everything, and decides for others.
        Owner = "owner",
        /// May work with the agents.
        Member = "member",
        /// May look at the server's health.
        Guest = "guest",
        /// May do nothing.
        Blocked = "blocked",
    }
}

impl Tier {
    /// How high it stands.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Blocked => 0,
            Self::Guest => 1,
            Self::Member => 2,
            Self::Owner => 3,
        }
    }
}
