//! The simulator as a program: serves until it is killed.

use std::io::Write;

use clap::Parser;
use discord_sim::{GuildId, Sim, SimConfig};

/// A Discord on loopback, for bots that are tested without Discord.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The port on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The bot token that requests must carry.
    #[arg(long, default_value = "sim-token")]
    token: String,
    /// The guild's id; by default a new one.
    #[arg(long)]
    guild: Option<u64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = SimConfig {
        port: arguments.port,
        token: arguments.token,
        guild_id: arguments.guild.map(GuildId::new),
        ..SimConfig::default()
    };
    let sim = Sim::try_start(config).await?;
    let ids = serde_json::json!({
        "guild": sim.guild_id(),
        "bot": sim.bot_id(),
        "channels": {"general": sim.channel("general"), "project": sim.channel("project")},
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "LISTENING {}\n{ids}", sim.base_url())?;
    out.flush()?;
    drop(out);
    std::future::pending().await
}
