//! Sessions, requests and runs: a message is accepted, gets its turn, is worked on by an agent and
//! ends in one outcome.
//!
//! The only room that writes the rows of runs and requests. It decides nothing about persons (that
//! is `access`), nothing about turns in the queue (`admission`), speaks to agents through `runtime`
//! and to people through deliveries; it knows no Discord and no agent program.

mod accept;
mod agent;
mod agents;
mod block;
mod cancel;
mod channel_mode;
mod context;
mod conversation;
mod courtesy;
mod dispatch;
mod drive;
mod engine;
mod finish;
mod hear;
mod insist;
mod keep;
mod kept;
mod live;
mod marks;
mod meaning;
mod missed;
mod progress;
mod projects;
mod prompt;
mod recover;
mod sentences;
mod shelf;
mod slot;
mod start;
mod stop;
mod turn;
mod views;
mod waits;

pub use cancel::Cancelled;
pub use channel_mode::{Bystanders, ChannelMode, Speakers};
pub use engine::{Engine, Limits, Parts, SessionError};
pub use hear::Heard;
pub use progress::{LiveRun, Progress, ProgressState, Shown};
pub use projects::{ProjectAgent, Projects};
pub use sentences::roughly;
pub use start::{NotStarted, StartIn, StartOrder, Started};
pub use stop::{Cleared, Stopped};
pub use views::{Audience, Health, QueuePosition, Reach, SessionView, Standing};
pub use waits::LiveWait;
