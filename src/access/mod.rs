//! Who may do what, where: one pure function, and the proof that it said yes.
//!
//! Everything that acts for a person demands a [`Permit`], and only this room can make one. The
//! room reads memberships, and changes them for people who may; it knows no sessions, no runs and
//! no Discord.

mod gate;
mod members;
mod policy;

pub use gate::Gate;
pub use members::{Change, Changed, Forbidden};
pub use policy::{Action, Owners, Permit, Refusal};
