//! `[discord]`: the account and the server it serves.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use figment::value::Value;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::{
    environment::Environment,
    problem::Complaint,
    section::Section,
    values::{self, wrong},
};
use crate::words::{GuildId, RoleId, UserId};

/// The only place that the token may come from.
const TOKEN: &str = "DISCORD_BOT_TOKEN";

/// `[discord]`.
#[derive(Clone, Debug)]
pub struct Discord {
    /// The bot's token; only ever from `DISCORD_BOT_TOKEN`.
    pub token: SecretString,
    /// The one server that Baton serves.
    pub guild: GuildId,
    /// The person who owns Baton. At least one of this and `owner_role` is set.
    pub owner_user: Option<UserId>,
    /// Everybody with this role owns Baton.
    pub owner_role: Option<RoleId>,
    /// A simulator to talk to in Discord's stead.
    pub api_base: Option<ApiBase>,
}

impl Discord {
    pub(super) fn read(mut section: Section<'_>, environment: &Environment) -> Option<Self> {
        section.refuse(
            "token",
            Complaint::new(
                "The bot token may not stand here, where it is easily copied or committed.",
                format!(
                    "Remove it, and write {TOKEN}=… into the .env file beside baton.toml. If \
                     others have seen the file, reset the token in Discord's developer portal."
                ),
            ),
        );
        let token = read_token(&mut section, environment);
        let guild = section.required(
            "guild",
            "Write the id of your Discord server as `guild` below `[discord]`, or as \
             DISCORD_GUILD_ID into .env.",
            values::id(GuildId::new),
        );
        let (user, role) = (section.source("owner_user"), section.source("owner_role"));
        let owner_user = section.optional("owner_user", "nobody", values::id(UserId::new));
        let owner_role = section.optional("owner_role", "nobody", values::id(RoleId::new));
        if user.is_none() && role.is_none() {
            section.report(
                "owner_user",
                None,
                Complaint::new(
                    "Nobody owns this Baton.",
                    "Write your own Discord user id as `owner_user` below `[discord]`, or the id \
                     of a role as `owner_role`.",
                ),
            );
        }
        let source = section.source("api_base");
        let api_base = section.optional("api_base", "Discord itself", read_api_base);
        if let (Ok(Some(_)), Some(token)) = (&api_base, &token)
            && looks_real(token.expose_secret())
        {
            section.report(
                "api_base",
                source,
                Complaint::new(
                    "A simulator is set together with a bot token that looks real.",
                    format!(
                        "Remove `api_base` to talk to Discord, or set {TOKEN} to an invented word \
                         such as `sim-token` to talk to the simulator."
                    ),
                ),
            );
        }
        section.finish();
        Some(Self {
            token: token?,
            guild: guild?,
            owner_user: owner_user.ok()?,
            owner_role: owner_role.ok()?,
            api_base: api_base.ok()?,
        })
    }
}

fn read_token(section: &mut Section<'_>, environment: &Environment) -> Option<SecretString> {
    let Some((token, source)) = environment.get(TOKEN) else {
        section.report(
            "token",
            None,
            Complaint::new(
                "There is no bot token.",
                format!(
                    "Write {TOKEN}=… into the .env file beside baton.toml; Discord's developer \
                     portal shows the token under Bot."
                ),
            ),
        );
        return None;
    };
    let source = source.clone();
    let token = token.trim();
    if token.contains(char::is_whitespace) || !token.is_ascii() {
        section.report(
            "token",
            Some(source),
            Complaint::new(
                "This is no bot token: a token has no spaces and only plain letters.",
                format!("Copy the token alone, without `Bot` before it, to {TOKEN}."),
            ),
        );
        return None;
    }
    section.explain("token", "(secret)", source);
    Some(SecretString::from(token))
}

/// Whether Discord may have given this token: three parts, of which the first is a snowflake in
/// Base64 (Discord: reference#authentication shows one). An invented word has another shape.
fn looks_real(token: &str) -> bool {
    let parts: Vec<&str> = token.split('.').collect();
    let base64 = |part: &&str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let [first, _, _] = parts.as_slice() else {
        return false;
    };
    parts.iter().all(base64)
        && URL_SAFE_NO_PAD
            .decode(first)
            .is_ok_and(|id| id.len() >= 15 && id.iter().all(u8::is_ascii_digit))
}

fn read_api_base(value: &Value) -> Result<ApiBase, Complaint> {
    let text = values::text(value)?;
    text.parse().map_err(|ApiBaseError(is)| {
        let remedy = "Write the address of a simulator on this machine, such as \
                      \"http://127.0.0.1:7781\", or remove the line to talk to Discord.";
        // What may hold a password is not repeated.
        if text.contains('@') {
            return Complaint::new(format!("The address {is}."), remedy);
        }
        wrong(value, is, remedy)
    })
}

/// `http://` and a loopback address with an optional port: no path, no `/` at the end, so that
/// `/api/v10/…` can be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiBase(String);

impl ApiBase {
    /// The URL, such as `http://127.0.0.1:7781`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with an address: it "is …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address {0}")]
pub struct ApiBaseError(&'static str);

impl FromStr for ApiBase {
    type Err = ApiBaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| ApiBaseError("is no web address"))?;
        if url.scheme() != "http" {
            return Err(ApiBaseError("does not begin with `http://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ApiBaseError("has a name or a password in it"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(ApiBaseError("goes on after the port"));
        }
        let loopback = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        if !loopback {
            return Err(ApiBaseError("is not on this machine"));
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_with_a_snowflake_in_it_looks_real() {
        let real = format!(
            "{}.GhYzAb.{}",
            URL_SAFE_NO_PAD.encode("1098765432109876543"),
            "x".repeat(38)
        );
        assert!(looks_real(&real));
        for invented in [
            "sim-token",
            "a.b.c",
            "",
            "..",
            "MTA5.x.y",
            "sim.token.1098765432109876543",
        ] {
            assert!(!looks_real(invented), "{invented}");
        }
    }

    #[test]
    fn an_api_base_is_plain_http_on_loopback() {
        for (text, wanted) in [
            ("http://127.0.0.1:7781", Ok("http://127.0.0.1:7781")),
            ("http://127.9.9.9:1/", Ok("http://127.9.9.9:1")),
            ("http://[::1]:80", Ok("http://[::1]")),
            ("http://localhost:7781", Ok("http://localhost:7781")),
            ("https://127.0.0.1", Err("does not begin with `http://`")),
            ("http://discord.com", Err("is not on this machine")),
            (
                "http://localhost.evil.example",
                Err("is not on this machine"),
            ),
            ("http://10.0.0.1", Err("is not on this machine")),
            (
                "http://127.0.0.1@discord.com",
                Err("has a name or a password in it"),
            ),
            ("http://127.0.0.1:1/api/v10", Err("goes on after the port")),
            ("127.0.0.1:7781", Err("is no web address")),
        ] {
            let parsed = text.parse::<ApiBase>();
            let parsed = parsed
                .as_ref()
                .map(ApiBase::as_str)
                .map_err(|error| error.0);
            assert_eq!(parsed, wanted, "{text}");
        }
    }
}
