//! TLS for simulators on loopback: a throw-away authority, and a certificate for the names that clients ask for. With
//! it a client runs the code that it runs against the real service: only its way there and its trust differ.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
pub use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A server's side of TLS, and what makes a client trust it.
pub struct Certified {
    /// The certificate of the authority, as PEM.
    pub ca_pem: String,
    /// Shakes hands with the certificate of the names. HTTP/1.1 is all that it offers.
    pub acceptor: TlsAcceptor,
}

/// Makes an authority and a certificate for these host names and addresses.
pub fn certify(names: &[&str]) -> io::Result<Certified> {
    make(names).map_err(io::Error::other)
}

fn make(names: &[&str]) -> Result<Certified, Box<dyn std::error::Error + Send + Sync>> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("authority of a simulator");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = named("simulator");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let leaf = params.signed_by(&key, &authority)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    // The provider is named here: a process-wide default belongs to the program, not to a library.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certified {
        ca_pem: authority.pem(),
        acceptor: TlsAcceptor::from(Arc::new(config)),
    })
}

/// A name of one's own: a certificate that is called as its issuer counts as signed by itself in BoringSSL, which is
/// what Claude Code has.
fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}
