//! `baton demo`: the whole way of a message on one machine, without a Discord account.
//!
//! Plays with the real server and a real agent CLI against the simulators. Nothing of it is left
//! when it ends.

mod agent;
mod ends;
mod play;
mod show;
mod stage;

use std::{
    io::{self, Write as _},
    sync::Arc,
};

use anyhow::Result;
use discord_sim::{ChannelId, NO_OPTIONS, Sim};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, stdin},
    signal::ctrl_c,
};

use agent::{Agent, Model};
use show::Screen;
use stage::Stage;

use super::arguments;
use crate::words::RuntimeKind;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only play the short conversation, then end.
    #[arg(long)]
    script: bool,
    /// The agent program: claude or codex, as in a project's `runtime`.
    #[arg(long, default_value = "claude", value_parser = arguments::runtime)]
    runtime: RuntimeKind,
}

/// What happens after the short conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Afterwards {
    /// The person at the terminal may go on with it.
    TypeOn,
    /// Nothing.
    End,
}

pub(super) async fn run(args: Args) -> Result<()> {
    let afterwards = if args.script {
        Afterwards::End
    } else {
        Afterwards::TypeOn
    };
    let environment: Vec<_> = std::env::vars_os().collect();
    let agent = Agent::find(args.runtime, &environment)?;
    writeln!(io::stdout(), "{}", introduction(&agent))?;
    let mut stage = Stage::build(agent).await?;
    let screen = Screen::new(Arc::clone(&stage.sim));
    let played = tokio::select! {
        played = perform(&mut stage, &screen, afterwards) => played,
        shown = screen.follow() => shown.map_err(Into::into),
        _ = ctrl_c() => Ok(()),
    };
    let cleared = stage.clear().await;
    played.and(cleared)
}

fn introduction(agent: &Agent) -> String {
    let name = agent.runtime.name();
    let model = match (agent.model, agent.runtime) {
        (Model::Real, _) => "answered by Anthropic, with the login of this machine",
        (Model::Simulated, RuntimeKind::Claude) => {
            "answered by the model simulator, because no `claude` with a login was found"
        }
        (Model::Simulated, RuntimeKind::Codex) => {
            "answered by the model simulator, because your own login of Codex is left alone"
        }
    };
    format!("A simulated Discord, the real server, the real {name} CLI, {model}.")
}

async fn perform(stage: &mut Stage, screen: &Screen, afterwards: Afterwards) -> Result<()> {
    stage.start().await?;
    let thread = play::play(stage, screen).await?;
    match afterwards {
        Afterwards::End => screen.say("\nThat was the whole way of a message.")?,
        Afterwards::TypeOn => type_on(&stage.sim, screen, thread).await?,
    }
    Ok(())
}

/// Lets the person at the terminal be ann.
async fn type_on(sim: &Sim, screen: &Screen, thread: ChannelId) -> Result<()> {
    screen.say(
        "\nNow you are ann. Type a message for the thread, or /cancel, /session list, /health; end \
         with Ctrl-D.",
    )?;
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let line = line.trim();
        if let Some(command) = line.strip_prefix('/') {
            match sim
                .user("ann")
                .slash(command, NO_OPTIONS)
                .in_(thread)
                .send()
            {
                Ok(used) => {
                    let reply = used.answer().await;
                    screen.say(&format!("      (only you see it) {}", reply.content))?;
                }
                Err(error) => screen.say(&format!("      {error}"))?,
            }
        } else if !line.is_empty() {
            sim.user("ann").says(line).in_(thread).await;
        }
    }
    Ok(())
}
