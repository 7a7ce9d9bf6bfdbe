//! Ids that lead from what a person sees to the line of the log that says more.

use std::{error::Error, fmt};

use uuid::Uuid;

/// Letters that nobody mistakes for others when he reads them out (Crockford's Base32).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Eight letters, by chance different from all others of the last months.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reference([u8; 8]);

impl Reference {
    /// A new one.
    pub fn fresh() -> Self {
        let random = Uuid::new_v4().into_bytes();
        // The first half of a version 4 UUID has its fixed bits in byte 6 and the high bits of a
        // byte in byte 8 only; five bits of each of these bytes are random.
        let mut letters = [0; 8];
        for (letter, byte) in letters.iter_mut().zip([0, 1, 2, 3, 4, 5, 7, 9]) {
            *letter = LETTERS[usize::from(random[byte] & 31)];
        }
        Self(letters)
    }

    /// Logs an error with all of its causes under a new reference, which goes to the person.
    pub fn of(error: &dyn Error, what: &str) -> Self {
        let reference = Self::fresh();
        let mut causes = String::new();
        let mut cause = error.source();
        while let Some(error) = cause {
            causes.push_str(": ");
            causes.push_str(&error.to_string());
            cause = error.source();
        }
        tracing::error!(%reference, error = %format_args!("{error}{causes}"), "{what}");
        reference
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_reference_is_eight_letters_that_can_be_read_out() {
        let text = Reference::fresh().to_string();
        assert_eq!(text.len(), 8);
        assert!(
            text.bytes().all(|letter| LETTERS.contains(&letter)),
            "{text}"
        );
    }

    #[test]
    fn a_thousand_references_are_all_different() {
        let all: HashSet<Reference> = (0..1000).map(|_| Reference::fresh()).collect();
        assert_eq!(all.len(), 1000);
    }
}
