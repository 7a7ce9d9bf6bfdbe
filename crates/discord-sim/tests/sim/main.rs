//! The simulator, tested from outside: over REST as a bot does, over the gateway with a plain
//! websocket client, and through its own test language.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of these tests fail them by panicking"
)]

mod chaos;
mod client;
mod commands;
mod control;
mod dispatch;
mod faults;
mod gateway;
mod gateway_faults;
mod gateway_rules;
mod guilds;
mod interactions;
mod language;
mod limits;
mod messages;
mod modals;
mod network;
mod permissions;
mod rest;
mod rules;
mod scene;
mod schema;
mod threads;
mod throttle;
mod uses;
