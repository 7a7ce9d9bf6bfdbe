//! The words of the house: ids, places, people, tiers, states.
//!
//! Plain values that every room speaks in. No I/O, no SQL, no Discord types and no policy: what a
//! word means stands here, what is done with it stands in the room that does it.

mod addressed;
mod guests;
mod ids;
mod place;
mod state;
mod tier;

pub use addressed::Addressed;
pub use guests::{Circle, Guests};
pub use ids::{
    ChannelId, DeliveryId, GuildId, MessageId, RequestId, RoleId, RunId, RunnerId, SessionId,
    UserId,
};
pub use place::{Person, Place, Scope};
pub(crate) use state::words;
pub use state::{RequestState, RunState, RuntimeKind, UnknownWord};
pub use tier::Tier;
