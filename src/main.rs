//! Baton. 
fn main() {}
