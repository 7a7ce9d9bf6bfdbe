//! One request for new tokens: what was proved not to be sent, what was answered, and what may have been received.
//!
//! A refresh token can be used once, so no request is ever sent again by itself: a connection of its own for each, by
//! HTTP/1, without redirections.

use std::{fmt, fs, io, path::Path, time::Duration};

use reqwest::{Certificate, Client, Proxy, StatusCode, header, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use crate::clock::Millis;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a request may take altogether; Claude Code waits as long.
const WHOLE: Duration = Duration::from_secs(30);

/// The longest answer that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// The longest wait that a service can ask for.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// Where new tokens come from.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The address.
    pub url: Url,
    /// The client that asks.
    pub client: String,
    /// What the login is to be used for.
    pub scopes: Vec<String>,
}

/// How the service is reached.
#[derive(Clone, Debug)]
pub enum Route {
    /// Without a proxy.
    Direct,
    /// Through one, whose address may hold a password.
    Proxy(SecretString),
}

/// What came of a request.
pub enum Outcome {
    /// Nothing has left this machine that the service could have taken for a request.
    NotSent(String),
    /// The service may have received it, and its answer has not come.
    Doubt(String),
    /// It was answered.
    Answered(Answer),
}

/// An answer.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// How long the service wants to be left alone.
    pub after: Option<Duration>,
    /// When the service says that it is; whole seconds.
    pub date: Option<Millis>,
    /// The body, or what has come of one that is too long or broke off.
    pub body: Vec<u8>,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) => write!(f, "NotSent({why})"),
            Self::Doubt(why) => write!(f, "Doubt({why})"),
            Self::Answered(answer) => write!(f, "Answered({})", answer.status),
        }
    }
}

/// The way to the services.
#[derive(Clone, Debug)]
pub struct Wire {
    /// In their order; the next one is for when a connection could not be made.
    routes: Vec<Route>,
    /// A further authority that certificates may be of.
    authority: Option<Certificate>,
}

impl Wire {
    /// By these routes, and with the authority in this PEM file trusted too. Fails if the file cannot be read or holds
    /// no certificate.
    pub fn new(routes: Vec<Route>, authority: Option<&Path>) -> io::Result<Self> {
        let read = |path: &Path| {
            let pem = fs::read(path)?;
            Certificate::from_pem(&pem)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, plain(&error)))
        };
        Ok(Self {
            routes,
            authority: authority.map(read).transpose()?,
        })
    }

    /// Asks for new tokens, once: the next route is taken only if it is proved that nothing was sent.
    pub async fn post(&self, url: &Url, body: &Value) -> Outcome {
        let mut last = Outcome::NotSent("there is no way to the service".to_owned());
        for route in &self.routes {
            last = match self.client(route) {
                Ok(client) => post(&client, url, body).await,
                Err(why) => Outcome::NotSent(why),
            };
            if !matches!(last, Outcome::NotSent(_)) {
                break;
            }
        }
        last
    }

    /// When the service says that it is. Nothing is spent by asking.
    pub async fn date(&self, url: &Url) -> Option<Millis> {
        for route in &self.routes {
            let client = self.client(route).ok()?;
            if let Ok(response) = client.head(url.clone()).send().await {
                return date(response.headers());
            }
        }
        None
    }

    fn client(&self, route: &Route) -> Result<Client, String> {
        let mut builder = Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .pool_max_idle_per_host(0)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .no_proxy();
        if let Route::Proxy(address) = route {
            let proxy = Proxy::all(address.expose_secret()).map_err(|error| plain(&error))?;
            builder = builder.proxy(proxy);
        }
        if let Some(authority) = &self.authority {
            builder = builder.add_root_certificate(authority.clone());
        }
        builder.build().map_err(|error| plain(&error))
    }
}

async fn post(client: &Client, url: &Url, body: &Value) -> Outcome {
    let sent = client.post(url.clone()).json(body).send().await;
    let response = match sent {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => {
            return Outcome::NotSent(plain(&error));
        }
        Err(error) => return Outcome::Doubt(plain(&error)),
    };
    let after = retry_after(response.headers());
    let date = date(response.headers());
    Outcome::Answered(Answer {
        status: response.status(),
        after,
        date,
        body: body_of(response).await,
    })
}

/// Reads a body as far as it comes and is not too long.
async fn body_of(mut response: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        let room = LONGEST.saturating_sub(body.len());
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            break;
        }
    }
    body
}

/// `Retry-After` (RFC 9110, 10.2.3), in seconds. One that is a date is measured by the answer's own.
fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => http_date(text)?.since(date(headers)?),
    };
    Some(wait.clamp(Duration::from_secs(1), LONGEST_WAIT))
}

fn date(headers: &header::HeaderMap) -> Option<Millis> {
    http_date(headers.get(header::DATE)?.to_str().ok()?)
}

/// A date of HTTP in the form that is written today (RFC 9110, 5.6.7).
fn http_date(text: &str) -> Option<Millis> {
    let date = chrono::DateTime::parse_from_rfc2822(text.trim()).ok()?;
    Some(Millis::new(date.timestamp_millis()))
}

/// What failed, with its causes, and without the address: that of a proxy may hold a password.
fn plain(error: &reqwest::Error) -> String {
    let mut text = match error {
        it if it.is_timeout() => "it took too long".to_owned(),
        it if it.is_connect() => "no connection".to_owned(),
        it if it.is_builder() => "the request could not be made".to_owned(),
        _ => "the connection broke".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests;
