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

mod access;
mod admission;
mod agents_in_trouble;
mod answers;
mod block;
mod cancel;
mod channel_mode;
mod commands;
mod crowd;
mod endures;
mod faults;
mod first_light;
mod flood;
mod gate;
mod guests;
mod hostile;
mod house;
mod live;
mod permission;
mod recovery;
mod runner;
mod secrets;
mod sessions;
mod soak;
mod stage;
mod stays_connected;
