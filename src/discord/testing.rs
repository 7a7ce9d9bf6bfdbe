//! What the tests of this room share: a house that writes down what it is told, and the ways to the
//! simulator.

mod clean_sim;
mod fake_house;
mod timed;

use std::{path::Path, time::Duration};

use discord_sim::{RateLimits, Sim, SimConfig, Tls};
use secrecy::SecretString;
use tokio::{task::JoinHandle, time::Instant};

use super::{Connection, DiscordSettings, SecureSimulator, connect};
use crate::{
    admission::PerMinute,
    clock::Clock,
    config::CatchUp,
    delivery::ChatError,
    observe::Secrets,
    words::{ChannelId, GuildId},
};

pub(super) use clean_sim::CleanSim;
pub(super) use fake_house::FakeHouse;
pub(super) use timed::{QUICKLY, SLOWLY, timed};

/// Settings that lead to a simulator.
pub(super) fn settings(sim: &Sim) -> DiscordSettings {
    DiscordSettings {
        token: SecretString::from(sim.token()),
        guild: GuildId::new(sim.guild_id().get()),
        api_base: Some(sim.base_url()),
        secure: None,
        channels: Vec::new(),
        default_project: None,
        operators: Vec::new(),
        catch_up: CatchUp {
            max_age: Duration::from_hours(24),
            max_messages: 500,
        },
        commands: PerMinute::MAX,
        secrets: Secrets::default(),
    }
}

/// A simulator that is spoken to as if it were Discord itself.
pub(super) async fn secure_sim(rate_limits: RateLimits) -> CleanSim {
    CleanSim::start(SimConfig {
        tls: Tls::On,
        rate_limits,
        ..SimConfig::default()
    })
    .await
}

/// A simulator whose time passes when it is told to, from so long ago on.
pub(super) async fn held_sim(ago: Duration) -> CleanSim {
    let clock = discord_sim::Clock::manual(Clock::system().now().before(ago).get());
    CleanSim::start(SimConfig {
        clock,
        ..SimConfig::default()
    })
    .await
}

/// How long it takes until a request that is under way is given up, as if time passed whenever nobody
/// has anything to do.
pub(super) async fn given_up_after(asked: JoinHandle<Result<(), ChatError>>) -> Duration {
    tokio::time::pause();
    let start = Instant::now();
    let error = asked.await.unwrap().unwrap_err();
    assert_eq!(error, ChatError::Unknown("no answer in time".to_owned()));
    start.elapsed()
}

/// Settings that lead to a simulator as if it were Discord itself: TLS, real URLs, rate limits. The
/// directory is for the authority's file.
pub(super) fn secure_settings(sim: &Sim, directory: &Path) -> DiscordSettings {
    let authority = directory.join("ca.pem");
    std::fs::write(&authority, sim.ca_pem().unwrap()).unwrap();
    let address = sim.tls_addr().unwrap();
    DiscordSettings {
        api_base: Some(format!("https://{address}")),
        secure: Some(SecureSimulator { address, authority }),
        ..settings(sim)
    }
}

/// The bot's account at a simulator.
pub(super) async fn connected(sim: &Sim) -> Connection {
    connect(settings(sim)).await.unwrap()
}

/// The simulator's channel in our words.
pub(super) fn channel(sim: &Sim, name: &str) -> ChannelId {
    ChannelId::new(sim.channel(name).get())
}
