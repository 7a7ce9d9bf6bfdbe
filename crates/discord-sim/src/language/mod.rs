//! The test language: people act, tests wait and look. It calls the world directly, under the same
//! lock as REST, and knows nothing of HTTP.

mod actor;
mod gateway;
mod interaction;
mod member;
mod say;
mod sim;
mod slash;
mod thread;
mod transcript;
mod uses;
mod view;
mod wait;

pub use actor::Actor;
pub(crate) use actor::mention_bot;
pub use gateway::GatewayStatus;
pub use interaction::InteractionRef;
pub use say::Say;
pub use sim::Sim;
pub use slash::{NO_OPTIONS, Slash};
pub use thread::StartThread;
pub(crate) use transcript::transcript;
pub use view::{AttachmentView, MessageRef, MessageView, ReactionView, ThreadState, WorldView};
pub use wait::Outcome;
