//! Signed addresses of files (Discord: reference, "Signed Attachment CDN URLs"): each has the time until
//! which it leads anywhere. Who keeps an address has to ask for the message again.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::ids::AttachmentId;
use crate::limits;

/// What stands behind the name of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    file: AttachmentId,
    /// Unix seconds.
    issued: i64,
    /// Unix seconds.
    expires: i64,
}

impl Signature {
    /// That of an address that is told at this time, in Unix milliseconds.
    pub(crate) const fn of(file: AttachmentId, now_ms: i64) -> Self {
        let issued = now_ms.div_euclid(1_000);
        Self {
            file,
            issued,
            expires: issued + limits::FILE_URL_S,
        }
    }

    /// What the query of an address says, if it is what was told.
    pub(crate) fn read(file: AttachmentId, query: &str) -> Option<Self> {
        let value = |wanted: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find_map(|(name, value)| (name == wanted).then_some(value))
        };
        let time = |name| i64::from_str_radix(value(name)?, 16).ok();
        let read = Self {
            file,
            issued: time("is")?,
            expires: time("ex")?,
        };
        (value("hm")? == read.mark()).then_some(read)
    }

    /// Whether the address leads anywhere.
    pub(crate) const fn holds(self, now_ms: i64) -> bool {
        now_ms.div_euclid(1_000) < self.expires
    }

    pub(crate) fn query(self) -> String {
        let mark = self.mark();
        format!("ex={:x}&is={:x}&hm={mark}&", self.expires, self.issued)
    }

    /// What nobody makes up by accident; nobody here does on purpose.
    fn mark(self) -> String {
        let mut hasher = DefaultHasher::new();
        (self.file, self.issued, self.expires).hash(&mut hasher);
        format!("{:064x}", hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_reads_back_holds_for_a_day_and_is_of_one_file() {
        let file = AttachmentId::new(7);
        let told = Signature::of(file, 1_800_000_000_999);
        let read = Signature::read(file, &told.query()).unwrap();
        assert_eq!(read, told);
        assert!(read.holds(1_800_086_399_999));
        assert!(!read.holds(1_800_086_400_000));
        assert_eq!(Signature::read(AttachmentId::new(8), &told.query()), None);
        let longer = told.query().replacen("ex=6b", "ex=7b", 1);
        assert_ne!(longer, told.query());
        assert_eq!(Signature::read(file, &longer), None);
        assert_eq!(Signature::read(file, ""), None);
    }
}
