//! The runner process itself.

/// The runner's first word, on its standard output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// It listens.
    Yes,
    /// Another runner serves the session: this one.
    Busy(String),
    /// It cannot work, for this reason.
    No(String),
}

impl Ready {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let line = line.strip_suffix('\n')?;
        match line.split_once(' ') {
            None if line == "ready" => Some(Self::Yes),
            Some(("busy", holder)) => Some(Self::Busy(holder.to_owned())),
            Some(("refused", why)) => Some(Self::No(why.to_owned())),
            None | Some(_) => None,
        }
    }
}
