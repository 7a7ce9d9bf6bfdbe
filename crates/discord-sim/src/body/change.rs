//! What a change says of one setting.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A setting that may be left out of a change, and that a null takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Change<T> {
    /// It stays as it is.
    #[default]
    Kept,
    /// There is none from now on.
    Cleared,
    /// It is this.
    To(T),
}

impl<T> Change<T> {
    /// What it is to be, if it is to be something.
    pub(crate) const fn wanted(&self) -> Option<&T> {
        match self {
            Self::To(value) => Some(value),
            Self::Kept | Self::Cleared => None,
        }
    }
}

impl<T: Clone> Change<T> {
    /// Carries it out.
    pub(crate) fn apply(&self, setting: &mut Option<T>) {
        match self {
            Self::Kept => {}
            Self::Cleared => *setting = None,
            Self::To(value) => *setting = Some(value.clone()),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Option::deserialize(deserializer)?;
        Ok(given.map_or(Self::Cleared, Self::To))
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.wanted().serialize(serializer)
    }
}
