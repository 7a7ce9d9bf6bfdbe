//! Why the room cannot work.

use thiserror::Error;

use crate::{delivery::ChatError, store::StoreError};

/// Why the connection to Discord could not be made or kept. Each sentence is for the operator.
#[derive(Debug, Error)]
pub enum DiscordError {
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be set up: {0}")]
    Client(String),
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
    /// Too many IDENTIFYs: Discord would reset the token at 1,000 a day.
    #[error(
        "the bot has connected {count} times in the last 24 hours; at 1,000 Discord takes the \
         token away. Find out why it restarts, and start it again tomorrow"
    )]
    TooManyStarts {
        /// How many.
        count: u32,
    },
    /// The application lacks an intent.
    #[error(
        "Discord refuses the intents of this bot. Switch on \"Message Content Intent\" on the Bot \
         page of the developer portal"
    )]
    Intents,
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
