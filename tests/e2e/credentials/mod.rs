//! Logins are renewed, by the agent programs themselves and by Baton, and none is lost.

mod program;
mod rotation;
