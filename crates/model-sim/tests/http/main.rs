//! The simulator as a client sees it over HTTP.

// Tells clippy that the helpers are test code too.
#![cfg(test)]

mod client;
mod control;
mod failures;
mod holds;
mod log;
mod oauth;
mod replies;
mod responses;
