//! A scripted model API on loopback.
