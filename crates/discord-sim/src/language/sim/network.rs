//! What is below HTTP: TLS, and connections that are refused or cut.

use std::net::SocketAddr;

use crate::server::Door;

use super::Sim;

impl Sim {
    /// Where the listener with TLS is; `None` unless [`Tls::On`](crate::Tls::On) asked for one.
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        let secure = self.shared.ports.secure.as_ref();
        secure.map(|secure| secure.address)
    }

    /// The certificate of the authority that a client of [`Sim::tls_addr`] has to trust, as PEM.
    pub fn ca_pem(&self) -> Option<&str> {
        let secure = self.shared.ports.secure.as_ref();
        secure.map(|secure| secure.ca_pem.as_str())
    }

    /// Closes the listeners and cuts all connections: from now on the operating system refuses new
    /// ones, for REST, gateway and `/_ctl` alike.
    pub async fn refuse_connections(&self) {
        self.shared.doors.turn(Door::Shut).await;
    }

    /// Listens again, on the same ports.
    pub async fn accept_connections(&self) {
        self.shared.doors.turn(Door::Open).await;
    }

    /// Cuts all TCP connections, of REST and of the gateway, without a word.
    pub fn cut_connections(&self) {
        self.shared.doors.cut_all();
    }
}
