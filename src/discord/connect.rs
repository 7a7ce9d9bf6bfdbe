//! The first contact: the HTTP client, and the questions that must be answered before the gateway is
//! spoken to.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use secrecy::{ExposeSecret as _, SecretString};
use serenity::{
    all::ApplicationId,
    http::{Http, HttpBuilder},
};

use super::{
    DiscordChat, DiscordError, chat::nobody, copies::Copies, ids, inbound::Me, people::People,
    preflight, refusals::Refusals, rest::Rest, turns::Turns,
};
use crate::{
    admission::PerMinute,
    config::CatchUp,
    delivery::ChatError,
    observe::Secrets,
    words::{ChannelId, GuildId},
};

/// Longest time for one HTTP exchange; neither serenity nor reqwest has a limit of its own.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Longest time to reach Discord at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The host of every URL that serenity asks.
const HOST: &str = "discord.com";

/// What the room needs of the settings.
#[derive(Clone, Debug)]
pub struct DiscordSettings {
    /// The bot's token.
    pub token: SecretString,
    /// The one guild.
    pub guild: GuildId,
    /// A simulator to talk to in Discord's stead: `http://` or `https://` and a loopback address, no
    /// path.
    pub api_base: Option<String>,
    /// How an `https://` simulator is reached.
    pub secure: Option<SecureSimulator>,
    /// The channels that belong to projects.
    pub channels: Vec<BoundChannel>,
    /// The project that has every other channel of the guild, if there is one.
    pub default_project: Option<String>,
    /// The channels in which operators are told of things.
    pub operators: Vec<OperatorChannel>,
    /// What is read back of what was written while nobody listened.
    pub catch_up: CatchUp,
    /// How many commands a person may use a minute.
    pub commands: PerMinute,
    /// What nobody gets to see.
    pub secrets: Secrets,
}

/// A simulator that is spoken to exactly as Discord is: `discord.com` leads to it.
#[derive(Clone, Debug)]
pub struct SecureSimulator {
    /// Where it listens, on loopback.
    pub address: SocketAddr,
    /// The authority of its certificate, in a PEM file. No other is trusted then.
    pub authority: PathBuf,
}

/// A channel that belongs to a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundChannel {
    /// The channel.
    pub channel: ChannelId,
    /// The project's name.
    pub project: String,
}

/// A channel in which operators are told of things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorChannel {
    /// The channel.
    pub channel: ChannelId,
    /// The setting that names it.
    pub setting: &'static str,
}

/// An account that Discord knows, not yet connected to the gateway.
pub struct Connection {
    pub(super) settings: DiscordSettings,
    pub(super) client: reqwest::Client,
    pub(super) http: Rest,
    pub(super) me: Me,
    pub(super) people: Arc<People>,
    turns: Arc<Turns>,
    pub(super) copies: Arc<Copies>,
    pub(super) refusals: Refusals,
    pub(super) application: ApplicationId,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("settings", &self.settings)
            .field("me", &self.me)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// The chat service over this account.
    pub fn chat(&self) -> Arc<DiscordChat> {
        let people = Arc::clone(&self.people);
        let turns = Arc::clone(&self.turns);
        Arc::new(DiscordChat::new(
            self.http.clone(),
            self.me,
            people,
            turns,
            Arc::clone(&self.copies),
            self.refusals.clone(),
            self.settings.secrets.clone(),
        ))
    }

    /// Waits until Discord does not accept the bot's token any more, and says what to do.
    pub async fn refused(&self) -> DiscordError {
        self.refusals.bad_token().await;
        DiscordError::BadToken
    }
}

/// Makes the client and asks who the bot is. Nothing is sent to the gateway.
pub async fn connect(settings: DiscordSettings) -> Result<Connection, DiscordError> {
    install_crypto();
    let refusals = Refusals::default();
    let client = client(&settings, &refusals).await?;
    let http = Rest::new(|| http(&settings, &client));
    if let Some(base) = &settings.api_base {
        has_gateway(&http, base).await?;
    }
    let user = http
        .within(http.get_current_user())
        .await
        .map_err(refused)?;
    let application = http
        .within(http.get_current_application_info())
        .await
        .map_err(refused)?;
    preflight::check(&http, &settings, user.id, &application).await?;
    let application = application.id;
    http.set_application_id(application);
    let me = Me {
        user: ids::user(user.id),
        guild: settings.guild,
    };
    let people = Arc::new(People::new(settings.guild, http.clone()));
    Ok(Connection {
        people,
        turns: Arc::default(),
        copies: Arc::new(Copies::new(
            Arc::clone(http.client()),
            settings.secrets.clone(),
        )),
        refusals,
        settings,
        client,
        http,
        me,
        application,
    })
}

