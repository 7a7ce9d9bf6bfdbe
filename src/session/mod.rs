//! Sessions, requests and runs: a message is accepted, gets its turn, is worked on by an agent and
//! ends in one outcome.
//!
//! The only room that writes the rows of runs and requests. It decides nothing about persons (that
//! is `access`), nothing about turns in the queue (`admission`), speaks to agents through `runtime`
//! and to people through deliveries; it knows no Discord and no agent program.

mod accept;
mod accounts;
mod again;
mod agent;
mod agents;
mod block;
mod cancel;
mod channel_mode;
mod clicks;
mod context;
mod conversation;
mod courtesy;
mod decide;
mod describe;
mod dispatch;
mod drive;
mod engine;
mod errands;
mod finish;
mod follow_up;
mod full;
mod grants;
mod hear;
mod housekeeping;
mod in_parts;
mod insist;
mod join;
mod left_out;
mod leftover;
mod limit_news;
mod live;
mod login;
mod marks;
mod meaning;
mod namesake;
mod offered;
mod parked;
mod progress;
mod projects;
mod prompt;
mod questions;
mod recover;
mod sentences;
mod settle;
mod shelf;
mod slot;
mod start;
mod stop;
mod stored_input;
mod tune;
mod turn;
mod vain;
mod views;
mod waits;

pub use accounts::{AccountHealth, AccountView};
pub use cancel::Cancelled;
pub use channel_mode::{Bystanders, ChannelMode, Speakers};
pub use clicks::Control;
pub use decide::{Breadth, NotDecided, Ruling, Settled, Span, Waiting};
pub use engine::{Engine, Limits, Parts, SessionError};
pub use grants::{Given, Holding, may_revoke};
pub use hear::Heard;
pub use login::{CODE_HOLDS, Login, LoginEnd, NoLogin};
pub use progress::{LiveRun, Progress, ProgressState, Shown, ToolAtWork};
pub use projects::{AgentBounds, ProjectAgent, Projects};
pub use sentences::roughly;
pub use start::{NotStarted, StartIn, StartOrder, Started};
pub use stop::{Cleared, Stopped};
pub use tune::{Tuned, TuningWish};
pub use views::{Audience, Health, Pulse, QueuePosition, Reach, SessionView, Standing};
pub use waits::LiveWait;
