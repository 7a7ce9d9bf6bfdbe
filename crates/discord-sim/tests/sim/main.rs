//! The simulator, tested from outside: over REST as a bot does, over the gateway with a plain
//! websocket client, and through its own test language.

mod client;
mod control;
mod gateway;
mod interactions;
mod language;
mod rest;
mod rules;
