//! `[credentials]`: how the logins of the agent programs are kept alive.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use figment::value::Value;
use secrecy::SecretString;
use url::Url;

use super::{
    api_base::is_loopback,
    problem::Complaint,
    section::{Reported, Section},
    values::{self, wrong},
};
use crate::words::words;

/// How often logins are looked at.
const TICK: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);

/// How long before its expiry one is renewed.
const AHEAD: RangeInclusive<Duration> = Duration::from_mins(10)..=Duration::from_hours(24);

/// Where Claude Code 2.1.197 renews its tokens, as which client, and for what.
const CLAUDE_URL: &str = "https://platform.claude.com/v1/oauth/token";
const CLAUDE_CLIENT: &str = "9d1c250a-e61b-44d9-88ed-5944d1962f5e";
const CLAUDE_SCOPES: [&str; 5] = [
    "user:profile",
    "user:inference",
    "user:sessions:claude_code",
    "user:mcp_servers",
    "user:file_upload",
];

/// Where Codex 0.169 renews its tokens, and as which client.
const CODEX_URL: &str = "https://auth.openai.com/oauth/token";
const CODEX_CLIENT: &str = "app_EMoamEEZ73f0CkXaXp7hrann";

words! {
    /// Who renews the tokens of an agent program.
    Renewal {
        /// Baton where it has the program's directory for itself, the program otherwise; of Codex the program.
        Auto = "auto",
        /// Baton.
        Direct = "direct",
        /// The program.
        Cli = "cli",
        /// Nobody: it holds for long.
        Static = "static",
    }
}

/// `[credentials]`.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// How often each login is looked at.
    pub tick: Duration,
    /// How long before its expiry a login is renewed.
    pub refresh_ahead: Duration,
    /// The ways to the services, in their order; `None` is the one without a proxy.
    pub proxies: Vec<Option<SecretString>>,
    /// An authority whose certificates are trusted too when tokens are renewed.
    pub ca: Option<PathBuf>,
    /// With less free than so many bytes where a login lies, people are told.
    pub disk_low: u64,
    /// Whether a conversation goes on with another account when its own has met its limit.
    pub failover: bool,
    /// Who renews Claude's tokens.
    pub claude_renewal: Renewal,
    /// Who renews Codex's.
    pub codex_renewal: Renewal,
    /// Where Claude's tokens are renewed.
    pub claude: TokenService,
    /// Where Codex's are.
    pub codex: TokenService,
}

/// Where new tokens come from.
#[derive(Clone, Debug)]
pub struct TokenService {
    /// The address.
    pub url: Url,
    /// The client that asks.
    pub client: String,
    /// What the login is to be used for.
    pub scopes: Vec<String>,
}

impl Credentials {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let tick = section.or("tick", "5min", values::span(TICK));
        let refresh_ahead = section.or("refresh_ahead", "4h", values::span(AHEAD));
        let proxies = read_proxies(&mut section);
        let ca = section.optional("ca", "those of every browser", values::absolute);
        let disk_low = section.or("disk_low", "100 MiB", values::bytes(0..=1 << 40));
        let failover = section.or("failover", false, values::yes_or_no);
        let claude_renewal = section.or("claude_renewal", Renewal::Auto.as_str(), read_renewal);
        let codex_renewal = section.or("codex_renewal", Renewal::Auto.as_str(), read_renewal);
        let claude = read_service(
            &mut section,
            ["claude_token_url", "claude_client_id", "claude_scopes"],
            (CLAUDE_URL, CLAUDE_CLIENT, &CLAUDE_SCOPES),
        );
        let codex = read_service(
            &mut section,
            ["codex_token_url", "codex_client_id", "codex_scopes"],
            (CODEX_URL, CODEX_CLIENT, &[]),
        );
        section.finish();
        Some(Self {
            tick: tick?,
            refresh_ahead: refresh_ahead?,
            proxies: proxies.ok()?,
            ca: ca.ok()?,
            disk_low: disk_low?,
            failover: failover?,
            claude_renewal: claude_renewal?,
            codex_renewal: codex_renewal?,
            claude: claude?,
            codex: codex?,
        })
    }
}

pub(super) fn read_renewal(value: &Value) -> Result<Renewal, Complaint> {
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "does not say who renews",
            "Write \"direct\" for Baton, \"cli\" for the agent program, \"static\" for nobody, or \"auto\".",
        )
    })
}

fn read_service(
    section: &mut Section<'_>,
    [url, client, scopes]: [&'static str; 3],
    (default_url, default_client, default_scopes): (&'static str, &'static str, &[&'static str]),
) -> Option<TokenService> {
    let url = section.or(url, default_url, read_url);
    let client = section.or(client, default_client, values::word);
    let scopes = section.or(scopes, default_scopes.to_vec(), |value| {
        values::list(value)?.iter().map(values::word).collect()
    });
    Some(TokenService {
        url: url?,
        client: client?,
        scopes: scopes?,
    })
}

fn read_url(value: &Value) -> Result<Url, Complaint> {
    let remedy = "Write the address that the agent program renews its tokens at, or remove the line; only on this \
                  machine it may begin with http://.";
    let url =
        Url::parse(&values::text(value)?).map_err(|_| wrong(value, "is no web address", remedy))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(wrong(
            value,
            "is on another machine, and a refresh token could be read on the way",
            remedy,
        )),
        _ => Err(wrong(value, "does not begin with `https://`", remedy)),
    }
}

/// The ways to the services, of which only their number is shown: an address may have a password in it.
fn read_proxies(section: &mut Section<'_>) -> Result<Vec<Option<SecretString>>, Reported> {
    let read = section.optional("proxies", "none", |value| {
        let all = values::list(value)?;
        all.iter().map(read_proxy).collect::<Result<Vec<_>, _>>()
    });
    let ways = match read? {
        Some(ways) if !ways.is_empty() => ways,
        Some(_) | None => return Ok(vec![None]),
    };
    section.explain_as("proxies", format!("{} of them", ways.len()));
    Ok(ways)
}

fn read_proxy(value: &Value) -> Result<Option<SecretString>, Complaint> {
    let text = values::text(value)?;
    if text == "direct" {
        return Ok(None);
    }
    let is_proxy = Url::parse(&text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host().is_some_and(|host| !host.to_string().is_empty())
    });
    if is_proxy {
        return Ok(Some(text.into()));
    }
    let remedy = "Write http://host:port or https://host:port, several with commas between them; the word direct stands \
                  for the way without a proxy.";
    // What may hold a password is not repeated.
    Err(if text.contains('@') {
        Complaint::new("This is no address of a proxy.", remedy)
    } else {
        wrong(value, "is no address of a proxy", remedy)
    })
}
