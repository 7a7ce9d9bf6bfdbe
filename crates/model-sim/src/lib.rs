//! A scripted model API on loopback, so that real agent CLIs run offline.
//!
//! What the model "says" is written in the prompt: the last user text that contains `STUB:` followed
//! by a JSON step or a list of steps is the script, and the number of replies since then says which
//! step is due. Nothing is remembered between requests except what a test asks for explicitly
//! (counted failures, holds, forced errors, the log), so conversations never disturb one another.
//! Without a script the reply is `echo: <last user text>`. The keys of a step stand at [`Step`].
//!
//! Each model API is one module: it turns its request into the turns of `script` and a due step into
//! its own wire format. The Anthropic Messages API is here; another API needs a module beside it and
//! a line in the route table of `server`, nothing else.
//!
//! Credentials in the log stand as they were sent: point only programs with dummy ones here.

mod anthropic;
mod body;
mod control;
mod faults;
mod holds;
mod journal;
mod play;
mod script;
mod server;
mod sim;

pub use faults::ForcedError;
pub use journal::{Outcome, RequestRecord};
pub use script::{Seconds, Step, ToolCall};
pub use sim::{ModelSim, Options};
