//! Following what happens, for as long as anybody cares: for programs that show it.

use crate::journal::Entry;

use super::Sim;

impl Sim {
    /// What stands in the journal from position `from` on; waits, without a bound, until there is
    /// something.
    pub async fn follow(&self, from: usize) -> Vec<Entry> {
        let mut changes = self.shared.subscribe();
        loop {
            changes.mark_unchanged();
            let entries = self.shared.look(|core| core.journal.since(from).to_vec());
            if !entries.is_empty() {
                return entries;
            }
            if changes.changed().await.is_err() {
                // The simulator has ended: nothing more will happen.
                return std::future::pending().await;
            }
        }
    }
}
