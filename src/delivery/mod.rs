//! The durable outbox: what Discord must get is kept until Discord has it.
//!
//! Knows what has to be posted and in which order, not how Discord is spoken to ([`Chat`]) and not
//! why something is said.

mod chat;

pub use chat::{Answer, Attachment, Author, Chat, ChatError, Post, Seen};
