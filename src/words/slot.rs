//! Accounts of agent programs: each has its slot.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::RuntimeKind;

/// The longest name of a slot, in characters.
const LONGEST: usize = 32;

/// What an account is called: 1 to 32 small letters, digits and `-`, such as `main`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SlotName(String);

/// That a text is no name of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {LONGEST} small letters, digits and `-`")]
pub struct NoSlotName;

impl SlotName {
    /// The account of a program whose settings name none.
    pub fn main() -> Self {
        Self("main".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SlotName {
    type Err = NoSlotName;

    fn from_str(text: &str) -> Result<Self, NoSlotName> {
        let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let is_name = (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_letter);
        is_name.then(|| Self(text.to_owned())).ok_or(NoSlotName)
    }
}

impl TryFrom<String> for SlotName {
    type Error = NoSlotName;

    fn try_from(text: String) -> Result<Self, NoSlotName> {
        text.parse()
    }
}

impl From<SlotName> for String {
    fn from(name: SlotName) -> Self {
        name.0
    }
}

impl fmt::Display for SlotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One account of one agent program, shown as `claude/main`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId {
    /// The program.
    pub runtime: RuntimeKind,
    /// The account.
    pub name: SlotName,
}

impl SlotId {
    /// The account of a program whose settings name none.
    pub fn main(runtime: RuntimeKind) -> Self {
        Self {
            runtime,
            name: SlotName::main(),
        }
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.runtime.as_str(), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_called_by_its_program_and_its_name() {
        assert_eq!(SlotId::main(RuntimeKind::Claude).to_string(), "claude/main");
        for name in ["a", "team-2", &"x".repeat(LONGEST)] {
            assert_eq!(name.parse::<SlotName>().unwrap().as_str(), name);
        }
        for name in ["", "Team", "a b", "a/b", "ä", &"x".repeat(LONGEST + 1)] {
            assert_eq!(name.parse::<SlotName>(), Err(NoSlotName), "{name}");
        }
    }
}