/// Serenity's client over our HTTP client.
///
/// With its rate limiter on, serenity ignores the proxy and asks the real Discord, so a plain
/// simulator must be spoken to without the limiter. A secure one is at Discord's own address.
pub(super) fn http(settings: &DiscordSettings, client: &reqwest::Client) -> Http {
    builder(settings, client).build()
}

/// The same for first answers to interactions, which no limit of Discord's is for
/// (topics/rate-limits#global-rate-limit): serenity's rate limiter would have somebody wait who has no time, and
/// would not say that his answer was never sent.
pub(super) fn without_limits(settings: &DiscordSettings, client: &reqwest::Client) -> Http {
    builder(settings, client).ratelimiter_disabled(true).build()
}

fn builder(settings: &DiscordSettings, client: &reqwest::Client) -> HttpBuilder {
    let builder = HttpBuilder::new(settings.token.expose_secret())
        .client(client.clone())
        .default_allowed_mentions(nobody());
    match &settings.api_base {
        Some(base) if settings.secure.is_none() => builder.proxy(base).ratelimiter_disabled(true),
        Some(_) | None => builder,
    }
}

async fn client(
    settings: &DiscordSettings,
    refusals: &Refusals,
) -> Result<reqwest::Client, DiscordError> {
    let mut builder = refusals
        .count(reqwest::Client::builder())
        .use_rustls_tls()
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT);
    if settings.api_base.is_some() {
        // A proxy of the environment would take what is meant for loopback somewhere else.
        builder = builder.no_proxy();
    }
    if let Some(secure) = &settings.secure {
        let authority = authority(&secure.authority).await?;
        builder = builder
            .resolve(HOST, secure.address)
            // Whoever else is reached by mistake is not believed.
            .tls_built_in_root_certs(false)
            .add_root_certificate(authority);
    }
    let made = builder.build();
    made.map_err(|error| DiscordError::Client(error.to_string()))
}

async fn authority(path: &Path) -> Result<reqwest::Certificate, DiscordError> {
    let unusable = |reason: String| DiscordError::Authority {
        path: path.to_owned(),
        reason,
    };
    let pem = tokio::fs::read(path).await;
    let pem = pem.map_err(|error| unusable(error.to_string()))?;
    reqwest::Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))
}

/// Two TLS providers in one binary make rustls panic at its first use unless one is chosen.
fn install_crypto() {
    // It fails when one is installed, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// When `GET /gateway` fails, serenity silently connects to the real gateway: with a simulator set,
/// that would send it the token.
async fn has_gateway(http: &Rest, base: &str) -> Result<(), DiscordError> {
    let gateway = http.within(http.get_gateway()).await.map_err(|error| {
        if error == ChatError::Unauthorized {
            return DiscordError::BadToken;
        }
        DiscordError::NoGateway {
            base: base.to_owned(),
            reason: error.to_string(),
        }
    })?;
    stays_here(base, &gateway.url)
}

/// Whether the address of a simulator's gateway is on this machine.
pub(super) fn stays_here(base: &str, url: &str) -> Result<(), DiscordError> {
    let parsed = reqwest::Url::parse(url).ok();
    let host = parsed.as_ref().and_then(|url| url.host_str()).unwrap_or("");
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
        Ok(())
    } else {
        Err(DiscordError::StrangeGateway {
            base: base.to_owned(),
            url: url.to_owned(),
        })
    }
}

pub(super) fn refused(error: ChatError) -> DiscordError {
    match error {
        ChatError::Unauthorized => DiscordError::BadToken,
        other @ (ChatError::Unknown(_)
        | ChatError::NotSent(_)
        | ChatError::Throttled(_)
        | ChatError::Refused { .. }) => DiscordError::Account(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulators_gateway_is_on_this_machine() {
        for url in ["ws://127.0.0.1:7", "ws://localhost:7/", "ws://[::1]:7"] {
            assert!(stays_here("http://127.0.0.1:1", url).is_ok(), "{url}");
        }
        for url in [
            "wss://gateway.discord.gg",
            "ws://127.0.0.1.evil.example",
            "",
            "ws://10.0.0.1",
        ] {
            assert!(stays_here("http://127.0.0.1:1", url).is_err(), "{url}");
        }
    }
}
