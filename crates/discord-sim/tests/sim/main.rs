//! The simulator, tested from outside: over REST as a bot does, over the gateway with a plain
//! websocket client, and through its own test language.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of these tests fail them by panicking"
)]

// The simulator's own ways to cut a schema out of a description, and to tell which branch of a union was
// meant.
#[path = "../../src/schema/blame.rs"]
mod blame;
#[path = "../../src/schema/bundle.rs"]
mod bundle;
mod chaos;
mod client;
mod command_rules;
mod commands;
mod control;
mod dispatch;
mod faults;
mod gateway;
mod gateway_faults;
mod gateway_rules;
mod guilds;
mod installs;
mod interactions;
mod language;
mod limits;
mod locales;
mod messages;
mod modals;
mod modify;
mod network;
mod permissions;
mod rest;
mod rules;
mod scene;
mod schema;
mod second_client;
mod shapes;
mod threads;
mod throttle;
mod uses;
