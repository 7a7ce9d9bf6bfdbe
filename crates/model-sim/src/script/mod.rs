//! What the model says next, whatever the API: a conversation as [`Turn`]s goes in, the due [`Step`]
//! comes out. Knows nothing of HTTP, of wire formats, or of any conversation but the one it is given.

mod call;
mod directive;
mod retries;
mod scene;
mod step;

pub(crate) use call::{Call, Input};
pub use call::{Deed, ToolCall};
pub(crate) use retries::{Retries, RetryKey};
pub(crate) use scene::{Scene, Turn, scene};
pub(crate) use step::header_map;
pub use step::{Seconds, Step};
