//! Why the room cannot work.

use std::path::PathBuf;

use thiserror::Error;

use super::Lack;
use crate::{delivery::ChatError, store::StoreError};

/// Why the connection to Discord could not be made or kept. Each sentence is for the operator.
#[derive(Debug, Error)]
pub enum DiscordError {
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be set up: {0}")]
    Client(String),
    /// The authority of a simulator cannot be used.
    #[error(
        "`discord.api_ca` {} cannot be used: {reason}. Write the path of the PEM file that the \
         simulator gave", path.display()
    )]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What the bot needs is not there.
    #[error("Baton cannot work yet:{}", lines(.0))]
    Lacking(Vec<Lack>),
    /// Discord does not know the token.
    #[error(
        "Discord does not accept the bot token. Copy it anew from the Bot page of the developer \
         portal and set DISCORD_BOT_TOKEN"
    )]
    BadToken,
    /// The account could not be asked about.
    #[error("Discord could not be asked who this bot is: {0}")]
    Account(ChatError),
    /// The simulator does not say where its gateway is. Going on would connect to the real one.
    #[error(
        "the simulator at {base} does not answer GET /gateway ({reason}). Start it first, or \
         remove `discord.api_base`"
    )]
    NoGateway {
        /// The configured base.
        base: String,
        /// What happened.
        reason: String,
    },
    /// The client would connect to something else than the simulator.
    #[error("the simulator at {base} sends the client to {url}, which is not this machine")]
    StrangeGateway {
        /// The configured base.
        base: String,
        /// Where it would go.
        url: String,
    },
    /// The application lacks an intent.
    #[error(
        "Discord refuses the intents of this bot. Switch on \"Message Content Intent\" on the Bot \
         page of the developer portal"
    )]
    Intents,
    /// The bot is in more servers than one connection may serve.
    #[error(
        "Discord wants this bot to split its servers over several connections (close code {code}), \
         which Baton does not do. Give Baton a bot of its own and invite that to one server"
    )]
    TooLarge {
        /// 4010 or 4011.
        code: u16,
    },
    /// Discord has retired the version of the gateway that serenity speaks.
    #[error("Discord does not speak this version of the gateway any more. Update Baton")]
    Outdated,
    /// The relay has no port.
    #[error("no port of this machine could be taken for the connection to Discord: {0}")]
    NoPort(std::io::Error),
    /// The gateway ended for good.
    #[error("the connection to Discord ended: {0}")]
    Ended(String),
    /// Restarting the connection did not help.
    #[error(
        "the connection to Discord is dead and restarting it did not help; the service manager \
         should start Baton again"
    )]
    Dead,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn lines(lacks: &[Lack]) -> String {
    let lines: Vec<String> = lacks.iter().map(|lack| format!("\n- {lack}")).collect();
    lines.concat()
}
