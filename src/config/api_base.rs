//! `discord.api_base`: where a simulator is. Nothing but this machine is taken.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
};

use figment::value::Value;
use url::{Host, Url};

use super::{
    problem::Complaint,
    values::{self, wrong},
};

pub(super) fn read(value: &Value) -> Result<ApiBase, Complaint> {
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

/// How the simulator is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `http://`: without Discord's rate limits.
    Plain,
    /// `https://`: everything as with Discord, but for the address.
    Tls,
}

/// `http://` or `https://` and a loopback address with an optional port: no path, no `/` at the end,
/// so that `/api/v10/…` can be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiBase(Url);

impl ApiBase {
    /// The URL, such as `http://127.0.0.1:7781`.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The address itself.
    pub fn address(&self) -> SocketAddr {
        let ip = match self.0.host() {
            Some(Host::Ipv4(ip)) => ip.into(),
            Some(Host::Ipv6(ip)) => ip.into(),
            // `localhost`, by the check of `from_str`.
            Some(Host::Domain(_)) | None => Ipv4Addr::LOCALHOST.into(),
        };
        SocketAddr::new(ip, self.0.port_or_known_default().unwrap_or(0))
    }

    pub(super) fn way(&self) -> Way {
        if self.0.scheme() == "https" {
            Way::Tls
        } else {
            Way::Plain
        }
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ApiBaseError("does not begin with `http://` or `https://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ApiBaseError("has a name or a password in it"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(ApiBaseError("goes on after the port"));
        }
        if !is_loopback(&url) {
            return Err(ApiBaseError("is not on this machine"));
        }
        Ok(Self(url))
    }
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_base_is_plain_http_on_loopback() {
        for (text, wanted) in [
            ("http://127.0.0.1:7781", Ok("http://127.0.0.1:7781")),
            ("http://127.9.9.9:1/", Ok("http://127.9.9.9:1")),
            ("http://[::1]:80", Ok("http://[::1]")),
            ("http://localhost:7781", Ok("http://localhost:7781")),
            ("https://127.0.0.1:7782", Ok("https://127.0.0.1:7782")),
            (
                "ftp://127.0.0.1",
                Err("does not begin with `http://` or `https://`"),
            ),
            ("https://discord.com", Err("is not on this machine")),
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

    #[test]
    fn the_address_of_an_api_base_is_one_of_loopback() {
        for (text, wanted) in [
            ("http://127.0.0.1:7781", "127.0.0.1:7781"),
            ("https://localhost", "127.0.0.1:443"),
            ("https://[::1]:7782", "[::1]:7782"),
        ] {
            let base: ApiBase = text.parse().unwrap();
            assert_eq!(base.address().to_string(), wanted);
        }
    }
}
