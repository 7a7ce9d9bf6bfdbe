//! The text of the live message.
