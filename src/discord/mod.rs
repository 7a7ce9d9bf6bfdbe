//! Discord: all that speaks with it or writes for it.
//!
//! The only room that may know the libraries for Discord. It decides nothing: what may be done is
//! the gate's answer, what is to be said comes from the outbox.

pub mod render;
