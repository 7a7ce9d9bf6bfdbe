//! `model-sim`: the simulator as a program.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use model_sim::{ModelSim, Options};

/// A scripted model API on loopback. Prints `LISTENING http://127.0.0.1:PORT` and serves until it is stopped.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Append each request to this file as a line of JSON. Credentials stand in it as they were sent.
    #[arg(long)]
    log: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { port, log } = Arguments::parse();
    let address = format!("cannot listen on port {port} of 127.0.0.1");
    let reason = match &log {
        Some(file) => format!("{address} or cannot write {}", file.display()),
        None => address,
    };
    let sim = ModelSim::start_with(Options { port, log })
        .await
        .context(reason)?;
    let mut stdout = io::stdout();
    writeln!(stdout, "LISTENING {}", sim.base_url())?;
    stdout.flush()?;
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for ctrl-c")
}
