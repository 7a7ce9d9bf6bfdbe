//! What bounds the agents of one project, as its table in `[[projects]]` says.

use std::time::Duration;

use super::{section::Section, values};

/// Bounds of the agents of a project; what is `None` is not bounded here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// How many files each process of an agent may have open at once.
    pub open_files: Option<u64>,
    /// How large a file may become that an agent writes, in bytes.
    pub file_size: Option<u64>,
    /// How long one turn may take, if not as long as everywhere.
    pub turn: Option<Duration>,
    /// How much the agent program may tell Baton in one turn, in bytes.
    pub output: Option<u64>,
}

impl Bounds {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let of_the_system = "as many as the system allows";
        // The CLI alone has about 40 open.
        let open_files = values::count(128..=1 << 20);
        let open_files = section.optional("max_open_files", of_the_system, open_files);
        // Below that the CLI cannot keep its own record of a conversation.
        let size = values::bytes((1 << 20)..=(1 << 50));
        let file_size = section.optional("max_file_size", "no bound", size);
        let longest = values::span(values::UP_TO_A_WEEK);
        let turn = section.optional("turn_timeout", "as `turn_timeout` below [claude]", longest);
        let size = values::bytes((64 << 10)..=(1 << 50));
        let output = section.optional("max_output", "bounded by [runner] only", size);
        Some(Self {
            open_files: open_files.ok()?.and_then(|count| u64::try_from(count).ok()),
            file_size: file_size.ok()?,
            turn: turn.ok()?,
            output: output.ok()?,
        })
    }

    /// Whether something is among them that the system keeps an agent to.
    pub const fn are_the_systems(&self) -> bool {
        self.open_files.is_some() || self.file_size.is_some()
    }
}
