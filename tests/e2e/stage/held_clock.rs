//! A runtime's clock that the test holds.

/// Stops the clock of this runtime, which goes on when this is dropped.
pub(crate) struct HeldClock {
    _end: std::sync::mpsc::Sender<()>,
}

impl HeldClock {
    pub(crate) fn new() -> Self {
        tokio::time::pause();
        // A stopped clock jumps to the next timer whenever nobody has anything to do, unless
        // something is done on a thread of its own.
        let (end, ended) = std::sync::mpsc::channel();
        tokio::task::spawn_blocking(move || ended.recv());
        Self { _end: end }
    }
}

impl Drop for HeldClock {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}
