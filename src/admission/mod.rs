//! Who goes next: a pure state machine over tickets, without I/O and without a clock, the shell in
//! which threads meet at it, and how often somebody may ask at all.
//!
//! Knows runs only by their tickets. The store keeps what it decides on, the session room asks it
//! and acts on its answers; after a restart it is filled again from the store.

mod counts;
mod durations;
mod line;
mod queue;
mod rate;
mod ticket;
mod turnstile;

pub use durations::Durations;
pub use queue::{Held, Outlook, Queue};
pub use rate::{PerMinute, Rate, TooFast};
pub use ticket::{Caps, Full, ProjectCaps, Rules, Ticket};
pub use turnstile::{Floor, Lock, Reservation, Slot, Turnstile};
