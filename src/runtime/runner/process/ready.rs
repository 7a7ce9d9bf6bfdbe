//! The first word between a runner and the server that started it.

use std::io::{self, Write as _};

/// The runner's first word, on its standard output.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::runtime::runner) enum Ready {
    /// It listens.
    Yes,
    /// Another runner has what it needs: this one.
    Busy(String),
    /// It cannot work, for this reason.
    No(String),
}

impl Ready {
    /// Says it to the server, which may be gone already.
    pub(super) fn say(&self) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(self.line().as_bytes());
        let _ = out.flush();
    }

    fn line(&self) -> String {
        let flat = |text: &str| text.replace('\n', " ");
        match self {
            Self::Yes => "ready\n".to_owned(),
            Self::Busy(holder) => format!("busy {}\n", flat(holder)),
            Self::No(why) => format!("refused {}\n", flat(why)),
        }
    }

    /// Understands what a runner said; `None` if that is nothing.
    pub(in crate::runtime::runner) fn parse(line: &str) -> Option<Self> {
        let line = line.strip_suffix('\n')?;
        match line.split_once(' ') {
            None if line == "ready" => Some(Self::Yes),
            Some(("busy", holder)) => Some(Self::Busy(holder.to_owned())),
            Some(("refused", why)) => Some(Self::No(why.to_owned())),
            None | Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_word_is_understood_as_it_was_meant() {
        for word in [
            Ready::Yes,
            Ready::Busy("runner 1, process 2".into()),
            Ready::No("no room".into()),
        ] {
            assert_eq!(Ready::parse(&word.line()), Some(word));
        }
        assert_eq!(
            Ready::parse(&Ready::No("two\nlines".into()).line()),
            Some(Ready::No("two lines".into()))
        );
    }

    #[test]
    fn half_a_word_is_none() {
        for line in ["", "\n", "read", "ready", "ready now\n", "busy\n"] {
            assert_eq!(Ready::parse(line), None, "{line:?}");
        }
    }
}
