//! Baton: give a whole Discord server your coding agents without giving anyone your machine.
//!
//! The map of the rooms; `ARCHITECTURE.md` shows the way of a message through them.

pub mod access;
pub mod admission;
pub mod approval;
pub mod cli;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod delivery;
pub mod discord;
pub mod http;
pub mod keyring;
pub mod observe;
pub mod runtime;
pub mod session;
pub mod store;
pub mod transcript;
pub mod words;
