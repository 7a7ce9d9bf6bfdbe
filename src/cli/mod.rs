//! temp
pub mod run;
