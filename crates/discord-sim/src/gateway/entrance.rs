//! The addresses of the gateway. Discord's are two hosts; here they are two paths of one port, so that a
//! journal can tell who came by which.

use serde::Serialize;

/// By which address somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Entrance {
    /// The one that `GET /gateway` and `GET /gateway/bot` name. Sessions begin here; they can be resumed
    /// here too, though Discord ends connections that were sooner (events/gateway#resuming).
    Front,
    /// READY's `resume_gateway_url`.
    Resume,
}

impl Entrance {
    /// Its path, below the simulator's address.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Front => "/",
            Self::Resume => "/resume",
        }
    }

    /// Its address, without a slash at the end.
    pub(crate) fn url(self, base: &str) -> String {
        let url = base.replacen("http", "ws", 1) + self.path();
        url.trim_end_matches('/').to_owned()
    }

    /// The entrance that a path leads to.
    pub(super) fn of(path: &str) -> Self {
        if path.starts_with(Self::Resume.path()) {
            Self::Resume
        } else {
            Self::Front
        }
    }
}
