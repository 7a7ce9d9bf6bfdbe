//! Who may do what, where: one pure function, and the proof that it said yes.
//!
//! Everything that acts for a person demands a [`Permit`], and only this room can make one. The
//! room reads memberships, and changes them for people who may; it knows no sessions, no runs and
//! no Discord.

mod action;
mod gate;
mod judge;
mod members;
#[cfg(test)]
mod model;
mod policy;

pub use action::Action;
pub use gate::Gate;
pub use members::{Change, Changed, Forbidden};
pub use policy::{Owners, Permit, Refusal};
