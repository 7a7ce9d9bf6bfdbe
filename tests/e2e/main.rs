//! The tests that cross rooms: real processes, real sockets, one module a promise or a feature.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unnecessary_debug_formatting,
    reason = "a test's helpers fail by panicking and tell why, and write TOML by `Debug`"
)]

mod agents_in_trouble;
mod cancel;
mod first_light;
mod house;
mod recovery;
mod runner;
mod secrets;
mod stage;
