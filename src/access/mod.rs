//! Who may do what, where: one pure function, and the proof that it said yes.
//!
//! Everything that acts for a person demands a [`Permit`], and only this room can make one. The
//! room reads memberships; it knows no sessions, no runs and no Discord.

mod gate;
mod policy;

pub use gate::Gate;
pub use policy::{Action, Owners, Permit, Refusal};
