//! The simulator as a Rust test holds it.

use std::fs::OpenOptions;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::faults::{Accepted, Faults, ForcedError};
use crate::holds::Holds;
use crate::journal::{Journal, RequestRecord};
use crate::oauth::OauthSim;
use crate::openai::{DEVICE, Logins};
use crate::script::Retries;
use crate::server::{self, Shared};
use crate::usage::Usage;

/// How long a test waits for a request or a hold before it fails with a list of what did come. Far
/// beyond what a slow machine needs, so that it only ends a test that would hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// How to start a simulator.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// A file to which each request is appended as a line of JSON.
    pub log: Option<PathBuf>,
}

/// A running simulator. When the value is dropped it takes no more connections and lets go whoever
/// is held.
#[derive(Debug)]
pub struct ModelSim {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

impl ModelSim {
    /// Starts one on a free port of the loopback address.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// Starts one. Fails when the port is taken or the log cannot be written.
    pub async fn start_with(options: Options) -> io::Result<Self> {
        let log = options
            .log
            .map(|path| OpenOptions::new().create(true).append(true).open(path));
        let shared = Arc::new(Shared {
            journal: Journal::new(log.transpose()?),
            holds: Holds::default(),
            faults: Faults::default(),
            retries: Retries::default(),
            usage: Mutex::default(),
            logins: Logins::default(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let router = server::router(Arc::clone(&shared));
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
        });
        Ok(Self {
            address,
            shared,
            stop,
        })
    }

    /// What all connections share.
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// `http://127.0.0.1:PORT`, what `ANTHROPIC_BASE_URL` wants. For Codex `/v1` behind it is the `base_url` of a provider
    /// with an API key, `/backend-api/codex` that of one with a `ChatGPT` login, `/backend-api` the `chatgpt_base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far in the order of their arrival, at most the last 500.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared
            .journal
            .records()
            .iter()
            .map(|record| record.as_ref().clone())
            .collect()
    }

    /// The requests since the last call, at most 500, which are forgotten here: for tests that last.
    pub fn take_requests(&self) -> Vec<RequestRecord> {
        let taken = self.shared.journal.take().into_iter();
        taken.map(Arc::unwrap_or_clone).collect()
    }

    /// Waits for the first request, old or new, that `wanted` accepts. A request is looked at again
    /// when its outcome changes, so `wanted` may ask for an abandoned one.
    ///
    /// # Panics
    /// After 90 seconds, with a list of the requests that did come.
    pub async fn wait_for_request(&self, wanted: impl Fn(&RequestRecord) -> bool) -> RequestRecord {
        self.in_time(
            "a request that the test waits for",
            self.shared.journal.find(wanted),
        )
        .await
        .as_ref()
        .clone()
    }

    /// Waits until a request stands at the hold.
    ///
    /// # Panics
    /// After 90 seconds, with a list of the requests that did come.
    pub async fn wait_for_hold(&self, name: &str) {
        self.in_time(
            &format!("a request at the hold {name:?}"),
            self.shared.holds.occupied(name),
        )
        .await;
    }

    /// Opens a hold for all who wait there and all who come later, until [`Self::reset`].
    pub fn release(&self, name: &str) {
        self.shared.holds.release(name);
    }

    /// Answers with these errors from now on, in place of all earlier rules; the first rule that fits
    /// a request is used. No rules: answers as scripted again. A HEAD request never gets one.
    ///
    /// # Panics
    /// When a rule has an impossible status or header.
    pub fn force(&self, rules: impl IntoIterator<Item = ForcedError>) {
        let rules: Vec<ForcedError> = rules.into_iter().collect();
        if let Err(why) = rules.iter().try_for_each(ForcedError::check) {
            give_up(&format!("this error cannot be forced: {why}"));
        }
        self.shared.faults.force(rules);
    }

    /// What the `ChatGPT` account has used from now on.
    pub fn set_usage(&self, usage: Usage) {
        *self.shared.usage.lock() = usage;
    }

    /// Allows every device that logs in with a code, as a person does who types that, until [`Self::reset`].
    pub fn allow_devices(&self) {
        self.release(DEVICE);
    }

    /// Accepts only these bearer tokens and API keys for requests to the model and the account; nothing means any.
    pub fn accept_only(&self, credentials: Option<Vec<String>>) {
        let accepted = credentials.map_or(Accepted::Any, Accepted::These);
        self.shared.faults.accept(accepted);
    }

    /// Accepts only access tokens of this service's logins for requests to the model and the account, and each only as
    /// long as it holds. What has ended gets 401, as the real services have it.
    pub fn accept_logins_of(&self, oauth: &OauthSim) {
        self.shared.faults.accept_logins(oauth.guard());
    }

    /// Every token that the services have given out whose logins are or were accepted.
    pub fn tokens_given(&self) -> Vec<String> {
        self.shared.faults.given()
    }

    /// Forgets the log, the forced errors, the counted failures, the accepted credentials, the spent refresh tokens and the usage, and
    /// lets go whoever is held. Numbers go on.
    pub fn reset(&self) {
        self.shared.reset();
    }

    async fn in_time<T>(&self, what: &str, event: impl Future<Output = T>) -> T {
        let Ok(value) = tokio::time::timeout(PATIENCE, event).await else {
            let requests: Vec<String> = self.requests().iter().map(summary).collect();
            give_up(&format!(
                "waited {PATIENCE:?} for {what}. Holds: {:?}. Requests:\n{}",
                self.shared.holds.snapshot(),
                requests.join("\n")
            ));
        };
        value
    }
}

impl Drop for ModelSim {
    fn drop(&mut self) {
        self.stop.cancel();
        self.shared.holds.reset();
    }
}

fn summary(request: &RequestRecord) -> String {
    let RequestRecord {
        number,
        since_start,
        method,
        path,
        user_text,
        outcome,
        ..
    } = request;
    format!(
        "  {number} at {since_start:?}: {method} {path} {outcome:?} {:?}",
        user_text.as_deref().unwrap_or("")
    )
}

#[expect(
    clippy::panic,
    reason = "a test library fails its test by a panic, as an assertion does"
)]
pub(crate) fn give_up(why: &str) -> ! {
    panic!("model-sim: {why}")
}
