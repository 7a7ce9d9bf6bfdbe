//! A Discord on loopback: REST v10 and gateway v10 for bots that are tested without Discord.
//!
//! [`Sim::start`] binds a free port on 127.0.0.1 and serves one world: a guild with channels, roles and
//! people, and one bot. The bot talks to it as it talks to Discord; a test lets people act in the
//! test language ([`Sim`], [`Actor`]), waits for what the bot does ([`Sim::wait_for`]) and reads it
//! back ([`Sim::transcript`]). Everything that happened is in the journal ([`Sim::journal`]); what a
//! well-behaved bot never does is in it as a [`Violation`], and [`Sim::assert_clean`] fails on it.
//! The same is served as JSON under `/_ctl`.

mod body;
mod chaos;
mod clock;
mod config;
mod control;
mod error;
mod gateway;
mod ids;
mod journal;
mod language;
mod limits;
mod locale;
mod mistake;
mod permission;
mod portal;
mod rest;
mod rules;
mod schema;
mod server;
mod shared;
mod signature;
mod throttle;
mod wire;
mod world;

pub use chaos::{Chaos, ChaosFamily, ChaosRun};
pub use clock::Clock;
pub use config::{Nonces, RateLimits, SimConfig, Tls};
pub use gateway::{Entrance, EventKind, GatewayMode, ZombieWatch};
pub use ids::{
    AttachmentId, ChannelId, CommandId, GuildId, HolderId, InteractionId, MessageId, RoleId, TagId,
    UserId,
};
pub use journal::{
    Counts, Entry, Fact, GatewayFact, JournalSize, Pinged, RestCall, Violation, ViolationKind,
};
pub use language::{
    Actor, AttachmentView, GatewayStatus, InteractionRef, MessageRef, MessageView, NO_OPTIONS,
    Outcome, ReactionView, Say, Sim, Slash, StartThread, ThreadState, WorldView,
};
pub use mistake::Mistake;
pub use permission::{Permission, Permissions};
pub use portal::PortalIntent;
pub use rest::RouteKind;
pub use rules::{DispatchFault, DispatchRule, Fault, GatewayFault, Hold, Phase, Rule, Truncation};
pub use throttle::Scope;
pub use world::{ChannelKind, Choice, CommandSubject, Holder, MessageKind, SlashError};
