//! The words of the house: ids, places, people, tiers, states.
//!
//! Plain values that every room speaks in, and the names of programs that lead to others. No I/O, no SQL, no
//! Discord types and no policy: what a word means stands here, what is done with it stands in the room that
//! does it.

mod addressed;
mod alert;
mod approval;
mod approvers;
mod background;
mod busy;
mod found;
mod guests;
mod ids;
mod near;
mod place;
mod plain;
pub mod programs;
mod slot;
mod state;
mod tier;
mod way;

pub use addressed::Addressed;
pub use alert::{Alert, AlertKind, Lasts, Level, LoginNews, Skew};
pub use approval::{ApprovalKind, ApprovalState, Choice, GrantReach, GrantScope, Route, Routing};
pub use approvers::{Approvers, Eyes};
pub use background::Background;
pub use busy::Busy;
pub use found::{Found, Unread};
pub use guests::{Circle, Guests};
pub use ids::{
    ApprovalId, ChannelId, DeliveryId, GrantId, GuildId, MessageId, RequestId, RoleId, RunId,
    RunnerId, SessionId, UserId,
};
pub use near::nearest;
pub use place::{Person, Place, Scope};
pub use plain::{escape_markdown, is_invisible, visible, without_middle};
pub use slot::{NoSlotName, SlotId, SlotName};
pub(crate) use state::words;
pub use state::{AgentMode, RequestState, RunState, RuntimeKind, UnknownWord};
pub use tier::Tier;
pub use way::Way;
