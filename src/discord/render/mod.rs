//! How things look in Discord: pure functions from what is to be said to the text of messages.
//!
//! Knows the limits and the Markdown of Discord, not how it is spoken to: nothing in here waits,
//! fails or keeps anything.

mod answer;
mod fence;
mod live;
mod outcome;
mod question;
mod split;
mod text;

pub use crate::words::escape_markdown;
pub use answer::lay_out;
pub use live::live;
pub use question::question;
pub use split::split;
pub use text::thread_name;

pub use crate::delivery::MESSAGE_LIMIT;
