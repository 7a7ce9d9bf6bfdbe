//! A service that gives out logins and renews them, for Claude Code and for Codex. Refresh tokens are good for one time,
//! as the real services have it, and each renewal can go wrong as a test wants it.
//!
//! It is one port on loopback: the token endpoints over HTTP, for clients that can be told an address, and a proxy that
//! is `platform.claude.com`, `auth.openai.com` and `api.anthropic.com` behind `CONNECT`, for those that cannot.

mod answer;
mod connect;
mod family;
mod faults;
mod posts;
mod serve;
mod token;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

pub use connect::Road;
pub use family::{Refusal, Rules};
pub use faults::{Fault, What, When};
pub use posts::{Post, Use, Verdict};
pub use token::{Service, Tokens};

pub(crate) use answer::{spent, told};
pub(crate) use family::Issuer;
pub(crate) use token::{Mint, unix_now};

use crate::holds::Holds;
use crate::sim::{ModelSim, PATIENCE, give_up};
use connect::{Door, Entrance};
use posts::Posts;
use serve::Office;

/// A running service. When the value is dropped it takes no more connections, and answers nobody who waits.
#[derive(Debug)]
pub struct OauthSim {
    address: SocketAddr,
    ca_pem: String,
    door: Door,
    office: Arc<Office>,
    stop: CancellationToken,
}

/// Knows which access tokens hold.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    issuer: Issuer,
    rules: Arc<Mutex<Rules>>,
}

impl Guard {
    /// Why an access token is not accepted, if it is not.
    pub(crate) fn complaint(&self, access: &str) -> Option<&'static str> {
        self.issuer.worth(access, &self.rules.lock()).complaint()
    }

    /// Every token that was given out.
    pub(crate) fn given(&self) -> Vec<String> {
        self.issuer.given()
    }
}

impl OauthSim {
    /// Starts one on a free port of the loopback address. What is asked of it that is none of its business the model
    /// answers, as behind `api.anthropic.com`; for which tokens is up to [`ModelSim::accept_logins_of`].
    ///
    /// # Panics
    /// Outside of a runtime of tokio.
    pub fn start(model: &ModelSim, rules: Rules) -> io::Result<Self> {
        let (faults, posts) = (Arc::default(), Posts::default());
        let stop = CancellationToken::new();
        let entrance = connect::listen(Arc::clone(&faults), posts.clone(), stop.clone())?;
        let Entrance {
            address,
            ca_pem,
            door,
            inbox,
        } = entrance;
        let office = Arc::new(Office {
            issuer: Issuer::default(),
            rules: Arc::new(Mutex::new(rules)),
            faults,
            posts,
            gates: Holds::default(),
            ahead: AtomicI64::new(0),
            model: model.shared(),
        });
        let router = serve::router(Arc::clone(&office));
        let service = router.into_make_service_with_connect_info::<Road>();
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stopped.cancelled() => {}
                // `serve` ends only when it is told to, which it never is.
                _ = axum::serve(inbox, service) => {}
            }
        });
        Ok(Self {
            address,
            ca_pem,
            door,
            office,
            stop,
        })
    }

    /// `http://127.0.0.1:PORT`: the origin of the token endpoints, and what `HTTPS_PROXY` wants.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the tokens of a service are renewed, over HTTP.
    pub fn token_url(&self, service: Service) -> String {
        let path = match service {
            Service::Claude => "/v1/oauth/token",
            Service::Codex => "/oauth/token",
        };
        format!("{}{path}", self.base_url())
    }

    /// The certificate of the authority that clients of the proxy have to trust, as PEM: what the file says that
    /// `NODE_EXTRA_CA_CERTS` wants.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// How tokens are treated from now on.
    pub fn set_rules(&self, rules: Rules) {
        *self.office.rules.lock() = rules;
    }

    /// A new login, as a person makes it.
    pub fn login(&self, service: Service) -> Tokens {
        let expires_in = self.office.rules.lock().expires_in;
        let mint = self.office.mint(service, expires_in);
        self.office.issuer.login(&mint)
    }

    /// The newest tokens of each login that holds, in the order of the logins.
    pub fn live(&self) -> Vec<Tokens> {
        self.office.issuer.live()
    }

    /// Ends the login of a refresh or an access token, as its owner can. Says whether there was one.
    pub fn revoke(&self, token: &str) -> bool {
        self.office.issuer.end(token)
    }

    /// What happens to the next renewals, one after the other; those behind get plain answers.
    pub fn next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.office.faults.add(faults);
    }

    /// Forgets the faults that have not happened yet.
    pub fn no_more_faults(&self) {
        self.office.faults.clear();
    }

    /// Puts the service's clock this many seconds ahead of the machine's, or behind: in the `Date` header of all that it
    /// answers, and in the end of Codex's tokens.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.office.ahead.store(seconds, Ordering::SeqCst);
    }

    /// Takes no connections any more: the operating system refuses them. Returns when that is so.
    pub async fn shut(&self) {
        self.door.turn(false).await;
    }

    /// Takes connections again. Returns when that is so.
    pub async fn open(&self) {
        self.door.turn(true).await;
    }

    /// All renewals that were asked for, in the order in which they came.
    pub fn posts(&self) -> Vec<Post> {
        self.office.posts.all()
    }

    /// When each refresh token came, and what became of it.
    pub fn uses(&self) -> BTreeMap<String, Vec<Use>> {
        self.office.posts.uses()
    }

    /// Waits until so many renewals were asked for, and returns the last of these.
    ///
    /// # Panics
    /// After 90 seconds, with a list of those that did come.
    pub async fn posted(&self, count: usize) -> Post {
        let what = format!("{count} renewals to be asked for");
        self.in_time(&what, |posts| posts.len() >= count).await;
        self.posts().swap_remove(count.saturating_sub(1))
    }

    /// Waits until `wanted` accepts the renewals that have come so far. It is asked again when one comes and when
    /// something becomes of one.
    ///
    /// # Panics
    /// After 90 seconds, with a list of those that did come.
    pub async fn until(&self, wanted: impl Fn(&[Post]) -> bool) {
        self.in_time("what the test waits for", wanted).await;
    }

    /// Waits until a renewal stands at the gate.
    ///
    /// # Panics
    /// After 90 seconds, with a list of the renewals that did come.
    pub async fn at_gate(&self, name: &str) {
        let event = self.office.gates.occupied(name);
        if tokio::time::timeout(PATIENCE, event).await.is_err() {
            self.lose_patience(&format!("a renewal at the gate {name:?}"));
        }
    }

    /// Opens a gate for who waits there and all who come later.
    pub fn open_gate(&self, name: &str) {
        self.office.gates.release(name);
    }

    pub(crate) fn guard(&self) -> Guard {
        Guard {
            issuer: self.office.issuer.clone(),
            rules: Arc::clone(&self.office.rules),
        }
    }

    async fn in_time(&self, what: &str, wanted: impl Fn(&[Post]) -> bool) {
        let event = self.office.posts.until(wanted);
        if tokio::time::timeout(PATIENCE, event).await.is_err() {
            self.lose_patience(what);
        }
    }

    fn lose_patience(&self, what: &str) -> ! {
        let posts = self.posts();
        give_up(&format!(
            "waited {PATIENCE:?} for {what}. Renewals: {posts:#?}"
        ))
    }
}

impl Drop for OauthSim {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
