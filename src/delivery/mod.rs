//! The durable outbox: what Discord must get is kept until Discord has it.
//!
//! Knows what has to be posted and in which order, not how Discord is spoken to ([`Chat`]) and not
//! why something is said. Rows of one lane go out one after the other, lanes side by side. A row is
//! given up only when Discord refuses it for good, and then somebody is told.

mod ask;
mod chat;
mod controls;
mod inquiry;
mod lanes;
mod matter;
mod nonce;
mod opening;
mod outbox;
mod patch;
mod question;
mod quiet;
mod refused;
mod route;
mod send;

pub use chat::{
    Answer, Attachment, Audience, Author, Chat, ChatError, MESSAGE_LIMIT, Post, Seen, Shape,
    Standing,
};
pub use controls::{BUTTONS_IN_A_ROW, Button, ControlRow, List, ListOption, Look};
pub use inquiry::{Inquiry, InquiryOption, Lasting, MOST_INQUIRIES, Pick, choices, inquiries};
pub use matter::{Cell, CellEdit, Hunk, Matter, Over, Places, shows_what_is_there};
pub(crate) use nonce::delivery_of;
#[cfg(test)]
pub(crate) use nonce::nonce;
pub use outbox::{Delivered, Outbox};
pub use patch::Patched;
pub use question::{End, Granted, Leads, Question};
pub use route::Asking;
