//! The process that owns one agent process and outlives the server.
