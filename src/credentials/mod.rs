//! Logins that stay alive: the files in which agent programs keep their tokens, and the task that renews these.
//!
//! A refresh token can be used once, and the programs renew theirs too. So a renewal takes the locks that the program
//! itself respects, makes room on disk before it asks for anything, notes in the database that it is about to ask, asks
//! once, and holds on to what has come until it is on disk. When that is done and what follows from a failure is decided
//! by [`Course`], which is pure. Knows the accounts' directories, their tokens and the services' token endpoints; it does
//! not know sessions, agents or Discord. Nothing that leaves this room is secret but to [`Secrets`](crate::observe::Secrets).

mod attempt;
mod course;
mod document;
mod file;
mod import;
mod keeper;
mod lock;
mod news;
mod print;
mod task;
#[cfg(test)]
mod testing;
mod watch;
mod wire;

pub use course::{Circuit, Course, Ended, News, Now, Renewer, Saved, Seen, Step, TIERS};
pub use document::{
    Document, Format, Fresh, Held, Locking, Members, Tokens, Unusable, expires_in, text,
};
pub use file::{FileStore, Look, NotStored, Refusal, Reserved, free_on};
pub use import::{NotImported, import};
pub use keeper::Rules;
pub use print::Fingerprint;
pub use task::{Account, Parts, Task};
pub use watch::{Keeping, Status, Watch};
pub use wire::{Answer, Endpoint, Outcome, Route, Wire};
