//! `[http]`: the health page.

use std::net::SocketAddr;

use figment::value::Value;

use super::{
    problem::Complaint,
    section::Section,
    values::{self, wrong},
};

/// `[http]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Where to listen; always on loopback. Port 0 takes any free one.
    pub listen: SocketAddr,
}

impl Http {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let listen = section.or("listen", "127.0.0.1:7707", read_listen);
        section.finish();
        Some(Self { listen: listen? })
    }
}

fn read_listen(value: &Value) -> Result<SocketAddr, Complaint> {
    let remedy = "Write an address of this machine's loopback with a port, such as \
                  \"127.0.0.1:7707\".";
    let address: SocketAddr = values::text(value)?
        .parse()
        .map_err(|_| wrong(value, "is no address with a port", remedy))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(wrong(value, "can be reached from other machines", remedy))
}
