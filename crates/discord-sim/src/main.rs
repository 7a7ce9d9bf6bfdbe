//! The simulator as a program: serves until it is killed.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use discord_sim::{GuildId, RateLimits, Sim, SimConfig, Tls};

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
    /// Listens with TLS as well, on a free port, and writes the certificate of the authority that
    /// clients have to trust to this file (PEM).
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// Enforces Discord's rate limits.
    #[arg(long)]
    rate_limits: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = SimConfig {
        port: arguments.port,
        token: arguments.token,
        guild_id: arguments.guild.map(GuildId::new),
        tls: if arguments.tls_ca.is_some() {
            Tls::On
        } else {
            Tls::Off
        },
        rate_limits: if arguments.rate_limits {
            RateLimits::Realistic
        } else {
            RateLimits::None
        },
        ..SimConfig::default()
    };
    let sim = Sim::try_start(config).await?;
    if let (Some(file), Some(ca)) = (&arguments.tls_ca, sim.ca_pem()) {
        std::fs::write(file, ca).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let ids = serde_json::json!({
        "tls": sim.tls_addr(),
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
