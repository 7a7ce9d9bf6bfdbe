//! The tests that cross rooms: real processes, real sockets, one module a promise or a feature.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::similar_names,
    clippy::wildcard_enum_match_arm,
    clippy::unnecessary_debug_formatting,
    reason = "a test's helpers fail by panicking and tell why, and write TOML by `Debug`"
)]

#[macro_use]
mod both;

mod access;
mod admission;
mod agents_in_trouble;
mod answers;
mod approvals;
mod asked_to_end;
mod auth;
mod bare;
mod block;
mod busy;
mod cancel;
mod channel_mode;
mod codex;
mod commands;
mod cost;
mod credentials;
mod crowd;
mod demo;
mod denied;
mod doctor;
mod endures;
mod faults;
mod first_light;
mod flood;
mod follow_ups;
mod gate;
mod guests;
mod health;
mod hostile;
mod house;
mod keyring;
#[cfg(target_os = "linux")]
mod launchers;
mod limits;
mod live;
mod namesake;
mod operators;
mod permission;
mod recovery;
mod runner;
mod secrets;
mod seed_environment;
mod sessions;
mod shell_lines;
mod soak;
mod stage;
mod stays_connected;
mod sub_agents;
mod test_command;
mod transcripts;
mod tuning;
#[cfg(target_os = "linux")]
mod unruly;
