//! The tests that cross rooms: real processes, real sockets, one module a promise or a feature.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helpers fail by panicking, as the test does"
)]

mod first_light;
mod house;
mod recovery;
mod runner;
mod stage;
