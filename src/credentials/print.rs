//! By what a login is known again without being kept.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// What is put before a token, so that the digest is of no use to whoever has others of it.
const DOMAIN: &[u8] = b"baton refresh\0";

/// The digest of a refresh token: all of it that is stored, and the beginning of it all that is written in logs
/// and names of files.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a refresh token.
    pub fn of(token: &SecretString) -> Self {
        let digest = Sha256::new_with_prefix(DOMAIN).chain_update(token.expose_secret());
        Self(digest.finalize().into())
    }

    /// The stored form: 32 bytes.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the stored form; `None` if it has not 32 bytes.
    pub fn stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its first 16 hexadecimal digits.
    pub fn short(&self) -> String {
        let digits = self.0[..8].iter().map(|byte| format!("{byte:02x}"));
        digits.collect()
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_again_by_a_digest_that_is_not_its_own() {
        let print = Fingerprint::of(&"token".into());
        assert_eq!(print, Fingerprint::of(&"token".into()));
        assert_ne!(print, Fingerprint::of(&"token2".into()));
        assert_eq!(Fingerprint::stored(print.as_bytes()), Some(print));
        assert_eq!(Fingerprint::stored(&[0; 31]), None);
        let plain: [u8; 32] = Sha256::digest(b"token").into();
        assert_ne!(print.as_bytes(), plain);
        assert_eq!(print.short().len(), 16);
    }
}
