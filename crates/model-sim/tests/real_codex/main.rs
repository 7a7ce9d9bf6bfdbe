//! The real Codex against the simulator: what the tests of its runtime build on.

// Tells clippy that the helpers are test code too.
#![cfg(test)]

mod account;
mod app_server;
mod codex;
mod failures;
mod questions;
mod talk;
mod tools;
