//! A scripted model API on loopback, so that real agent CLIs run offline.
//!
//! What the model "says" is written in the prompt: the last user text that contains `STUB:` followed
//! by a JSON step or a list of steps is the script, and the number of replies since then says which
//! step is due. Nothing is remembered between requests except what a test asks for explicitly
//! (counted failures, holds, forced errors, usage, the log), so conversations never disturb one another.
//! Without a script the reply is `echo: <last user text>`. The keys of a step stand at [`Step`].
//!
//! The Anthropic Messages API (Claude Code) and the OpenAI Responses API (Codex, with an API key or with a `ChatGPT` login)
//! are spoken, and understand the same scripts; one that only says what is to be `do`ne plays alike with every agent
//! program. Each API is one module: it turns its request into the turns of `script` and a
//! due step into its own wire format. Another API needs a module beside them, a line in `api` wherever they differ, and its
//! paths in `server`, nothing else.
//!
//! [`OauthSim`] beside it gives out logins and renews them, for both programs.
//!
//! Credentials in the log stand as they were sent: point only programs with dummy ones here.

mod answer;
mod anthropic;
mod api;
mod body;
mod control;
mod failure;
mod faults;
mod holds;
mod ids;
mod journal;
mod oauth;
mod openai;
mod pace;
mod play;
mod script;
mod server;
mod sim;
mod usage;

pub use faults::ForcedError;
pub use journal::{Outcome, RequestRecord};
pub use oauth::{
    Fault, OauthSim, Post, Refusal, Road, Rules, Service, Tokens, Use, Verdict, What, When,
};
pub use script::{Deed, Seconds, Step, ToolCall};
pub use sim::{ModelSim, Options};
pub use usage::{Usage, UsageWindow};
