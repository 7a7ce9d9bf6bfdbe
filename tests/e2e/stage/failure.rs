//! What a test has failed with, to be told once more beneath a log of many pages: of a report that long, some show the
//! end alone.

use std::{cell::RefCell, panic, sync::Once};

/// A failure may quote whole transcripts.
const LINES: usize = 5;

thread_local! {
    static FAILED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Remembers from now on what each thread fails with.
pub(super) fn remember() {
    static BEFORE: Once = Once::new();
    BEFORE.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |failure| {
            let text = failure.to_string();
            let first: Vec<&str> = text.lines().take(LINES).collect();
            FAILED.set(first.join("\n"));
            tell(failure);
        }));
    });
}

/// What this thread has failed with; empty if it has not.
pub(super) fn of_this_thread() -> String {
    FAILED.with_borrow(Clone::clone)
}
