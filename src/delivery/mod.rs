//! The durable outbox: what Discord must get is kept until Discord has it.
//!
//! Knows what has to be posted and in which order, not how Discord is spoken to ([`Chat`]) and not
//! why something is said. Rows of one lane go out one after the other, lanes side by side. A row is
//! given up only when Discord refuses it for good, and then somebody is told.

mod chat;
mod lanes;
mod nonce;
mod opening;
mod outbox;
mod quiet;
mod refused;
mod send;

pub use chat::{Answer, Attachment, Author, Chat, ChatError, MESSAGE_LIMIT, Post, Seen, Standing};
pub use outbox::{Delivered, Outbox};
