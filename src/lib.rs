//! Baton: give a whole Discord server your coding agents without giving anyone your machine.
//!
//! The map of the rooms; `ARCHITECTURE.md` shows the way of a message through them.

pub mod access;
pub mod admission;
pub mod clock;
pub mod delivery;
pub mod discord;
pub mod runtime;
pub mod session;
pub mod store;
pub mod words;
