//! `[http]`: the health page.

use std::net::SocketAddr;

/// `[http]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Where to listen; always on loopback. Port 0 takes any free one.
    pub listen: SocketAddr,
}
