//! temp
use crate::runtime::{AskKind, Verdict};
#[derive(Debug)]
pub struct ToolPolicy;
#[derive(Debug)]
pub struct Decision {
    pub verdict: Verdict,
    pub rule: String,
}
impl ToolPolicy {
    pub fn decide(&self, _: AskKind, _: &str, _: &serde_json::Value) -> Decision {
        Decision {
            verdict: Verdict::Allow,
            rule: String::new(),
        }
    }
}
