//! `[data]`: where Baton keeps its state.

use std::path::{Path, PathBuf};

/// `[data]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// The directory of the database, the journals and the sockets, absolute.
    pub dir: PathBuf,
}

impl Data {
    /// Where the runners' sockets are; short enough that `<8 characters>.sock` fits into the
    /// address of a unix socket.
    pub fn sockets(&self) -> PathBuf {
        sockets_below(&self.dir)
    }
}

fn sockets_below(dir: &Path) -> PathBuf {
    dir.join("run")
}
