//! All that knows Discord: serenity and poise stay in this room.
//!
//! In: events become [`Heard`](crate::session::Heard) values, in their order and once, with what was
//! missed read back first; slash commands become questions to the house. Out: [`DiscordChat`] is the
//! chat service of the outbox, `live` shows runs at work. The room decides nothing about persons
//! and stores nothing but what the connection itself needs.

mod archive;
mod arrivals;
mod audience;
mod caller;
mod catch_up;
mod chat;
mod checked;
mod commands;
mod components;
mod connect;
mod controls;
mod copies;
mod error;
mod failure;
mod front_door;
mod gateway;
mod house;
mod ids;
mod inbound;
mod late;
mod ledger;
mod link;
mod listener;
mod live;
mod mentions;
mod namesake;
mod others;
mod pace;
mod pages;
mod people;
mod places;
mod preflight;
mod raw;
mod recent;
mod refusals;
mod registration;
mod relay;
pub mod render;
mod replies;
mod rest;
mod spots;
mod stage;
mod sweep;
mod tap;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod transit;
mod turns;
mod unwell;
mod waits;
mod watchdog;

pub use chat::DiscordChat;
pub use connect::{
    BoundChannel, Connection, DiscordSettings, OperatorChannel, SecureSimulator, connect,
};
pub use error::DiscordError;
pub use gateway::{DiscordParts, run};
pub use link::{Link, LinkState};
pub use preflight::{Lack, Purpose};
pub use refusals::Treatment;
